"""What is a vector in a file of records, what is said about it, and which array of several is meant."""

import io
import re
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from safetensors.numpy import save_file

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources import vector_files
from projector_export.sources.vector_files import VectorReading, array_vectors

TABLE = np.random.default_rng(3).normal(size=(12, 4)).astype(np.float32)
WORDS = [f"w{row}" for row in range(12)]


def read(path, **options):
    (table,) = vector_files.read(path, VectorReading(**options))
    return table


def values(table):
    return table.vectors.read(0, table.n_rows)


def names(table):
    return [column.name for column in table.columns]


def save(folder, text, name="x.csv"):
    path = folder / name
    path.write_text(text)
    return path


FORMATS = {
    "npy": np.save,
    "npz": np.savez_compressed,
    "csv": lambda path, rows: np.savetxt(path, rows, delimiter=",", fmt="%.17g"),
    "tsv": lambda path, rows: np.savetxt(path, rows, delimiter="\t", fmt="%.17g"),
    "txt": lambda path, rows: np.savetxt(path, rows, fmt="%.17g"),
    "jsonl": lambda path, rows: path.write_text("".join(f'{{"v": {row.tolist()}}}\n' for row in rows)),
    "parquet": lambda path, rows: pq.write_table(pa.table({"v": list(rows)}), path),
    "feather": lambda path, rows: pa.feather.write_feather(pa.table({"v": list(rows)}), path),
}


@pytest.mark.parametrize("ending", FORMATS)
@given(
    rows=nps.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(2, 5)),
        elements={"allow_nan": False, "allow_infinity": False},
    )
)
def test_any_numbers_come_back_rounded_once(tmp_path_factory, ending, rows):
    import pyarrow.feather  # noqa: F401

    path = tmp_path_factory.mktemp("any") / f"x.{ending}"
    FORMATS[ending](path, rows)
    with np.errstate(over="ignore"):
        expected = rows.astype(np.float32)
    np.testing.assert_array_equal(values(read(path, header=False if ending in {"csv", "tsv"} else None)), expected)


def test_numbered_columns_are_the_vector_and_others_say_something(tmp_path):
    path = save(tmp_path, "id,price,x1,x2,name,y1\n7,2.5,1,2,a,0\n8,3.5,3,4,b,1\n")
    table = read(path)
    np.testing.assert_array_equal(values(table), [[1, 2], [3, 4]])
    assert names(table) == ["id", "price", "name", "y1"]
    assert table.column("price").is_numeric
    assert table.provenance.notes == ("the vectors are the 2 columns of numbers 'x1' to 'x2'",)


def test_without_a_series_all_numbers_are_the_vector_but_the_label(tmp_path):
    path = save(tmp_path, "sepal,petal,species,kind\n1,2,a,0\n3,4,b,1\n5,6,c,1\n")
    assert read(path).shape == (3, 3)
    table = read(path, label="kind")
    np.testing.assert_array_equal(values(table), [[1, 2], [3, 4], [5, 6]])
    assert [(column.name, column.values) for column in table.columns] == [
        ("kind", ("0", "1", "1")),
        ("species", ("a", "b", "c")),
    ]


def test_a_pattern_names_the_columns(tmp_path):
    path = save(tmp_path, "x1,x2,left_a,left_b\n1,2,3,4\n5,6,7,8\n")
    np.testing.assert_array_equal(values(read(path, column="left_*")), [[3, 4], [7, 8]])
    with pytest.raises(InvalidInputError, match=r"column 'x1' of .* holds one number a row: name a column of lists"):
        read(path, column="x1")
    with pytest.raises(NotFoundError, match=r"has no column 'z'; it has 'x1'"):
        read(path, column="z")
    with pytest.raises(InvalidInputError, match=r"column 'z\*' of .* names no columns of numbers"):
        read(path, column="z*")


