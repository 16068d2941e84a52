import logging
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

from projector_export.errors import InvalidInputError, MissingExtraError
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.layouts.components import components
from projector_export.transforms.layouts.estimator import estimator
from projector_export.transforms.layouts.mds import Mds, mds
from projector_export.transforms.layouts.pca import Pca, pca
from projector_export.transforms.layouts.recipe import Setting
from projector_export.transforms.layouts.specification import METHODS, lay_out, parse
from projector_export.transforms.layouts.tsne import Tsne, tsne
from projector_export.transforms.layouts.umap import Umap, umap

pytest.importorskip("umap")
pytest.importorskip("openTSNE")
pytest.importorskip("pacmap")
manifold = pytest.importorskip("sklearn.manifold")

RNG = np.random.default_rng(5)
GROUPS = np.repeat(np.arange(6), 50)
VALUES = (RNG.normal(size=(6, 20))[GROUPS] * 4 + RNG.normal(size=(300, 20))).astype(np.float32)

SPECIFICATIONS = (
    "pca",
    "pca:n_components=3",
    "umap",
    "umap:n_components=3,init=spectral",
    "tsne:perplexity=20",
    "tsne:n_components=3,n_iter=100",
    "mds",
    "mds:variant=classical,n_components=3",
    "mds:variant=landmark,n_landmarks=60",
    "pacmap",
    "pacmap:n_components=3",
)
EXTRAS = {"umap": "umap", "tsne": "openTSNE", "mds": "sklearn", "pacmap": "pacmap"}


def table_of(values=VALUES, **columns):
    return EmbeddingTable.from_array(values, name="t", columns=[Column(k, v) for k, v in columns.items()])


def laid_out(specification, table=None, **options):
    table = table_of() if table is None else table
    return lay_out(table, parse(specification), **options).layouts[-1]


@pytest.fixture(scope="module", params=SPECIFICATIONS)
def made(request):
    """The specification, the table before, the table after, and what the progress was told."""
    calls = []
    before = table_of()
    after = lay_out(before, parse(request.param), progress=lambda *call: calls.append(call))
    return request.param, before, after, calls


def test_a_layout_is_finite_and_of_the_wanted_shape(made):
    specification, _, after, _ = made
    coordinates = after.layouts[0].coordinates
    assert coordinates.shape == (300, 3 if "components=3" in specification else 2)
    assert np.isfinite(coordinates).all()


def test_the_input_is_untouched(made):
    _, before, after, _ = made
    assert before.layouts == ()
    assert before.neighbours is None
    assert before.components is None
    assert np.array_equal(before.vectors.read(0, 300), VALUES)
    assert np.array_equal(after.vectors.read(0, 300), VALUES)


def test_the_history_says_how_to_make_it_again(made):
    specification, before, after, _ = made
    step = after.provenance.steps[-1]
    recipe = parse(specification)
    assert step.name == recipe.method == after.layouts[0].method
    assert after.layouts[0].name == recipe.name
    asked = {name: value for name, value in recipe.parameters().items() if (name, value) != ("variant", "auto")}
    assert asked.items() <= dict(step.parameters).items()
    assert step.parameters.get("variant") != "auto"
    assert len(after.provenance.steps) > len(before.provenance.steps)
    if recipe.method != "pca":
        assert step.parameters["metric"] == "cosine"
        assert step.parameters["seed"] == 0


def test_the_same_seed_gives_the_same_coordinates(made):
    specification, _, after, _ = made
    assert np.array_equal(laid_out(specification).coordinates, after.layouts[0].coordinates)


def test_another_seed_gives_others_where_chance_takes_part(made):
    specification, _, after, _ = made
    other = laid_out(specification, setting=Setting(seed=2**32 - 1)).coordinates
    random = specification.startswith(("umap", "tsne", "pacmap")) or "landmark" in specification
    assert np.array_equal(other, after.layouts[0].coordinates) is not random


def test_progress_comes_to_an_end(made):
    _, _, _, calls = made
    assert all(0 <= done <= total for _, done, total in calls)
    last = {stage: (done, total) for stage, done, total in calls}
    assert all(done == total for done, total in last.values())
    assert len({stage for stage, _, _ in calls}) >= 1


def test_neighbours_in_the_picture_are_neighbours(made):
    _, _, after, _ = made
    assert manifold.trustworthiness(VALUES, after.layouts[0].coordinates, n_neighbors=10, metric="cosine") > 0.93


