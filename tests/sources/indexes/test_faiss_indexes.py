import os
import random
import struct
from contextlib import suppress

import numpy as np
import pytest

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, ProjectorExportError
from projector_export.sources import indexes

faiss = pytest.importorskip(
    "faiss", reason="the package faiss-cpu is not installed: pip install 'projector-export[neighbours]'"
)

N_DIMS = 6
VALUES = np.random.default_rng(4).normal(size=(150, N_DIMS)).astype(np.float32)
IDS = np.random.default_rng(5).permutation(10**12 + np.arange(150) * 7)


def flat(metric=faiss.METRIC_L2):
    return faiss.IndexFlat(N_DIMS, metric)


def inverted(quantizer=None, n_lists=4):
    index = faiss.IndexIVFFlat(quantizer or flat(), N_DIMS, n_lists)
    index.cp.min_points_per_centroid = 1
    index.train(VALUES)
    return index


def hashed():
    index = inverted()
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    return index


def with_direct_map(index):
    index.make_direct_map()
    return index


PLAIN = {
    "flat": flat,
    "inner product": lambda: faiss.IndexFlatIP(N_DIMS),
    "l1": lambda: flat(faiss.METRIC_L1),
    "lp": lambda: flat(faiss.METRIC_Lp),
    "hnsw": lambda: faiss.IndexHNSWFlat(N_DIMS, 8),
    "hnsw inner product": lambda: faiss.IndexHNSWFlat(N_DIMS, 8, faiss.METRIC_INNER_PRODUCT),
    "inverted lists": inverted,
    "few rows in many lists": lambda: inverted(n_lists=140),
    "inverted lists over hnsw": lambda: inverted(faiss.IndexHNSWFlat(N_DIMS, 8)),
    "hash table": hashed,
    "direct map": lambda: with_direct_map(inverted()),
}
WITH_IDS = {
    "flat": lambda: faiss.IndexIDMap(flat()),
    "flat, both ways": lambda: faiss.IndexIDMap2(faiss.IndexFlatIP(N_DIMS)),
    "hnsw": lambda: faiss.IndexIDMap(faiss.IndexHNSWFlat(N_DIMS, 8)),
    "inverted lists": lambda: faiss.IndexIDMap(inverted()),
}


def written(index, path):
    faiss.write_index(index, os.fspath(path))
    return path


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("n_rows", [1, 20, 150])
def test_vectors_are_those_that_were_added(kind, n_rows, tmp_path):
    index = PLAIN[kind]()
    index.add(VALUES[:n_rows])
    path = written(index, tmp_path / "x.faiss")
    table = indexes.read(path)
    assert indexes.recognises(path) == "faiss"
    assert np.array_equal(table.vectors.read(0, n_rows), VALUES[:n_rows])
    assert np.array_equal(table.vectors.read(n_rows // 2, n_rows), VALUES[n_rows // 2 : n_rows])
    assert (table.name, table.columns) == ("x", ())


@pytest.mark.parametrize("kind", WITH_IDS)
def test_ids_are_a_column(kind, tmp_path):
    index = WITH_IDS[kind]()
    index.add_with_ids(VALUES, IDS)
    table = indexes.read(written(index, tmp_path / "x.index"))
    assert np.array_equal(table.vectors.read(0, 150), VALUES)
    assert np.array_equal(table.column("id").values, IDS)


def test_inverted_lists_with_ids_are_in_their_order(tmp_path):
    index = inverted()
    index.add_with_ids(VALUES, IDS)
    table = indexes.read(written(index, tmp_path / "x.index"), limit=100)
    order = np.argsort(IDS)[:100]
    assert np.array_equal(table.column("id").values, IDS[order])
    assert np.array_equal(table.vectors.read(0, 100), VALUES[order])


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("PQ3x4", "product-quantised codes"),
        ("SQ8", "scalar-quantised codes"),
        ("IVF4,PQ3x4", "inverted lists of product-quantised codes"),
        ("HNSW8_SQ8", "HNSW over scalar-quantised"),
        ("PCA4,Flat", "vectors that were transformed before they were added"),
        ("LSH", "binary codes"),
        ("IDMap,SQ8", "scalar-quantised codes"),
        ("NSG8,Flat", "an index of kind 'INSf'"),
    ],
)
def test_codes_are_refused_with_what_to_type_instead(factory, words, tmp_path):
    index = faiss.index_factory(N_DIMS, factory)
    index.train(VALUES)
    index.add_with_ids(VALUES, IDS) if factory.startswith("IDMap") else index.add(VALUES)
    path = written(index, tmp_path / "x.index")
    assert indexes.recognises(path) == "faiss"
    with pytest.raises(
        InvalidInputError, match=rf"holds {words}.*export\(faiss.read_index\(file\).reconstruct_n\(\), logdir\)"
    ):
        indexes.read(path)


