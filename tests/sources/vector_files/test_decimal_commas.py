"""Numbers with a decimal comma, as European spreadsheets write them: told, never split into numbers that nobody wrote."""

import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.sources import vector_files


def read(folder, text):
    path = folder / "x.csv"
    path.write_text(text)
    (table,) = vector_files.read(path)
    return table


@pytest.mark.parametrize(
    "text",
    [
        "1,5;2,5;3,5\n1,25;2,5;3,0\n4,5;5,0;6,1\n",
        "a;b;c\n1,5;2,5;3,5\n1,25;2,5;3,0\n4,5;5,0;6,1\n",
        "1,5;2;3\n1,5;3;4\n1,5;6;7\n",
        "x1;x2;x3\n1;1,5;3\n1;2,5;4\n1;3,5;7\n",
        "v;1,5;2,5\nw;-1,5;3,5\nx;2,5;1,5\n",
    ],
)
def test_decimal_commas_are_told(tmp_path, text):
    with pytest.raises(InvalidInputError, match=r"'-?1,5'.*: write '-?1\.5'"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5,2.5,3;7\n4.5,5.5,6;8\n", [[1.5, 2.5], [4.5, 5.5]]),
        ("id,ids\n1,2;3\n4,5;6\n", [[1], [4]]),
        ("a,1;2,3\nb,4;5,6\n", [[3], [6]]),
        ("x1;x2;price\n1;2;1,50\n3;4;2,50\n", [[1, 2], [3, 4]]),
    ],
)
def test_semicolons_within_a_cell_and_commas_beside_the_vectors_stay(tmp_path, text, expected):
    table = read(tmp_path, text)
    np.testing.assert_array_equal(table.vectors.read(0, 2), expected)
    assert len(table.columns) >= 1