def test_nothing_is_printed_and_no_state_is_left(made, capfd, caplog):
    specification, _, _, _ = made
    import numba

    before = np.random.get_state()  # noqa: NPY002
    threads = numba.get_num_threads()
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.WARNING):
        warnings.simplefilter("always")
        laid_out(specification, progress=lambda *call: None)
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in caught] == []
    assert caplog.records == []
    assert all(np.array_equal(a, b) for a, b in zip(before, np.random.get_state(), strict=True))  # noqa: NPY002
    assert numba.get_num_threads() == threads
    assert len(warnings.filters) < 1000


def test_ctrl_c_gets_through(made):
    specification, _, _, _ = made

    def interrupt(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        laid_out(specification, progress=interrupt)


def test_a_layout_is_laid_onto_an_earlier_one(made):
    specification, _, after, _ = made
    own = after.layouts[0].coordinates.astype(np.float64)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(own.shape[1],) * 2))[0]
    turn[0] *= -np.sign(np.linalg.det(turn))  # a reflection
    start = (own @ turn * 7 + 100).astype(np.float32)
    start[::9] = np.nan
    again = laid_out(specification, start=start)
    known = ~np.isnan(start).any(axis=1)
    assert again.parameters["aligned_rows"] == known.sum()
    spread = np.linalg.norm(start[known] - start[known].mean(axis=0), axis=1).mean()
    drift = np.linalg.norm(again.coordinates[known] - start[known], axis=1).mean()
    exact = specification.startswith(("pca", "mds"))
    assert drift < spread * (1e-2 if exact else 0.6)


@pytest.mark.parametrize("method", sorted(EXTRAS))
def test_a_missing_package_names_its_extra(method, monkeypatch):
    module = EXTRAS[method]
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)

    class Absent:
        def find_spec(self, name, *_):
            if name == module:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(MissingExtraError, match=rf"layout {method} needs .*projector-export\[{method}\]"):
        laid_out(method)


