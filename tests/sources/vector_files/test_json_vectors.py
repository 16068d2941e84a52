"""One JSON object of labels and lists of numbers, and one list of lists."""

import json

import numpy as np
import pytest

from projector_export.errors import AmbiguousChoiceError, InvalidInputError
from projector_export.sources import vector_files
from projector_export.sources.vector_files import VectorReading

ROWS = {"the": [0.1, 2], "line\nbreak": [3, -4.5], "日本": [5, 6]}


def read(folder, text, **options):
    path = folder / "x.json"
    path.write_text(text)
    (table,) = vector_files.read(path, VectorReading(**options))
    return table


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("value", [ROWS, list(ROWS.values())])
@pytest.mark.parametrize("limit", [None, 2])
def test_labels_and_lists_or_lists_alone_are_vectors(tmp_path, value, indent, limit):
    table = read(tmp_path, json.dumps(value, indent=indent), limit=limit)
    np.testing.assert_array_equal(table.vectors.read(0, table.n_rows), np.float32(list(ROWS.values())[:limit]))
    labels = [tuple(ROWS)[:limit]] if value is ROWS else []
    assert [column.values for column in table.columns] == labels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": [1, 2], "b": [3, 4], "a": [5, 6]}', "names 'a' twice"),
        ('{"a": [1, 2], "b": [3]}', "'b' of .* has 1 number instead of 2"),
        ("[[1, 2], [3]]", "row 1 of .* has 1 number instead of 2"),
        ("[[1, 2], 3]", "row 1 of .* is no list of numbers"),
        ('[["a", 2]]', "row 0 of .* is no list of numbers"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, text, words):
    with pytest.raises(InvalidInputError, match=words):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text", ['[{"w": "a", "v": [1, 2]}]', '{"w": "a", "v": [1, 2]}', '{"v": [1, 2]}\n{"v": [3, 4]}']
)
def test_records_are_records(tmp_path, text):
    assert read(tmp_path, text).shape[1] == 2


def test_columns_that_are_not_listed_are_hinted_at(tmp_path):
    record = json.dumps({f"v{place}": [1, 2] for place in range(20)})
    with pytest.raises(AmbiguousChoiceError, match=r"'v11' \(2 numbers a row\), …: name one"):
        read(tmp_path, f"{record}\n{record}")
