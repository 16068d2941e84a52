"""Classes of Hugging Face datasets by their names."""

import json

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from projector_export.tabular import open_records
from projector_export.tabular.records import Wanted

NAMES = ["World", "Sports", "Biz", "Sci"]
FEATURES = {
    "text": {"dtype": "string", "_type": "Value"},
    "y": {"names": NAMES, "_type": "ClassLabel"},
    "nested": {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "List"},
    "elsewhere": {"names": NAMES, "_type": "ClassLabel"},
}
SCHEMA = {"huggingface": json.dumps({"info": {"features": FEATURES}})}


def table(metadata=None):
    """Rows of classes: named ones, one without a name, none at all, one that is missing."""
    values = {"text": list("abcde"), "y": pa.array([1, 3, 4, -1, None], pa.int64()), "nested": [[0], [1], [], [2], [3]]}
    return pa.table(values).replace_schema_metadata(metadata)


def stream(path, metadata=None):
    found = table(metadata)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, found.schema) as writer:
        writer.write_table(found, max_chunksize=2)


WRITERS = {
    "d.parquet": lambda path: pq.write_table(table(SCHEMA), path),
    "d.feather": lambda path: pyarrow.feather.write_feather(table(SCHEMA), str(path)),
    "d.arrow": lambda path: stream(path, SCHEMA),
}


def values_of(records):
    (batch,) = records.batches()
    return batch


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_tells_the_names_of_its_classes(tmp_path, name):
    WRITERS[name](tmp_path / name)
    records = open_records(tmp_path / name)
    assert values_of(records)["y"] == ["Sports", "Sci", 4, -1, None]
    assert values_of(records)["nested"] == values_of(open_records(tmp_path / name))["nested"] != [["World"]]
    assert records.describe["named_classes"] == {"y": 4}
    (raw,) = (chunk for chunk in records.file.chunks(Wanted(4, ("y",), raw=frozenset({"y"}))))
    assert raw == {"y": [None]}


@pytest.mark.parametrize("is_told_by_files", [False, True])
@pytest.mark.parametrize("is_split", [False, True])
def test_a_saved_dataset_tells_the_names_of_its_classes(tmp_path, is_told_by_files, is_split):
    folder = tmp_path / "ds" / "train" if is_split else tmp_path / "ds"
    folder.mkdir(parents=True)
    stream(folder / "data-00000-of-00001.arrow", SCHEMA if is_told_by_files else None)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    if is_split:
        (tmp_path / "ds" / "dataset_dict.json").write_text(json.dumps({"splits": ["train"]}))
    if not is_told_by_files:
        (folder / "dataset_info.json").write_text(json.dumps({"features": FEATURES}))
    records = open_records(tmp_path / "ds")
    assert values_of(records)["y"] == ["Sports", "Sci", 4, -1, None]
    assert records.describe["named_classes"] == {"y": 4}


@pytest.mark.parametrize(
    "told",
    [
        b"no JSON",
        b"[1]",
        b'{"info": null}',
        b'{"info": {"features": []}}',
        b'{"info": {"features": {"y": {"names": [1], "_type": "ClassLabel"}}}}',
        b'{"info": {"features": {"y": {"names": null, "num_classes": 4, "_type": "ClassLabel"}}}}',
    ],
)
def test_other_metadata_leaves_the_numbers(tmp_path, told):
    pq.write_table(table({"huggingface": told}), tmp_path / "d.parquet")
    records = open_records(tmp_path / "d.parquet")
    assert values_of(records)["y"] == [1, 3, 4, -1, None]
    assert "named_classes" not in records.describe
