"""Files of records in every format, written by the libraries that people use."""

import datetime as dt
import gzip
import json
import re

import fsspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import (
    AmbiguousChoiceError,
    CorruptFileError,
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
    ProjectorExportError,
    TransferError,
)
from projector_export.tabular import open_records
from projector_export.tabular.delimited import Delimited
from projector_export.tabular.delimited_rows import Dialect, cells_of, rows_of
from projector_export.tabular.location import Location
from projector_export.tabular.records import Wanted

TEXTS = ["a, b", 'said "so"', "two\nlines", "", "été\t日本", "last"]
NUMBERS = [1.5, -2.0, 0.25, 1e-3, 3.0, 7.0]


def whole(records, **options):
    values = {name: [] for name in records.columns}
    for batch in records.batches(**options):
        for name, part in batch.items():
            values[name].extend(part)
    return values


def frame():
    return pd.DataFrame({"text": TEXTS, "x": NUMBERS, "v": [[1.0, float(i)] for i in range(6)]})


WRITERS = {
    "csv": lambda path: frame().drop(columns="v").to_csv(path, index=False),
    "tsv": lambda path: frame().drop(columns="v").to_csv(path, sep="\t", index=False),
    "jsonl": lambda path: frame().to_json(path, orient="records", lines=True),
    "json": lambda path: frame().to_json(path, orient="records"),
    "parquet": lambda path: frame().to_parquet(path, row_group_size=4),
    "feather": lambda path: frame().to_feather(path),
    "arrow": lambda path: pl.from_pandas(frame()).write_ipc(path),
}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_texts_numbers_and_lists_come_back(tmp_path, ending, packed):
    path = tmp_path / f"my.data.{ending}"
    WRITERS[ending](path)
    if packed:
        (tmp_path / f"my.data.{ending}{packed}").write_bytes(gzip.compress(path.read_bytes()))
        path = tmp_path / f"my.data.{ending}{packed}"
    records = open_records(path)
    values = whole(records)
    assert records.name == "my.data"
    assert values["text"] == TEXTS
    assert [float(value) for value in values["x"]] == NUMBERS
    assert records.is_typed == (ending not in {"csv", "tsv"})
    if records.is_typed:
        assert values["v"] == [[1.0, float(i)] for i in range(6)]
    json.dumps(records.describe)


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize(("start", "n_rows"), [(0, 1), (1, 2), (4, 100), (5, 1), (6, 3), (9, 3)])
def test_batches_begin_anywhere_and_are_of_the_size_asked_for(tmp_path, ending, start, n_rows):
    path = tmp_path / f"x.{ending}"
    WRITERS[ending](path)
    batches = [batch["text"] for batch in open_records(path).batches(start=start, n_rows=n_rows, columns=["text"])]
    assert [text for batch in batches for text in batch] == TEXTS[start:]
    assert all(len(batch) == n_rows for batch in batches[:-1])


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "feather"])
@pytest.mark.parametrize("start", [1023, 1500, 2048, 2999])
def test_a_start_within_any_piece(tmp_path, ending, start):
    frame = pd.DataFrame({"text": [f"t{row}" for row in range(3000)]})
    write = {
        "csv": lambda path: frame.to_csv(path, index=False),
        "parquet": lambda path: frame.to_parquet(path, row_group_size=2500),
    }
    write |= {"jsonl": lambda path: frame.to_json(path, orient="records", lines=True), "feather": frame.to_feather}
    write[ending](tmp_path / f"x.{ending}")
    values = whole(open_records(tmp_path / f"x.{ending}"), start=start, n_rows=700)
    assert values["text"] == frame["text"].tolist()[start:]


def test_only_wanted_columns_come(tmp_path):
    WRITERS["parquet"](tmp_path / "x.parquet")
    (batch,) = open_records(tmp_path / "x.parquet").batches(columns=["x", "text"])
    assert list(batch) == ["x", "text"]


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_names_with_dots_are_names(tmp_path, ending):
    frame = pd.DataFrame({"a.b": [1, 2], "a": [{"b": 3}, {"b": 4}], "c": [5, 6]})
    getattr(frame, f"to_{ending}")(tmp_path / f"x.{ending}")
    (batch,) = open_records(tmp_path / f"x.{ending}").batches(columns=["c", "a.b"])
    assert batch == {"c": [5, 6], "a.b": [1, 2]}


