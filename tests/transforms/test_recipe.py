import pytest

from projector_export.transforms.layouts.recipe import Recipe
from projector_export.transforms.layouts.tsne import Tsne
from projector_export.transforms.layouts.umap import Umap


@pytest.mark.parametrize(
    ("recipe", "name"),
    [
        (Umap(), "umap 2d"),
        (Umap(n_components=3, n_neighbors=30), "umap 3d, n_neighbors 30"),
        (Tsne(perplexity=50), "tsne 2d, perplexity 50"),
        (Umap(min_dist=0.25, spread=2), "umap 2d, min_dist 0.25, spread 2"),
    ],
)
def test_names_tell_what_is_not_usual_as_people_type_it(recipe: Recipe, name: str) -> None:
    assert recipe.name == name