def test_what_the_sentence_says_works(tmp_path):
    index = faiss.index_factory(N_DIMS, "IVF4,PQ3x4")
    index.train(VALUES)
    index.add(VALUES)
    path = written(index, tmp_path / "x.index")
    assert faiss.read_index(os.fspath(path)).reconstruct_n().shape == VALUES.shape


def test_an_empty_index_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="'x.index' is an index without vectors"):
        indexes.read(written(flat(), tmp_path / "x.index"))


@pytest.mark.parametrize("make", [*PLAIN.values(), *WITH_IDS.values()])
def test_truncated_files_are_refused(make, tmp_path):
    index = make()
    index.add_with_ids(VALUES, IDS) if isinstance(index, (faiss.IndexIDMap, faiss.IndexIDMap2)) else index.add(VALUES)
    data = written(index, tmp_path / "x.index").read_bytes()
    for length in {*range(8, min(len(data), 120)), *range(120, len(data), 997), len(data) - 1}:
        (tmp_path / "short.index").write_bytes(data[:length])
        with pytest.raises(CorruptFileError):
            indexes.read(tmp_path / "short.index")
    (tmp_path / "long.index").write_bytes(data + b"\0")
    with pytest.raises(CorruptFileError, match="1 bytes follow after its end"):
        indexes.read(tmp_path / "long.index")


@pytest.mark.parametrize("make", [flat, lambda: faiss.IndexHNSWFlat(N_DIMS, 8), inverted, hashed])
def test_wrong_bytes_are_refused_or_read(make, tmp_path):
    generator = random.Random(1)
    index = make()
    index.add(VALUES)
    data = written(index, tmp_path / "x.index").read_bytes()
    for _ in range(300):
        changed = bytearray(data)
        changed[generator.randrange(4, min(len(data), 400))] = generator.randrange(256)
        (tmp_path / "y.index").write_bytes(changed)
        with suppress(ProjectorExportError):
            table = indexes.read(tmp_path / "y.index")
            table.vectors.read(0, table.n_rows)


def test_a_header_that_lies_allocates_nothing(tmp_path):
    header = struct.pack("<4siqqq?iQ", b"IxF2", 1024, 2**40, 0, 0, True, 1, 2**50)
    (tmp_path / "x.index").write_bytes(header + bytes(100))
    with pytest.raises(CorruptFileError, match="begins something of 4,503,599,627,370,496 bytes, and 100 are left"):
        indexes.read(tmp_path / "x.index")


def test_indexes_in_indexes_end(tmp_path):
    header = struct.pack("<4siqqq?i", b"IxMp", 4, 1, 0, 0, True, 1)
    (tmp_path / "x.index").write_bytes(header * 5000)
    with pytest.raises(CorruptFileError, match="indexes lie in one another"):
        indexes.read(tmp_path / "x.index")


def test_a_file_that_changes_under_way_is_told(tmp_path):
    for make in (flat, inverted):
        index = make()
        index.add(VALUES)
        table = indexes.read(written(index, tmp_path / "x.index"))
        (tmp_path / "x.index").write_bytes(b"")
        with pytest.raises(CorruptFileError, match="start again"):
            table.vectors.read(0, 150)


def test_other_paths(tmp_path):
    (tmp_path / "text").write_text("IxF2 is how an index begins, and this is a text")
    assert indexes.recognises(tmp_path / "text") is None
    assert indexes.recognises(tmp_path) is None
    assert indexes.recognises(tmp_path / "nothing") is None
    with pytest.raises(InvalidInputError, match="is no FAISS index, LanceDB folder or Chroma folder"):
        indexes.read(tmp_path / "text")
    with pytest.raises(NotFoundError, match="there is no file or folder"):
        indexes.read(tmp_path / "nothing")
    index = flat()
    index.add(VALUES)
    with pytest.raises(InvalidInputError, match="a file of faiss has no collection 'x'"):
        indexes.read(written(index, tmp_path / "x.index"), collection="x")