@pytest.mark.parametrize("specification", ["umap:n_neighbors=5", "tsne:perplexity=5", "mds", "pacmap"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_duplicates_in_heaps_are_laid_out(specification, metric):
    heaps = np.repeat(VALUES[[0, 60, 120, 180]], 40, axis=0)
    layout = laid_out(specification, table_of(heaps), setting=Setting(metric))
    centres = layout.coordinates.reshape(4, 40, 2).mean(axis=1)
    assert np.linalg.norm(centres[:, None] - centres, axis=-1)[np.triu_indices(4, 1)].min() > 0


@pytest.mark.parametrize("specification", ["umap:n_neighbors=5", "tsne:perplexity=5", "mds", "pacmap"])
def test_rows_on_a_line_are_laid_out(specification):
    line = np.linspace(1, 2, 120, dtype=np.float32)[:, None]
    layout = laid_out(specification, table_of(line), setting=Setting("euclidean"))
    assert np.isfinite(layout.coordinates).all()


@pytest.mark.parametrize(
    ("specification", "n_rows"),
    [
        ("pca", 3),
        ("umap:n_neighbors=2", 4),
        ("tsne:perplexity=1", 5),
        ("mds", 4),
        ("mds:n_components=3", 5),
        ("pacmap:n_neighbors=2", 12),
    ],
)
def test_the_fewest_rows_are_laid_out_and_one_less_is_refused(specification, n_rows):
    few = table_of(np.random.default_rng(2).normal(size=(n_rows, 6)).astype(np.float32))
    assert np.isfinite(laid_out(specification, few).coordinates).all()
    with pytest.raises(InvalidInputError, match=rf"(needs at least {n_rows} rows|give perplexity=)"):
        laid_out(specification, table_of(few.vectors.read(0, n_rows - 1)))


BAD = {
    (
        "umap:n_neighbors=15",
        15,
    ): "umap with n_neighbors=15 needs at least 16 rows, and table 't' has 15: give n_neighbors=14 or less",
    (
        "tsne",
        80,
    ): r"tsne: perplexity=30 looks at 90 neighbours, and the 80 rows of table 't' have 79: give perplexity=26 or less",
    (
        "pacmap",
        30,
    ): "pacmap with n_neighbors=10 needs at least 36 rows, and table 't' has 30: give n_neighbors=8 or less",
    ("mds:variant=landmark", 300): "mds with n_landmarks=500 needs at least 500 rows, and table 't' has 300",
    ("umap:target=colour", 300): "table 't' has no column 'colour'; it has group, size",
    ("umap:target=size", 300): "umap: column 'size' cannot be the target, because 1 of its numbers are missing",
}


@pytest.mark.parametrize(("specification", "n_rows"), BAD)
def test_bad_input_is_refused_with_a_sentence(specification, n_rows):
    sizes = np.arange(n_rows, dtype=float)
    sizes[3] = np.nan
    table = table_of(VALUES[:n_rows], group=[str(g) for g in GROUPS[:n_rows]], size=sizes)
    with pytest.raises(InvalidInputError, match=BAD[specification, n_rows]):
        laid_out(specification, table)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_equal_rows_are_refused(method):
    with pytest.raises(
        InvalidInputError, match="all 200 rows of .* are the same vector|all 200 rows of .* point the same way"
    ):
        laid_out(method, table_of(np.ones((200, 5), dtype=np.float32)))


def test_zero_rows_have_no_cosine_but_a_euclidean_place():
    values = VALUES.copy()
    values[7] = 0
    for method in ("umap", "tsne", "mds", "pacmap"):
        with pytest.raises(InvalidInputError, match="zero"):
            laid_out(method, table_of(values))
    assert np.isfinite(laid_out("mds", table_of(values), setting=Setting("euclidean")).coordinates).all()


def test_pca_is_that_of_numpy_with_its_variance():
    layout = pca(table_of(), Pca(3)).layouts[0]
    centred = VALUES.astype(np.float64) - VALUES.mean(axis=0, dtype=np.float64)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.allclose(np.abs(layout.coordinates), np.abs(left[:, :3] * strengths[:3]), atol=1e-4)
    assert layout.parameters["explained_variance_ratio"] == pytest.approx(
        (strengths**2 / (strengths**2).sum())[:3].tolist()
    )
    with pytest.raises(InvalidInputError, match="pca in 3 dimensions cannot be made of table 't', which has 2"):
        pca(table_of(VALUES[:, :2]), Pca(3))


def test_components_are_ten_at_most_and_kept():
    table = components(table_of())
    assert table.components.shape == (300, 10)
    assert components(table) is table
    assert components(table_of(VALUES[:4])).components.shape == (4, 3)
    assert components(table_of(VALUES[:, :2])).components.shape == (300, 2)
    assert pca(table).components is table.components


def test_neighbours_and_components_are_found_once():
    table = tsne(table_of(), Tsne(perplexity=20, n_iter=50))
    again = umap(table, Umap(n_epochs=20))
    assert again.neighbours is table.neighbours
    assert again.components is table.components
    assert [layout.method for layout in again.layouts] == ["tsne", "umap"]


def test_a_target_draws_its_rows_together():
    noise = np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32)
    labels = [None if row % 50 == 0 else str(row % 3) for row in range(300)]
    table = table_of(noise, label=labels, size=np.array([row % 3 for row in range(300)]))
    found = {}
    for target in ("", "target=label,target_weight=0.9", "target=size,target_weight=0.9"):
        coordinates = laid_out(f"umap:{target}" if target else "umap", table).coordinates
        found[target] = within_share(coordinates, np.arange(300) % 3)
    plain, texts, numbers = found.values()
    assert texts < plain * 0.5
    assert numbers < plain * 0.8


def within_share(coordinates, groups):
    inside = sum(coordinates[groups == group].var(axis=0).sum() for group in np.unique(groups)) / len(np.unique(groups))
    return inside / coordinates.var(axis=0).sum()


def test_rows_that_an_earlier_layout_lacks_begin_amid_their_neighbours():
    from projector_export.transforms.layouts.start import starting_points

    table = umap(table_of())
    start = table.layouts[0].coordinates.copy()
    start[10:12] = np.nan
    points = starting_points(table, 2, start, 0)
    own = points[GROUPS == 0].mean(axis=0)
    assert np.linalg.norm(points[10:12] - own, axis=1).max() < np.linalg.norm(points - own, axis=1)[50:].min()


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (np.zeros((300, 3)), r"has to be of shape \(300, 2\) for 300 rows in 2 dimensions, not \(300, 3\)"),
        (np.full((300, 2), np.inf), "infinite"),
        (np.full((300, 2), np.nan), "this one knows 0 of 300"),
        (np.ones((300, 2)), "not all the same"),
    ],
)
def test_an_earlier_layout_that_does_not_fit_is_refused(start, sentence):
    for method in ("pca", "umap", "tsne", "mds", "pacmap"):
        with pytest.raises(InvalidInputError, match=sentence):
            laid_out(method, start=start.astype(np.float32))


