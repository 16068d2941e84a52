import io
from dataclasses import replace

import numpy as np
import pytest

from projector_export import EmbeddingTable, write
from projector_export.errors import AmbiguousChoiceError, CorruptFileError, NotFoundError
from projector_export.sources import own_export
from projector_export.table import Layout

VALUES = np.random.default_rng(2).normal(size=(5, 4)).astype(np.float32)


def written(logdir, *names):
    write([EmbeddingTable.from_array(VALUES * (1 + place), name=name) for place, name in enumerate(names)], logdir)
    return logdir


def broken(logdir, name):
    (logdir / name / "manifest.json").write_text('{"tool": "projector_export"')
    return logdir


def read_values(logdir, name=None):
    table = own_export.read(logdir, name)
    return table.name, table.vectors.read(0, table.n_rows)


def test_a_broken_manifest_does_not_hide_a_tensor_that_is_asked_for(tmp_path):
    logdir = broken(written(tmp_path, "a", "b", "c"), "b")
    for name, factor in {"a": 1, "c": 3}.items():
        found, values = read_values(logdir, name)
        assert found == name
        assert np.array_equal(values, VALUES * factor)


def test_the_only_readable_one_is_taken(tmp_path):
    logdir = broken(written(tmp_path, "a", "b"), "a")
    assert read_values(logdir)[0] == "b"
    assert read_values(logdir, "anything else")[0] == "b"


def test_a_broken_one_that_is_asked_for_is_named(tmp_path):
    logdir = broken(written(tmp_path, "a", "b"), "a")
    with pytest.raises(CorruptFileError, match=r"a.manifest\.json is no manifest"):
        own_export.read(logdir, "a")
    with pytest.raises(CorruptFileError, match=r"\w.manifest\.json is no manifest"):
        own_export.read(broken(logdir, "b"))


def test_a_choice_between_several_names_the_broken_one_too(tmp_path):
    logdir = broken(written(tmp_path, "a", "b", "c"), "b")
    with pytest.raises(AmbiguousChoiceError, match=r"\(a, c\) and none named None: .*b.manifest\.json is no manifest"):
        own_export.read(logdir)


def test_a_folder_without_export(tmp_path):
    with pytest.raises(NotFoundError, match="holds no export of this program"):
        own_export.read(tmp_path)


def laid_out(logdir):
    table = EmbeddingTable.from_array(VALUES, name="a")
    write(replace(table, layouts=(Layout("pca", "pca", VALUES[:, :2]),)), logdir)
    (path,) = (logdir / "a").glob("layout-*.npy")
    return path


def test_layouts_come_back(tmp_path):
    laid_out(tmp_path)
    (layout,) = own_export.read(tmp_path).layouts
    assert (layout.name, layout.method) == ("pca", "pca")
    assert np.array_equal(layout.coordinates, VALUES[:, :2])


def damaged_layouts(path):
    whole = path.read_bytes()
    yield whole[:-3], "damaged or cut off"
    yield whole.replace(b"{", b"["), "describes no array"
    yield whole.replace(b"(5, 2)", b"(2, 5)"), r"float32 of shape \(2, 5\) for 5 rows"
    yield whole.replace(b"<f4", b"<i4"), "holds int32"
    archive = io.BytesIO()
    np.savez(archive, a=VALUES, b=VALUES)
    yield archive.getvalue(), "holds 2 arrays"


def test_damaged_layouts_are_refused(tmp_path):
    path = laid_out(tmp_path)
    for content, words in damaged_layouts(path):
        path.write_bytes(content)
        with pytest.raises(CorruptFileError, match=rf"(?s)({words}).*export that tensor again"):
            own_export.read(tmp_path)