def test_one_of_several_columns_of_lists(tmp_path):
    frame = pd.DataFrame({"w": WORDS, "left": list(TABLE), "right": list(-TABLE)})
    frame.to_parquet(tmp_path / "x.parquet")
    table = read(tmp_path / "x.parquet", column="right")
    np.testing.assert_array_equal(values(table), -TABLE)
    assert names(table) == ["w"]
    assert table.provenance.notes == ("columns of lists are left out: 'left'",)
    with pytest.raises(
        AmbiguousChoiceError, match=r"'left' \(4 numbers a row\), 'right' \(4 numbers a row\): name one"
    ):
        read(tmp_path / "x.parquet")


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64(), pa.int16(), pa.uint8()])
@pytest.mark.parametrize("lists", [pa.list_, pa.large_list, lambda kind: pa.list_(kind, 4)])
def test_every_kind_of_list(tmp_path, kind, lists):
    numbers = (np.abs(TABLE) * 50).astype(kind.to_pandas_dtype())
    array = pa.array(
        [pa.array(row).to_pylist() for row in numbers], lists(pa.float32() if kind == pa.float16() else kind)
    )
    if kind == pa.float16():
        array = pa.FixedSizeListArray.from_arrays(pa.array(numbers.reshape(-1)), 4)
    pq.write_table(pa.table({"v": array}), tmp_path / "x.parquet", row_group_size=5)
    table = read(tmp_path / "x.parquet")
    np.testing.assert_array_equal(values(table), numbers.astype(np.float32))


def test_one_length_has_to_hold_across_pieces(tmp_path):
    lists = [[1.0, 2.0]] * 1500 + [[1.0, 2.0, 3.0]] * 1500
    pq.write_table(pa.table({"v": lists}), tmp_path / "x.parquet")
    with pytest.raises(InvalidInputError, match=r"row 1,500 of column 'v' has 3 numbers instead of 2"):
        read(tmp_path / "x.parquet")


