"""Which source reads a file of ready-made vectors, and its way to the viewer."""

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError, WriteError
from projector_export.pipeline.vectors import FORMATS, VectorReading, export_vectors, read_vectors

TABLE = np.random.default_rng(3).normal(size=(12, 4)).astype(np.float32)
WORDS = [f"w{row}" for row in range(12)]


def word2vec(path):
    lines = [f"{word} {' '.join(map(repr, row.tolist()))}" for word, row in zip(WORDS, TABLE, strict=True)]
    path.write_text("\n".join(["12 4", *lines]) + "\n")


def glove(path):
    word2vec(path)
    path.write_text(path.read_text().split("\n", 1)[1])


def tokens(path):
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list(WORDS)
    writer.add_tensor("token_embd.weight", TABLE)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


MADE = {
    "x.npy": (lambda path: np.save(path, TABLE), "read_vectors", "npy"),
    "x.safetensors": (lambda path: safetensors.numpy.save_file({"a": TABLE}, path), "read_vectors", "safetensors"),
    "x.csv": (lambda path: pd.DataFrame(TABLE.astype(float)).to_csv(path, index=False), "read_vectors", "csv"),
    "numbers.txt": (lambda path: np.savetxt(path, TABLE), "read_vectors", "numbers"),
    "x.vec": (word2vec, "read_word_vectors", "word2vec"),
    "glove.txt": (glove, "read_word_vectors", "glove"),
}


@pytest.mark.parametrize("name", MADE)
def test_the_content_chooses_the_source(tmp_path, name):
    make, step, kind = MADE[name]
    make(tmp_path / name)
    (table,) = read_vectors(tmp_path / name)
    np.testing.assert_array_equal(table.vectors.read(0, 12), TABLE)
    first = table.provenance.steps[0]
    assert (first.name, first.parameters["format"]) == (step, kind)
    assert kind in FORMATS


def test_gguf_is_read_with_its_tokens(tmp_path):
    tokens(tmp_path / "x.gguf")
    (table,) = read_vectors(tmp_path / "x.gguf", VectorReading(limit=5))
    np.testing.assert_array_equal(table.vectors.read(0, 5), TABLE[:5])
    assert table.columns[0].values == tuple(WORDS[:5])


def test_labels_belong_to_any_source(tmp_path):
    word2vec(tmp_path / "x.vec")
    (tmp_path / "l.csv").write_text("group\n" + "".join(f"g{row}\n" for row in range(12)))
    (table,) = read_vectors(tmp_path / "x.vec", VectorReading(labels=tmp_path / "l.csv", label="word"))
    assert [column.name for column in table.columns[:2]] == ["word", "group"]
    with pytest.raises(InvalidInputError, match=r"word vectors and has no column or array 'a'"):
        read_vectors(tmp_path / "x.vec", VectorReading(column="a"))


def test_a_format_can_be_named(tmp_path):
    (tmp_path / "x.dat").write_text("a,1,2\nb,3,4\n")
    with pytest.raises(InvalidInputError, match="name its format"):
        read_vectors(tmp_path / "x.dat")
    (table,) = read_vectors(tmp_path / "x.dat", VectorReading(format="csv"))
    assert table.columns[0].values == ("a", "b")
    with pytest.raises(InvalidInputError, match=r"one of npy.*word2vec.*gguf.*, not 'excel'"):
        read_vectors(tmp_path / "x.dat", VectorReading(format="excel"))
    with pytest.raises(NotFoundError, match="no file"):
        read_vectors(tmp_path / "none.npy")


def test_export_writes_values_and_labels(tmp_path):
    np.save(tmp_path / "x.npy", TABLE)
    (tmp_path / "l.txt").write_text("\n".join(WORDS) + "\n")
    told = []
    (written,) = export_vectors(
        tmp_path / "x.npy",
        tmp_path / "runs",
        name="mine",
        reading=VectorReading(labels=tmp_path / "l.txt"),
        progress=lambda *each: told.append(each),
    )
    assert (written.name, written.shape) == ("mine", (12, 4))
    assert (written.folder / "metadata.tsv").read_text().split() == WORDS


