"""What a dictionary means: labels and their vectors, columns of one table, or the arrays of a model."""

import numpy as np
import pytest

import projector_export
from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError

MATRIX = np.arange(18, dtype=np.float32).reshape(6, 3)
LABELS = list("abcdef")


def told(table):
    return [(column.name, list(column.values)) for column in table.columns]


def rows_of(table):
    return table.vectors.read(0, table.n_rows)


def saved(folder, **arrays):
    np.savez(folder / "x.npz", **arrays)
    return np.load(folder / "x.npz")


@pytest.mark.parametrize("matrix", [MATRIX, MATRIX.tolist(), list(MATRIX)])
@pytest.mark.parametrize("labels", [LABELS, tuple(LABELS), np.array(LABELS), np.array(LABELS, dtype=object)])
def test_entries_of_one_value_a_row_are_columns(matrix, labels):
    given = {"labels": labels, "vectors": matrix, "year": [1] * 6, "score": np.linspace(0, 1, 6)}
    table = projector_export.read(given)
    np.testing.assert_array_equal(rows_of(table), MATRIX)
    assert table.name == "vectors"
    assert told(table) == [("labels", LABELS), ("year", [1] * 6), ("score", np.linspace(0, 1, 6).tolist())]
    assert table.provenance.notes == ()
    assert list(given) == ["labels", "vectors", "year", "score"]


def test_an_archive_of_numpy_is_a_dictionary_of_columns(tmp_path):
    table = projector_export.read(saved(tmp_path, vectors=MATRIX, labels=LABELS))
    assert told(table) == [("labels", LABELS)]


@pytest.mark.heavy
def test_series_and_tensors_of_any_library_are_columns():
    import pandas as pd
    import polars as pl
    import torch

    given = {
        "vectors": torch.tensor(MATRIX),
        "labels": pd.Series(LABELS, index=range(6, 12)),
        "kind": pl.Series(LABELS),
        "year": torch.arange(6),
    }
    assert told(projector_export.read(given)) == [("labels", LABELS), ("kind", LABELS), ("year", list(range(6)))]
    for lists in (pd.Series(list(MATRIX)), pl.Series(MATRIX.tolist())):
        table = projector_export.read({"word": LABELS, "v": lists})
        np.testing.assert_array_equal(rows_of(table), MATRIX)


def test_what_is_no_column_is_told():
    given = {
        "v": MATRIX,
        "labels": LABELS,
        "mean": np.zeros(3),
        "model": "m",
        "pictures": np.zeros((6, 2, 2)),
        "n": None,
    }
    table = projector_export.read(given)
    assert told(table) == [("labels", LABELS)]
    (note,) = table.provenance.notes
    assert note.endswith("do not hold one value a row are left out: 'mean', 'model', 'pictures', 'n'")


@pytest.mark.parametrize("labels", [LABELS[:5], np.array(LABELS[:5])])
def test_labels_of_another_count_are_refused(labels):
    with pytest.raises(InvalidInputError, match=r"entry 'labels' .* has 5 values, and the vectors have 6 rows"):
        projector_export.read({"vectors": MATRIX, "labels": labels})
    with pytest.raises(InvalidInputError, match=r"'labels' .* is a set, whose values have no order"):
        projector_export.read({"vectors": MATRIX, "labels": set(LABELS)})


def test_dimensions_are_columns_where_texts_stand_beside_them():
    numbered = {"word": LABELS, **{f"x{place}": MATRIX[:, place].tolist() for place in range(3)}}
    table = projector_export.read(numbered)
    np.testing.assert_array_equal(rows_of(table), MATRIX)
    assert told(table) == [("word", LABELS)]
    spelled = {"word": LABELS, **dict(zip("xyz", MATRIX.T, strict=True))}
    np.testing.assert_array_equal(rows_of(projector_export.read(spelled, vectors=["x", "y", "z"])), MATRIX)
    with pytest.raises(AmbiguousChoiceError, match="columns of numbers are 'x', 'y', 'z': name those"):
        projector_export.read(spelled)


def test_one_of_several_matrices_is_named():
    given = {"image": MATRIX, "text": -MATRIX, "labels": LABELS}
    with pytest.raises(AmbiguousChoiceError, match="2 matrices, 'image', 'text': choose by vectors=NAME"):
        projector_export.read(given)
    table = projector_export.read(given, vectors="text")
    np.testing.assert_array_equal(rows_of(table), -MATRIX)
    assert told(table) == [("labels", LABELS)]
    assert table.provenance.notes == ("column 'image' holds vectors too and is left out",)
    with pytest.raises(NotFoundError, match="no entry 'x'; its matrices are 'image', 'text'"):
        projector_export.read(given, vectors="x")


def test_arrays_of_a_model_share_no_rows():
    given = {"embed": MATRIX, "layer.weight": np.eye(6, 4), "layer.bias": np.zeros(6), "head.bias": np.zeros(4)}
    table = projector_export.read(given, vectors="embed")
    assert told(table) == []
    assert "'layer.weight', 'layer.bias', 'head.bias'" in table.provenance.notes[0]


def test_rows_of_numbers_only_are_vectors_of_their_names():
    table = projector_export.read({"up": [0, 1], "right": [1, 0]})
    assert (told(table), table.shape) == ([("label", ["up", "right"])], (2, 2))
    with pytest.raises(InvalidInputError, match="row 1 is None and no list"):
        projector_export.read({"up": [0, 1], "right": None})
    with pytest.raises(InvalidInputError, match="row 1 has 3 numbers and row 0 has 2"):
        projector_export.read({"up": [0, 1], "right": [1, 2, 3]})