def test_values_of_parquet_are_plain(tmp_path):
    day = dt.datetime(2026, 3, 1)
    table = pa.table(
        {
            "half": pa.array(np.array([1.5, 2.5], dtype=np.float16)),
            "day": pa.array([day, None]),
            "moment": pa.array([day.replace(hour=5, microsecond=70), day]),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "picture": pa.array([b"12345", None]),
            "thing": pa.array([{"n": 1, "b": b"xy"}, None]),
            "flag": pa.array([True, None]),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    values = whole(open_records(tmp_path / "x.parquet"))
    assert values == {
        "half": [1.5, 2.5],
        "day": ["2026-03-01", None],
        "moment": ["2026-03-01 05:00:00.000070", "2026-03-01"],
        "kind": ["a", "b"],
        "picture": ["<5 bytes>", None],
        "thing": ['{"n":1,"b":"<2 bytes>"}', None],
        "flag": [True, None],
    }


def test_plain_text_is_one_text_a_line(tmp_path):
    (tmp_path / "x.txt").write_bytes(b"\xef\xbb\xbfone\r\n\r\n  two \nthree")
    assert whole(open_records(tmp_path / "x.txt")) == {"text": ["one", "", "  two ", "three"]}


def test_real_news_without_a_head(shared_data):
    records = open_records(shared_data / "ag_news_test.csv")
    assert records.columns == ("column_1", "column_2", "column_3")
    assert (records.describe["header"], records.describe["header_decided"]) == (False, "by content")
    values = whole(records, n_rows=999)
    assert len(values["column_3"]) == 7600
    assert set(values["column_1"]) == {"1", "2", "3", "4"}


@pytest.mark.parametrize(
    ("text", "has_head", "columns"),
    [
        ("name,x\na,1\nb,2\n", True, ("name", "x")),
        ("a,1\nb,2\n", False, ("column_1", "column_2")),
        (",name,x\n0,a,1\n1,b,2\n", True, ("column_1", "name", "x")),
        ("0,1,2\n.1,.2,.3\n", True, ("0", "1", "2")),
        (",0,1\na,.2,.3\n", True, ("column_1", "0", "1")),
        ("good film,positive\nbad film,negative\nlong film,positive\n", False, ("column_1", "column_2")),
        ("a,a\nb,c\na,d\n", False, ("column_1", "column_2")),
        (f"{'x' * 65},b\nc,d\n", False, ("column_1", "column_2")),
        ("name;x\na;1,5\n", True, ("name", "x")),
        ("name\tx\na\t1\n", True, ("name", "x")),
    ],
)
def test_whether_there_is_a_head_is_decided_by_content(tmp_path, text, has_head, columns):
    (tmp_path / "x.csv").write_text(text)
    records = open_records(tmp_path / "x.csv")
    assert (records.describe["header"], records.columns) == (has_head, columns)


def test_a_head_can_be_asked_for_and_refused(tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    assert whole(open_records(tmp_path / "x.csv", header=True)) == {"1": ["3"], "2": ["4"]}
    assert whole(open_records(tmp_path / "x.csv", header=False)) == {"column_1": ["1", "3"], "column_2": ["2", "4"]}


def test_quotes_in_a_file_of_tabs_are_literal_unless_they_are_whole(tmp_path):
    (tmp_path / "x.tsv").write_text('token\tn\n"\t1\n""\t2\n"a ""b"""\t3\nit"s\t4\n')
    assert whole(open_records(tmp_path / "x.tsv"))["token"] == ['"', "", 'a "b"', 'it"s']


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    )
)
def test_any_cells_come_back_from_csv(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "x.csv"
    pd.DataFrame(rows, columns=["first", "second", "third"]).to_csv(path, index=False, quoting=1)
    values = whole(open_records(path, header=True))
    assert [list(row) for row in zip(*values.values(), strict=True)] == rows


CELLS = st.text(st.sampled_from('ab1.5-,;"\r\n\t é'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3).map(",".join), min_size=1, max_size=8))
def test_lines_are_told_apart_as_by_csv(tmp_path_factory, lines):
    import csv

    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    location, dialect = Location.of(path), Dialect(",", is_quoted=True)
    with path.open(encoding="utf-8", newline="\n") as file:
        reader, expected = csv.reader(file, strict=True), []
        try:
            while (begin := reader.line_num + 1) and (row := next(reader, None)) is not None:
                expected += [(begin, row)] if row else []
        except csv.Error as error:
            with pytest.raises(InvalidInputError, match=rf"line {begin} of .*\({re.escape(str(error))}\)"):
                list(rows_of(location, dialect))
            return
    assert [(number, cells_of(row, dialect)) for number, row in rows_of(location, dialect)] == expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b,c", 'd"e', "f\ng", "", "é", "7"]),
            st.sampled_from(["1", "2.5", "-0", " 3 ", "1e-3", ".5", "nan", "x", "", "true", "[1", "1]", "1,5", "0"]),
            st.sampled_from(["1", "-2.5e10", "0.1", "1_0", "'"]),
            st.sampled_from(["z", "y;", ""]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([0, 1]),
)
def test_numbers_that_come_as_arrays_are_those_of_the_texts(tmp_path_factory, rows, delimiter, quoting):
    import csv

    path = tmp_path_factory.mktemp("any") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=quoting).writerows([("k", "x1", "x2", "l"), *rows])
    file = Delimited(Location.of(path), Dialect(delimiter, is_quoted=True), ("k", "x1", "x2", "l"), True, False)
    (texts,) = file.chunks(Wanted(0, ("x1", "l", "x2", "k")))
    (mixed,) = file.chunks(Wanted(0, ("x1", "l", "x2", "k"), numbers=frozenset(("x1", "x2"))))
    assert list(texts) == list(mixed)
    for name, values in mixed.items():
        if isinstance(values, np.ndarray):
            assert values.tobytes() == np.array(list(map(float, texts[name]))).tobytes()
        else:
            assert list(values) == list(texts[name])