def test_nothing_is_read_if_nothing_can_be_written(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises((InvalidInputError, WriteError)) as refused:
        export_vectors(tmp_path / "none.npy", tmp_path / "runs")
    assert "none.npy" not in str(refused.value)


def test_bad_rows_are_told_and_can_be_dropped(tmp_path):
    from projector_export.options import Treatment

    spoilt = TABLE.copy()
    spoilt[3, 1] = np.nan
    np.save(tmp_path / "x.npy", spoilt)
    with pytest.raises(InvalidInputError, match=r"1 of 12 rows of 'x' hold NaN.*row 3"):
        export_vectors(tmp_path / "x.npy", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    (written,) = export_vectors(tmp_path / "x.npy", tmp_path / "runs", treatment=Treatment(drop_bad_rows=True))
    assert written.shape == (11, 4)


def png(value):
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (value, 0, 255 - value)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["bytes", "data set"])
def test_pictures_within_the_file_become_thumbnails(tmp_path, kind):
    pictures = [png(20 * row) for row in range(12)]
    held = pictures if kind == "bytes" else [{"bytes": each, "path": None} for each in pictures]
    pd.DataFrame({"w": WORDS, "v": list(TABLE), "image": held}).to_parquet(tmp_path / "x.parquet")
    (table,) = read_vectors(tmp_path / "x.parquet", VectorReading(images="image"))
    assert [column.name for column in table.columns] == ["w"]
    assert [int(each[2, 2, 0]) for each in table.thumbnails.pixels] == [20 * row for row in range(12)]
    (table,) = read_vectors(tmp_path / "x.parquet", VectorReading(images="image", limit=3))
    assert len(table.thumbnails) == 3
    (table,) = read_vectors(tmp_path / "x.parquet", VectorReading(images="image", thumbnail_size=20))
    assert table.thumbnails.size == (20, 20)
    with pytest.raises(InvalidInputError, match="a number of pixels from 1 to 8,192, not 0"):
        VectorReading(images="image", thumbnail_size=0)
    (table,) = read_vectors(tmp_path / "x.parquet")
    assert table.column("image").values[0] == (
        f"<{len(pictures[0])} bytes>" if kind == "bytes" else table.column("image").values[0]
    )


def test_paths_of_pictures_are_relative_to_the_file(tmp_path):
    folder = tmp_path / "data"
    (folder / "pictures").mkdir(parents=True)
    for row in range(12):
        (folder / "pictures" / f"{row:02d}.png").write_bytes(png(20 * row))
    frame = pd.DataFrame(TABLE.astype(float), columns=["x1", "x2", "x3", "x4"])
    frame["file"] = [f"pictures/{row:02d}.png" for row in range(12)]
    frame.to_csv(folder / "x.csv", index=False)
    (by_column,) = read_vectors(folder / "x.csv", VectorReading(images="file"))
    (by_folder,) = read_vectors(folder / "x.csv", VectorReading(images=str(folder / "pictures")))
    np.testing.assert_array_equal(by_column.thumbnails.pixels, by_folder.thumbnails.pixels)
    frame["file"] = "../secret.png"
    frame.to_csv(folder / "x.csv", index=False)
    with pytest.raises(InvalidInputError):
        read_vectors(folder / "x.csv", VectorReading(images="file"))
    with pytest.raises(NotFoundError, match=r"'pics' is neither a folder nor a column"):
        read_vectors(folder / "x.csv", VectorReading(images="pics"))


@pytest.mark.heavy
def test_indexes_are_told_by_their_content(tmp_path):
    import faiss
    import lancedb

    rows = np.random.default_rng(3).normal(size=(40, 6)).astype(np.float32)
    flat = faiss.IndexFlatL2(6)
    flat.add(rows)
    faiss.write_index(flat, str(tmp_path / "flat.bin"))
    database = lancedb.connect(tmp_path / "base")
    for name in ("a", "b"):
        database.create_table(name, [{"vector": row.tolist(), "title": f"{name}{n}"} for n, row in enumerate(rows)])
    for path, reading in ((tmp_path / "flat.bin", None), (tmp_path / "base", VectorReading(split="b"))):
        (table,) = read_vectors(path, reading)
        np.testing.assert_array_equal(table.vectors.read(0, 40), rows)
    assert list(table.column("title").values)[:2] == ["b0", "b1"]
    with pytest.raises(AmbiguousChoiceError, match=r"'a', 'b' \(--split NAME"):
        read_vectors(tmp_path / "base")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("x.npy", {"header": False}, r"--header is for CSV and TSV, and .*x\.npy' is npy: leave it out"),
        ("x.vec", {"split": "train"}, r"--split is for dataset folders, .* is word2vec: leave it out"),
        ("x.csv", {"split": "train"}, r"--split is for dataset folders"),
        ("numbers.txt", {"column": "v"}, r"is a file of bare numbers and has no column or array 'v'"),
    ],
)
def test_options_that_a_format_cannot_follow_are_refused(tmp_path, name, options, words):
    MADE[name][0](tmp_path / name)
    with pytest.raises(InvalidInputError, match=words):
        read_vectors(tmp_path / name, VectorReading(**options))


@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x"])
def test_a_file_of_no_bytes_is_empty_whatever_its_name(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InvalidInputError, match=r"is empty: it has 0 bytes"):
        read_vectors(tmp_path / name)


def test_labels_are_a_file_and_no_folder(tmp_path):
    np.save(tmp_path / "x.npy", TABLE)
    with pytest.raises(InvalidInputError, match=r"labels are a file, and .* is a folder: name a file in it"):
        read_vectors(tmp_path / "x.npy", VectorReading(labels=tmp_path))