def test_mds_takes_its_variant_from_the_rows_and_tells():
    assert [Mds().chosen(n) for n in (2000, 2001, 6000, 6001)] == ["smacof", "classical", "classical", "landmark"]
    table = mds(table_of())
    assert table.provenance.notes == ("mds of 300 rows is metric MDS (SMACOF)",)
    with pytest.raises(
        InvalidInputError, match="at most of 5,000 rows, and table 't' has 5,001: give variant=landmark"
    ):
        Mds(variant="smacof").check(table_of(np.eye(5001, 3, dtype=np.float32)), Setting())


def test_classical_and_landmark_mds_of_euclidean_distances_are_pca():
    flat = (RNG.normal(size=(400, 2)) @ RNG.normal(size=(2, 15))).astype(np.float32)
    wanted = pca(table_of(flat)).layouts[0].coordinates
    for variant in ("classical", "landmark"):
        recipe = Mds(variant=variant, n_landmarks=40)
        layout = mds(table_of(flat), recipe, setting=Setting("euclidean"), start=wanted).layouts[0]
        assert np.allclose(layout.coordinates, wanted, atol=1e-3)
        assert layout.parameters["stress"] < 1e-4


def test_smacof_has_less_stress_than_classical_mds():
    found = {variant: laid_out(f"mds:variant={variant}").parameters["stress"] for variant in ("smacof", "classical")}
    assert found["smacof"] < found["classical"] * 0.9


def test_smacof_in_short_runs_is_smacof():
    from projector_export.transforms.layouts.scaling import smacof_from

    pairs = np.linalg.norm(VALUES[:60, None] - VALUES[:60], axis=-1).astype(np.float64)
    first = np.random.default_rng(0).normal(size=(60, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole, _ = manifold.smacof(pairs, init=first, n_init=1, max_iter=25, eps=0, normalized_stress=False)
    assert np.allclose(smacof_from(first, pairs, 25, None), whole)


def test_any_estimator_is_a_layout():
    from sklearn.decomposition import KernelPCA

    layout = estimator(table_of(), KernelPCA(n_components=3)).layouts[0]
    assert (layout.name, layout.method, layout.n_components) == ("KernelPCA 3d", "estimator", 3)
    assert layout.parameters["estimator"].endswith("KernelPCA")
    assert layout.parameters["n_components"] == 3


class Returns:
    def __init__(self, result):
        self.result = result

    def fit_transform(self, vectors):
        vectors[:] = 0
        return self.result


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (np.zeros((300, 4)), r"float64 of shape \(300, 4\) instead of numbers of shape \(300, 2\) or \(300, 3\)"),
        (np.zeros((299, 2)), r"shape \(299, 2\)"),
        ([["a", "b"]] * 300, "instead of numbers"),
        (np.full((300, 2), np.nan), "NaN or infinite coordinates for 300 of 300 rows"),
    ],
)
def test_an_estimator_that_returns_something_else_is_refused(result, sentence):
    table = table_of()
    with pytest.raises(InvalidInputError, match=sentence):
        estimator(table, Returns(result))
    assert np.array_equal(table.vectors.read(0, 300), VALUES)


def test_what_cannot_fit_is_no_estimator():
    with pytest.raises(InvalidInputError, match="a dict is no estimator"):
        estimator(table_of(), {})
    with pytest.raises(InvalidInputError, match="the class Returns is no estimator: give an object"):
        estimator(table_of(), Returns)


def test_a_second_layout_of_the_same_name_is_refused():
    once = pca(table_of())
    with pytest.raises(InvalidInputError, match="two layouts named 'pca 2d'"):
        pca(once)
    assert len(pca(replace(once, layouts=(replace(once.layouts[0], name="old"),))).layouts) == 2


def test_a_spectral_start_that_fails_is_refused(monkeypatch):
    import umap.umap_

    def fail(*args, **options):
        warnings.warn("Spectral initialisation failed! Falling back to random initialisation!", stacklevel=1)
        return np.zeros((300, 2))

    monkeypatch.setattr(umap.umap_, "spectral_layout", fail)
    with pytest.raises(InvalidInputError, match="has no spectral start.*give init=pca"):
        laid_out("umap:init=spectral")


def test_umap_comes_without_tensorflow():
    code = (
        "import sys, warnings; warnings.simplefilter('error');"
        "from projector_export.transforms.layouts.umap_import import umap_class; umap_class();"
        "assert 'tensorflow' not in sys.modules and 'umap.parametric_umap' not in sys.modules;"
        "import umap; print(hasattr(umap, 'nothing'), hasattr(umap, 'AlignedUMAP'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False True\n", "")