def test_usual_numbers_do_come_as_arrays(tmp_path):
    (tmp_path / "x.csv").write_text('k,x1,x2,l\n"a,b",1,2,z\nc,3,"4",z\n')
    file = open_records(tmp_path / "x.csv").file
    (batch,) = file.chunks(Wanted(0, ("x1", "x2", "k"), numbers=frozenset(("x1", "x2"))))
    assert isinstance(batch["x2"], np.ndarray)
    assert (batch["x1"].tolist(), batch["x2"].tolist(), list(batch["k"])) == ([1, 3], [2, 4], ["a,b", "c"])


def test_cells_may_be_long_and_the_process_keeps_its_limit(tmp_path):
    import csv

    before = csv.field_size_limit()
    (tmp_path / "x.csv").write_text("name,text\na," + "x" * 500_000 + "\n")
    assert len(whole(open_records(tmp_path / "x.csv"))["text"][0]) == 500_000
    assert csv.field_size_limit() == before


def test_objects_may_lack_names_and_python_s_nan_is_taken(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n\n{"b": [NaN, 2], "c": {"d": 1}}\n')
    values = whole(open_records(tmp_path / "x.jsonl"))
    assert values["a"] == [1, None]
    assert values["c"] == [None, '{"d":1}']
    assert np.isnan(values["b"][1][0])


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=3) | st.just('":'),
            st.recursive(
                st.none() | st.integers() | st.text(st.characters(codec="utf-8") | st.sampled_from('":')),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=2), inner),
            ),
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["jsonl", "json"]),
    st.data(),
)
def test_a_name_twice_is_told_in_whatever_object_it_stands(tmp_path_factory, rows, ending, data):
    def write(texts):
        path = tmp_path_factory.mktemp("twice") / f"x.{ending}"
        path.write_text("\n".join(texts) if ending == "jsonl" else f"[{','.join(texts)}]", encoding="utf-8")
        return path

    texts = [json.dumps(row) for row in rows]
    assert len(next(iter(whole(open_records(write(texts))).values()))) == len(rows)
    row = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(sorted(rows[row])))
    texts[row] = f"{texts[row][:-1]}, {json.dumps(name)}\t: 7}}"
    with pytest.raises(InvalidInputError, match=rf"(?:line|object) {row + 1} of ") as refused:
        open_records(write(texts))
    assert f"names {name!r} twice" in str(refused.value)


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "arrow"])
def test_a_head_is_asked_for_where_there_can_be_one(tmp_path, ending):
    WRITERS[ending](tmp_path / f"x.{ending}")
    for source in (tmp_path / f"x.{ending}", tmp_path):
        with pytest.raises(InvalidInputError, match=rf"--header .* is for CSV and TSV, and '.*x.{ending}' is "):
            open_records(source, header=True)


