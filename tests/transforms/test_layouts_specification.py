import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.transforms.layouts.mds import Mds
from projector_export.transforms.layouts.pacmap import Pacmap
from projector_export.transforms.layouts.pca import Pca
from projector_export.transforms.layouts.specification import METHODS, parse
from projector_export.transforms.layouts.tsne import Tsne
from projector_export.transforms.layouts.umap import Umap

GOOD = {
    "pca": Pca(),
    "umap:n_neighbors=30,min_dist=0.05,n_components=3": Umap(3, n_neighbors=30, min_dist=0.05),
    " UMAP : n_epochs = 50 , init=spectral ": Umap(n_epochs=50, init="spectral"),
    "umap:n_epochs=auto,target=part, of speech,spread=2": Umap(target="part, of speech", spread=2.0),
    "tsne:perplexity=50": Tsne(perplexity=50.0),
    "mds:variant=landmark,n_landmarks=100": Mds(variant="landmark", n_landmarks=100),
    "pacmap:": Pacmap(),
}

BAD = {
    "umpa": r"'umpa' is no layout \(did you mean umap\?\): choose mds, pacmap, pca, tsne, umap",
    "": "'' is no layout: choose",
    "umap3d": r"'umap3d' is no layout \(did you mean umap\?\)",
    "umap:n_neighbours=5": r"umap has no parameter 'n_neighbours' \(did you mean n_neighbors\?\): choose n_components, n_neighbors",
    "umap:3d": "'3d' has to be name=value, as in umap:n_components=3",
    "umap:n_neighbors=": "has to be name=value",
    "umap:n_neighbors=5,n_neighbors=6": "gives n_neighbors twice",
    "umap:n_neighbors=many": "umap: n_neighbors has to be a whole number from 2 to 1000, not 'many'",
    "umap:n_neighbors=1": "umap: n_neighbors has to be a whole number from 2 to 1000, not 1",
    "umap:n_neighbors=5.5": "umap: n_neighbors has to be a whole number from 2 to 1000, not '5.5'",
    "umap:n_neighbors=auto": "umap: n_neighbors has to be a whole number",
    "umap:n_epochs=-1": "umap: n_epochs has to be a whole number from 1 to 100000, or auto, not -1",
    "umap:min_dist=nan": "umap: min_dist has to be a number from 0 to 100, not nan",
    "umap:min_dist=2": "umap: min_dist has to be at most spread, not 2 with spread=1",
    "umap:init=random": "umap: init has to be pca or spectral, not 'random'",
    "umap:target_weight=1": "umap: target_weight has to be a number from 0 to 0.95, not 1.0",
    "pca:n_components=4": "pca: n_components has to be a whole number from 2 to 3, not 4",
    "tsne:perplexity=0": "tsne: perplexity has to be a number from 1 to 10000, not 0.0",
    "mds:variant=metric": "mds: variant has to be auto or smacof or classical or landmark",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_text_is_a_recipe(text):
    assert parse(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_a_bad_text_is_refused_with_a_sentence(text):
    with pytest.raises(InvalidInputError, match=BAD[text]):
        parse(text)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_all_parameters_can_be_typed(method):
    recipe = METHODS[method].recipe()
    typed = ",".join(f"{name}={'auto' if value is None else value}" for name, value in recipe.parameters().items())
    if method == "umap":
        typed = typed.replace("target=auto,", "")
    assert parse(f"{method}:{typed}") == recipe
    assert recipe.method == method


@pytest.mark.parametrize(
    ("name", "value"), [("n_neighbors", True), ("n_neighbors", 15.0), ("min_dist", "0.1"), ("target", 3)]
)
def test_python_values_are_checked_as_well(name, value):
    with pytest.raises(InvalidInputError, match=f"umap: {name} has to be"):
        Umap(**{name: value})


def test_whole_numbers_stand_for_others():
    assert Umap(spread=2) == Umap(spread=2.0)
    assert isinstance(Umap(spread=2).spread, float)


def test_names_say_what_differs():
    recipes = [Umap(), Umap(3, n_neighbors=30), Umap(min_dist=0.05), Tsne()]
    assert [recipe.name for recipe in recipes] == [
        "umap 2d",
        "umap 3d, n_neighbors 30",
        "umap 2d, min_dist 0.05",
        "tsne 2d",
    ]


def test_needed_neighbours_are_known_before():
    assert [recipe.k for recipe in (Pca(), Umap(), Tsne(), Mds(), Pacmap())] == [0, 14, 90, 0, 60]
    assert Tsne(perplexity=np.pi).k == 9