def test_a_limit_reads_the_first_rows_and_labels(tmp_path):
    np.save(tmp_path / "x.npy", TABLE)
    (tmp_path / "l.txt").write_text("\n".join(WORDS))
    table = read(tmp_path / "x.npy", limit=5, labels=tmp_path / "l.txt")
    np.testing.assert_array_equal(values(table), TABLE[:5])
    assert table.columns[0].values == tuple(WORDS[:5])
    pd.DataFrame({"w": WORDS, "v": list(TABLE)}).to_parquet(tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet", limit=5).columns[0].values == tuple(WORDS[:5])
    assert read(tmp_path / "x.parquet", limit=500).n_rows == 12
    with pytest.raises(InvalidInputError, match=r"limit is a number of vectors, 1 or more, not 0"):
        VectorReading(limit=0)


def test_labels_stand_before_the_file_s_own_columns(tmp_path):
    pd.DataFrame({"w": WORDS, "v": list(TABLE)}).to_parquet(tmp_path / "x.parquet")
    (tmp_path / "l.tsv").write_text("w\tn\n" + "".join(f"{word.upper()}\t{row}\n" for row, word in enumerate(WORDS)))
    table = read(tmp_path / "x.parquet", labels=tmp_path / "l.tsv")
    assert names(table) == ["w (labels)", "n", "w"]
    assert read(tmp_path / "x.parquet", labels=tmp_path / "l.tsv", label="n").columns[0].values[:2] == ("0", "1")
    with pytest.raises(InvalidInputError, match=r"has no column 'z'; it has w \(labels\), n, w"):
        table = read(tmp_path / "x.parquet", labels=tmp_path / "l.tsv")
        vector_files.labelled(table, label="z")


@pytest.mark.parametrize("name", ["vectors.tsv", "tensors.tsv", "w2v_tensor.tsv"])
def test_metadata_of_other_exporters_lies_beside(tmp_path, name):
    np.savetxt(tmp_path / name, TABLE, delimiter="\t")
    beside = tmp_path / ("w2v_metadata.tsv" if name.startswith("w2v") else "metadata.tsv")
    beside.write_text("\n".join(WORDS) + "\n")
    assert read(tmp_path / name).columns[0].values == tuple(WORDS)
    beside.write_text("a\nb\n")
    table = read(tmp_path / name)
    assert names(table) == []
    assert "was not used" in table.provenance.notes[-1]
    assert "2 labels for 12 vectors" in table.provenance.notes[-1]


def test_one_of_several_arrays(tmp_path):
    np.savez(tmp_path / "x.npz", left=TABLE, right=-TABLE, words=np.array(WORDS), n=np.arange(12), other=np.arange(3))
    table = read(tmp_path / "x.npz", column="right")
    np.testing.assert_array_equal(values(table), -TABLE)
    assert names(table) == ["words", "n"]
    with pytest.raises(NotFoundError, match=r"has no array 'up'; it has 'left' \(12, 4\) float32"):
        read(tmp_path / "x.npz", column="up")


@pytest.mark.parametrize("column", [None, "shape"])
def test_an_array_named_like_its_file_gives_the_name_once(tmp_path, column):
    np.save(tmp_path / "shape.npy", TABLE)
    np.savez(tmp_path / "shape.npz", shape=TABLE)
    save_file({"shape": TABLE}, tmp_path / "shape.safetensors")
    for ending in ("npy", "npz", "safetensors"):
        assert read(tmp_path / f"shape.{ending}", column=column).name == "shape"
    np.save(tmp_path / "flat.npy", TABLE[0])
    with pytest.raises(InvalidInputError, match=r"^'.*flat\.npy' has the shape \(4,\)"):
        read(tmp_path / "flat.npy")


def test_what_a_file_is_counts_more_than_its_name(tmp_path):
    np.save(tmp_path / "x.npy", TABLE)
    (tmp_path / "x.npy").rename(tmp_path / "x.csv")
    np.testing.assert_array_equal(values(read(tmp_path / "x.csv")), TABLE)


def test_a_keras_model_is_sent_to_the_command_for_models(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("model.weights.h5", "x")
        archive.writestr("config.json", "{}")
    with pytest.raises(InvalidInputError, match=r"is a Keras model: projector-export vocab FILE"):
        read(tmp_path / "m.keras")


def keras_hdf5(path, *, weights, attributes):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name in weights:
            file[name] = TABLE
        for name in attributes:
            file.attrs[name] = ["emb"]
    return path


@pytest.mark.parametrize(
    ("weights", "attributes"),
    [
        (["model_weights/emb/emb/embeddings:0", "model_weights/dense/dense/kernel:0"], ["model_config"]),
        (["emb/emb/embeddings:0", "dense/dense/kernel:0"], ["layer_names"]),
        (["layers/embedding/vars/0", "layers/dense/vars/0"], []),
    ],
)
def test_an_hdf5_file_of_keras_is_told_to_be_one(tmp_path, weights, attributes):
    path = keras_hdf5(tmp_path / "s.h5", weights=weights, attributes=attributes)
    told = rf"'s\.h5' is a file of Keras, whose layers and labels are known to: projector-export vocab {path}"
    for column, kind in ((None, AmbiguousChoiceError), ("absent", NotFoundError)):
        with pytest.raises(kind, match=told):
            read(path, column=column)
    (note,) = read(path, column=weights[0]).provenance.notes
    assert re.match(told, note)
    (tmp_path / "labels.txt").write_text("\n".join(f"t{row}" for row in range(len(TABLE))) + "\n")
    assert not read(path, column=weights[0], labels=tmp_path / "labels.txt").provenance.notes
    other = keras_hdf5(tmp_path / "o.h5", weights=["emb/embeddings"], attributes=["title"])
    assert not read(other).provenance.notes


def test_formats_that_do_not_exist_and_files_of_none(tmp_path):
    (tmp_path / "x.dat").write_bytes(b"\x00\x01\x02")
    with pytest.raises(InvalidInputError, match=r"one of npy, npz.*, not 'excel'"):
        read(tmp_path / "x.dat", format="excel")
    with pytest.raises(InvalidInputError, match=r"no file of vectors that is known here"):
        read(tmp_path / "x.dat")


def test_a_file_of_records_at_an_address(tmp_path):
    import fsspec

    buffer = io.BytesIO()
    pq.write_table(pa.table({"w": WORDS, "v": list(TABLE)}), buffer)
    fsspec.filesystem("memory").pipe("/vectors/x.parquet", buffer.getvalue())
    table = read("memory://vectors/x.parquet")
    np.testing.assert_array_equal(values(table), TABLE)
    with pytest.raises(InvalidInputError, match=r"is read from this machine: fetch it first"):
        read("memory://vectors/x.npy")


def test_numbers_beyond_float32_become_infinite_and_are_the_pipeline_s_to_judge(tmp_path):
    table = read(save(tmp_path, "a,1e300,2\nb,nan,3\n"))
    assert not np.isfinite(values(table)).any(axis=0)[0]


def test_arrays_beside_that_cannot_be_read_are_told(tmp_path):
    np.savez(tmp_path / "x.npz", e=TABLE, l=np.array([*WORDS[:11], None], dtype=object), n=np.arange(12))
    table = read(tmp_path / "x.npz")
    assert names(table) == ["n"]
    assert table.provenance.notes[0].startswith("array 'l' of ")
    assert table.provenance.notes[0].endswith("(object): it is left out")


def test_numbers_with_a_comma_are_told(tmp_path):
    with pytest.raises(InvalidInputError, match=r"holds numbers or lists of numbers; '1,5' is none here: write '1.5'"):
        read(save(tmp_path, "w;a;b\nx;1,5;2,0\ny;3,1;4,2\n"))


def test_rows_without_any_value_beside_them_get_a_label(tmp_path):
    table = read(save(tmp_path, "x1,x2,height\n1,2,\n3,4,1.5\n"))
    assert names(table) == ["row", "height"]
    assert names(read(save(tmp_path, "x1,x2,height\n1,2,3\n3,4,1.5\n"))) == ["height"]


def test_one_text_in_a_column_of_numbers_is_no_reason_to_lose_the_dimension(tmp_path):
    path = save(tmp_path, "a,b,c\n1,2,3\n1,x,3\n4,5,6\n")
    for column in (None, "*"):
        with pytest.raises(
            InvalidInputError, match=r"row 1 of column 'b' of .* is 'x', and all others there are numbers"
        ):
            read(path, column=column)
    series = save(tmp_path, "x1,x2,x3,x4,age\n1,2,3,4,30\n1,2,?,4,old\n4,5,6,7,30\n", "series.csv")
    with pytest.raises(InvalidInputError, match=r"row 1 of column 'x3'"):
        read(series)
    named = save(tmp_path, "x1,x2,age\n1,2,30\n1,2,old\n4,5,30\n", "named.csv")
    assert names(read(named)) == ["age"]
    table = read(path, label="b")
    assert table.provenance.notes == ("the vectors are the 2 columns of numbers 'a', 'c'",)
    assert list(table.column("b").values) == ["2", "x", "5"]


def test_texts_and_numbers_beside_the_vectors_of_an_hdf5_file_come_along(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["g/emb"] = TABLE
        file["names"] = ["größer", *WORDS[1:]]
        file["fixed"] = np.array(WORDS, dtype="S3")
        file["count"] = np.arange(12)
        file["other"] = np.arange(5)
        ragged = file.create_dataset("ragged", (12,), dtype=h5py.vlen_dtype(np.int32))
        ragged[0] = [1, 2]
    table = read(tmp_path / "x.h5")
    assert names(table) == ["count", "fixed", "names"]
    assert list(table.column("names").values) == ["größer", *WORDS[1:]]
    assert list(table.column("fixed").values) == WORDS
    assert list(table.column("count").values) == list(range(12))
    (note,) = table.provenance.notes
    assert note.startswith("data set 'ragged' of ")
    assert note.endswith("it is left out")


def test_long_texts_of_an_hdf5_file_are_bounded(tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["emb"] = TABLE
        file["names"] = ["w" * 100] * 12
    monkeypatch.setattr(array_vectors, "MAX_VALUES_BYTES", 1000)
    table = read(tmp_path / "x.h5")
    assert names(table) == []
    assert "holds texts of more than 1,000 bytes" in table.provenance.notes[0]