def test_a_head_is_asked_for_in_a_folder_of_csv(tmp_path):
    for number in range(2):
        (tmp_path / f"train-{number:05d}-of-00002.csv").write_text(f"1,2\n3,{number}\n")
    assert whole(open_records(tmp_path, header=True)) == {"1": ["3", "3"], "2": ["0", "1"]}
    assert len(whole(open_records(tmp_path, header=False))["column_1"]) == 4


def test_addresses_are_opened_by_fsspec_and_told_without_secrets(tmp_path):
    system = fsspec.filesystem("memory")
    WRITERS["parquet"](tmp_path / "x.parquet")
    WRITERS["csv"](tmp_path / "x.csv")
    for name in ("x.parquet", "x.csv"):
        system.pipe(f"/bucket/{name}", (tmp_path / name).read_bytes())
        system.pipe(f"/bucket/{name}.gz", gzip.compress((tmp_path / name).read_bytes()))
        for address in (f"memory://bucket/{name}", f"memory://bucket/{name}.gz"):
            records = open_records(address)
            assert whole(records)["text"] == TEXTS
            assert records.describe["source"] == address
    with pytest.raises(NotFoundError, match=r"no file 'memory://bucket/none.csv'"):
        open_records("memory://bucket/none.csv")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x.csv?signed=" + "hush" * 999,
        "https://user:hush@127.0.0.1:9/x.csv?key=hush#hush",
        "http://hush@127.0.0.1:9/x.parquet",
    ],
)
def test_a_server_that_is_not_there_is_told_without_secrets(address):
    pytest.importorskip("aiohttp")
    with pytest.raises((TransferError, NotFoundError)) as refused:
        open_records(address)
    assert "hush" not in str(refused.value)
    assert "127.0.0.1:9/x." in str(refused.value)


def test_a_file_system_that_is_not_installed_names_its_package():
    try:
        import s3fs  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match=r"s3://.*pip install s3fs"):
            open_records("s3://key:hush@bucket/x.csv")
    with pytest.raises(InvalidInputError, match=r"'gopher' is no kind of address"):
        open_records("gopher://host/x.csv")


def saved_dataset(folder, parts=(3, 2)):
    """What datasets.save_to_disk writes: Arrow streams, state.json, dataset_info.json."""
    folder.mkdir(parents=True)
    names, first = [], 0
    for number, size in enumerate(parts):
        name = f"data-{number:05d}-of-{len(parts):05d}.arrow"
        table = pa.table(
            {"text": [f"t{row}" for row in range(first, first + size)], "label": list(range(first, first + size))}
        )
        with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
        names.append({"filename": name})
        first += size
    (folder / "state.json").write_text(json.dumps({"_data_files": names, "_split": None, "_indices_data_files": None}))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def test_a_dataset_on_disk_is_read_in_the_order_of_its_files(tmp_path):
    records = open_records(saved_dataset(tmp_path / "news"))
    assert whole(records) == {"text": [f"t{row}" for row in range(5)], "label": list(range(5))}
    for start in range(7):
        assert whole(records, start=start)["label"] == list(range(5))[start:]
    assert records.describe["files"] == 2
    with pytest.raises(NotFoundError, match=r"has no split 'test'"):
        open_records(tmp_path / "news", split="test")
    with pytest.raises(InvalidInputError, match=r"--header .*is for CSV and TSV, and '.*news.*data-00000.*' is arrow"):
        open_records(tmp_path / "news", header=False)


def test_of_several_splits_one_has_to_be_named(tmp_path):
    saved_dataset(tmp_path / "news" / "train")
    saved_dataset(tmp_path / "news" / "test", parts=(1,))
    (tmp_path / "news" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(AmbiguousChoiceError, match=r"several splits, 'train', 'test': name one"):
        open_records(tmp_path / "news")
    assert whole(open_records(tmp_path / "news", split="test"))["label"] == [0]
    with pytest.raises(NotFoundError, match=r"no split 'dev'; it has 'train', 'test'"):
        open_records(tmp_path / "news", split="dev")


def test_a_folder_of_shards_is_one_dataset_a_split(tmp_path):
    (tmp_path / "data").mkdir()
    for split, number, values in (("train", 1, [3]), ("train", 0, [1, 2]), ("test", 0, [9])):
        pq.write_table(pa.table({"n": values}), tmp_path / "data" / f"{split}-{number:05d}-of-00002.parquet")
    (tmp_path / "README.md").write_text("words")
    assert whole(open_records(tmp_path, split="train"), start=1) == {"n": [2, 3]}
    assert open_records(tmp_path, split="train").n_rows == 3
    with pytest.raises(AmbiguousChoiceError, match=r"'test', 'train'"):
        open_records(tmp_path)


def test_shards_have_the_same_columns(tmp_path):
    pq.write_table(pa.table({"n": [1]}), tmp_path / "train-00000-of-00002.parquet")
    pq.write_table(pa.table({"m": [1]}), tmp_path / "train-00001-of-00002.parquet")
    with pytest.raises(InvalidInputError, match=r"other columns.*'m' instead of 'n'"):
        open_records(tmp_path)


@pytest.mark.parametrize("name", ["../x.arrow", "/etc/passwd", "a/../../x.arrow", "..", "", 7, "a\\b"])
def test_a_dataset_does_not_lead_out_of_its_folder(tmp_path, name):
    folder = saved_dataset(tmp_path / "news")
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(CorruptFileError, match=r"which is no file in it"):
        open_records(folder)


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


BAD = {
    "ragged row": ("x.csv", b"a,b\n1,2\n3\n4,5\n", r"line 3 of '.*x.csv' has 1 cell instead of 2"),
    "ragged row after quoted lines": ("x.csv", b'a,b\n"1\n\n",2\n3,4,5\n', r"line 5 of .* has 3 cells instead of 2"),
    "open quote": ("x.csv", b'a,b\n1,2\n"3,4\n5,6\n', r"line 3 of .* quote may not be closed"),
    "two columns of one name": ("x.csv", b"a,a\nc,d\n", r"two columns named 'a'"),
    "not UTF-8": ("x.csv", b"a,b\nc,\xe9\n", r"line 2 of .* not UTF-8 \(byte 0xe9 at 6\)"),
    "UTF-16": ("x.csv", "a,b\nc,d\n".encode("utf-16"), r"is UTF-16: save it as UTF-8"),
    "NUL": ("x.csv", b"a,b\nc,d\0\n", r"line 2 of .* NUL character"),
    "empty": ("x.csv", b"", r"is empty"),
    "head only": ("x.csv", b"name,text\n", r"one line only, 'name, text'.*head"),
    "empty tsv": ("x.tsv", b"\n\n", r"is empty"),
    "empty text": ("x.txt", b"", r"is empty"),
    "empty jsonl": ("x.jsonl", b"\n", r"is empty"),
    "not JSON": ("x.jsonl", b'{"a": 1}\n{"a": \n', r"line 2 of .* is no JSON"),
    "a name twice": (
        "x.jsonl",
        b'{"a": 1}\n\n{"a": 1, "b": {"a": 2}, "a" : 3}\n',
        r"line 3 of .* names 'a' twice: rename or",
    ),
    "a name twice in a list": (
        "x.json",
        b'[{"a": 1}, {"\\u0061": 1, "a": 1}]',
        r"object 2 of .* names 'a' twice: rename",
    ),
    "no object": ("x.jsonl", b'{"a": 1}\n[1]\n', r"line 2 of .* no object with names but a list"),
    "one object over many lines": (
        "x.json",
        b'{\n"a": {"0": 1}\n}\n',
        r"line 1 .*one list of objects, or one object a line",
    ),
    "a number of JSON": ("x.json", b"7", r"line 1 of .* but a number"),
    "deep JSON": ("x.jsonl", b'{"a": ' + b"[" * 100_000, r"line 1 of .* is no JSON"),
    "no Parquet": ("x.parquet", b"a,b\n1,2\n", r"is no Parquet file: it begins with b'a,b"),
    "empty Parquet": ("x.parquet", b"", r"is empty"),
    "no Arrow": ("x.arrow", b"a,b\n1,2\n" * 10, r"damaged or no Arrow"),
    "gzip without its name": ("x.csv", gzip.compress(b"a,b\n1,2\n"), r"packed by gzip: let its name end in .gz"),
    "no gzip": ("x.csv.gz", b"a,b\n1,2\n", r"damaged or no .gz file"),
    "cut off gzip": ("x.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:-20], r"damaged or no .gz file"),
    "Excel": ("x.csv", b"PK\x03\x04rest", r"zip archive \(or an Excel sheet\): save it as CSV"),
    "unknown name": ("x.data", b"a,b\n", r"does not tell its format: choose one of csv, tsv"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_a_sentence(tmp_path, name):
    file, content, words = BAD[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ProjectorExportError, match=words) as refused:
        whole(open_records(tmp_path / file, header=True if name.startswith("two") else None))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("keep", [5, 100, -1, -9, -200])
def test_a_parquet_that_is_cut_off_is_told(tmp_path, keep):
    pq.write_table(pa.table({"a": np.random.default_rng(0).normal(size=500)}), tmp_path / "x.parquet")
    cut(tmp_path / "x.parquet", keep)
    with pytest.raises(CorruptFileError, match=r"x.parquet' is damaged"):
        whole(open_records(tmp_path / "x.parquet"))


def test_damage_within_parquet_is_told_when_it_is_met(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": np.random.default_rng(0).normal(size=5000)}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[60:2000] = bytes(1940)
    path.write_bytes(data)
    with pytest.raises(CorruptFileError, match=r"x.parquet' is damaged"):
        whole(open_records(path))


def test_a_column_that_is_not_there_lists_those_that_are(tmp_path):
    WRITERS["csv"](tmp_path / "x.csv")
    with pytest.raises(NotFoundError, match=r"has no column 'body'; it has 'text', 'x'"):
        next(open_records(tmp_path / "x.csv").batches(columns=["body"]))


def test_content_counts_where_it_tells_the_format(tmp_path):
    WRITERS["parquet"](tmp_path / "x.csv")
    assert open_records(tmp_path / "x.csv").describe["format"] == "parquet"


def test_a_new_name_beyond_the_sample_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("projector_export.tabular.json_lines.SAMPLE_ROWS", 2)
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{"a": 2}\n{"a": 3, "b": 4}\n')
    with pytest.raises(InvalidInputError, match=r"line 3 of .* has 'b', which none of the first 2 has"):
        whole(open_records(tmp_path / "x.jsonl"))


def test_a_missing_file_and_no_name_at_all_are_told(tmp_path):
    with pytest.raises(NotFoundError, match=r"no file '.*none.csv'"):
        open_records(tmp_path / "none.csv")
    for name in ("", "a\0b", 7, None):
        with pytest.raises(InvalidInputError, match=r"named by its path or address"):
            open_records(name)
