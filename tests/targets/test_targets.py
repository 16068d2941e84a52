import hashlib
import json

import numpy as np
import pytest

from projector_export.errors import CorruptFileError, InvalidInputError, WriteError
from projector_export.formats import metadata_tsv, projector_config, standalone_config, tensor_bundle, tensor_tsv
from projector_export.formats.checksum import crc32c
from projector_export.formats.event_file import has_record
from projector_export.table import Column, EmbeddingTable
from projector_export.targets import standalone, tensorboard
from projector_export.targets.folders import slug
from projector_export.transforms.for_viewer import ViewerLimits, for_viewer

RNG = np.random.default_rng(11)
VALUES = RNG.normal(size=(200, 8)).astype(np.float32)
TARGETS = {"tensorboard": tensorboard, "standalone": standalone}
DOCUMENTS = {"tensorboard": projector_config.FILE_NAME, "standalone": standalone_config.FILE_NAME}


def table_of(values=VALUES, name="words"):
    columns = [Column("label", [f"w{i}" for i in range(len(values))]), Column("id", np.arange(len(values)))]
    return EmbeddingTable.from_array(values, name=name, columns=columns)


def pair(values=VALUES, name="words", limits=None):
    table = table_of(values, name)
    return table, for_viewer(table, limits)


def visible(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


@pytest.fixture(params=sorted(TARGETS))
def target(request):
    return request.param


def write(target, tables, folder, **options):
    return TARGETS[target].write(tables, folder, **options)


def entries_of(target, folder):
    text = (folder / DOCUMENTS[target]).read_text(encoding="utf-8")
    return projector_config.decode(text).embeddings if target == "tensorboard" else standalone_config.decode(text)


def test_every_row_is_written_and_the_input_left_alone(target, tmp_path):
    table, viewer = pair()
    (written,) = write(target, [(table, viewer)], tmp_path / "x")
    (entry,) = entries_of(target, tmp_path / "x")
    assert np.array_equal(np.fromfile(tmp_path / "x" / entry.tensor_path, "<f4").reshape(entry.tensor_shape), VALUES)
    seen = metadata_tsv.decode((tmp_path / "x" / entry.metadata_path).read_bytes())
    assert list(seen.rows) == [(f"w{i}", i) for i in range(200)]
    assert written.shape == written.viewer_shape == (200, 8)
    assert np.array_equal(table.vectors.read(0, 200), VALUES)


def test_the_manifest_tells_true_digests(target, tmp_path):
    (written,) = write(target, [pair()], tmp_path)
    manifest = json.loads((written.folder / "manifest.json").read_text())
    assert manifest["tool"] == "projector_export"
    assert manifest["shape"] == [200, 8]
    assert manifest["provenance"]["steps"][0]["name"] == "from_array"
    assert set(manifest["files"]) == {path.name for path in written.folder.iterdir()} - {"manifest.json"}
    for name, record in manifest["files"].items():
        data = (written.folder / name).read_bytes()
        raw = name.endswith((".data-00000-of-00001", ".bytes"))
        digest = {"crc32c": f"{crc32c(data):08x}"} if raw else {"sha256": hashlib.sha256(data).hexdigest()}
        assert record == {"bytes": len(data), **digest}


def test_other_tensors_stay_and_the_same_name_is_replaced(target, tmp_path):
    write(target, [pair(name="a")], tmp_path)
    write(target, [pair(name="b")], tmp_path)
    (written,) = write(target, [pair(VALUES * 2, name="a")], tmp_path)
    entries = entries_of(target, tmp_path)
    assert sorted(entry.tensor_name for entry in entries) == ["a", "b"]
    assert written.replaced
    new = next(entry for entry in entries if entry.tensor_name == "a")
    assert np.array_equal(np.fromfile(tmp_path / new.tensor_path, "<f4").reshape(200, 8), VALUES * 2)
    folders = {entry.tensor_path.split("/")[0] for entry in entries}
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == folders, "the replaced folder is gone"


def test_several_tables_are_written_together(target, tmp_path):
    write(target, [pair(name="in"), pair(VALUES * 2, name="out")], tmp_path)
    assert [entry.tensor_name for entry in entries_of(target, tmp_path)] == ["in", "out"]
    with pytest.raises(InvalidInputError, match="cannot share a name"):
        write(target, [pair(name="x"), pair(name="x")], tmp_path)


@pytest.mark.parametrize("name", ["a&b", "c#", "a+b", "50%", "x:0", "", " x", "a\nb", "n\ud800"])
def test_names_that_break_the_viewers_requests_are_refused(target, name, tmp_path):
    with pytest.raises(InvalidInputError, match="cannot ask for a tensor named"):
        write(target, [pair(name=name)], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_rows_with_nan_leave_nothing_behind(target, tmp_path):
    values = VALUES.copy()
    values[150, 3] = np.nan
    with pytest.raises(InvalidInputError, match="row 150"):
        write(target, [pair(values)], tmp_path / "deep" / "er")
    assert not (tmp_path / "deep").exists()
    write(target, [pair(name="old")], tmp_path)
    before = visible(tmp_path)
    with pytest.raises(InvalidInputError, match="row 150"):
        write(target, [pair(values)], tmp_path)
    assert visible(tmp_path) == before


def test_a_document_that_the_viewer_cannot_read_is_not_overwritten(target, tmp_path):
    (tmp_path / DOCUMENTS[target]).write_text("{ nonsense")
    with pytest.raises(CorruptFileError, match=DOCUMENTS[target]):
        write(target, [pair()], tmp_path)
    assert (tmp_path / DOCUMENTS[target]).read_text() == "{ nonsense"
    assert visible(tmp_path) == [DOCUMENTS[target]]


def test_a_document_that_is_not_utf8_is_not_overwritten(target, tmp_path):
    text = {
        "tensorboard": b'embeddings { tensor_name: "caf\xe9" }',
        "standalone": b'{"embeddings": [], "x": "caf\xe9"}',
    }[target]
    (tmp_path / DOCUMENTS[target]).write_bytes(text)
    with pytest.raises(CorruptFileError, match="is not UTF-8"):
        write(target, [pair()], tmp_path)
    assert (tmp_path / DOCUMENTS[target]).read_bytes() == text


def test_a_home_folder_is_found(target, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(target, [pair()], "~/here")
    assert (tmp_path / "here" / DOCUMENTS[target]).exists()


def test_a_folder_that_another_entry_names_is_not_taken(tmp_path):
    (tmp_path / projector_config.FILE_NAME).write_text(
        'embeddings { tensor_name: "x" metadata_path: "words/metadata.tsv" }'
    )
    (written,) = tensorboard.write([pair()], tmp_path)
    assert written.folder.name == "words-2"


def test_no_table_is_refused(target, tmp_path):
    with pytest.raises(InvalidInputError, match="no table"):
        write(target, [], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_rows_that_tensorboard_will_not_show_are_told(tmp_path):
    table = EmbeddingTable.from_array(np.ones((100_001, 3), np.float32), name="many")
    (written,) = tensorboard.write([(table, table)], tmp_path)
    assert written.notes == ("TensorBoard shows the first 100,000 of these 100,001 rows",)


def test_a_foreign_manifest_is_no_reason_to_fail(target, tmp_path):
    (written,) = write(target, [pair()], tmp_path)
    (written.folder / "manifest.json").write_text('{"tool": "projector_export", "files": [{"x": 1}]}')
    write(target, [pair()], tmp_path)


def test_a_file_in_the_way_is_told(target, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(WriteError, match="cannot write to"):
        write(target, [pair()], tmp_path / "file")
    with pytest.raises(WriteError, match="cannot write to"):
        write(target, [pair()], tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "x"


def test_a_folder_of_that_name_that_is_not_ours_is_left_alone(target, tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "mine.txt").write_text("x")
    write(target, [pair()], tmp_path)
    write(target, [pair()], tmp_path)
    assert (tmp_path / "words" / "mine.txt").read_text() == "x"


def test_too_little_room_is_told_before_anything_is_written(target, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(WriteError, match="free and the export needs"):
        write(target, [pair()], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_the_checkpoint_is_the_viewers_file(tmp_path):
    (written,) = tensorboard.write([pair()], tmp_path)
    (entry,) = entries_of("tensorboard", tmp_path)
    assert entry.tensor_path == "words/vectors.ckpt.data-00000-of-00001"
    assert sum(path.stat().st_size == VALUES.nbytes for path in tmp_path.rglob("*")) == 1, "one copy on disk"
    (tensor,) = tensor_bundle.decode_index((written.folder / "vectors.ckpt.index").read_bytes())
    assert (tensor.name, tensor.shape, tensor.size) == ("words", (200, 8), VALUES.nbytes)


def test_other_peoples_entries_are_kept(tmp_path):
    from tensorboard.plugins import projector

    config = projector.ProjectorConfig(model_checkpoint_path="train/ckpt-3")
    theirs = config.embeddings.add(tensor_name="layer/.ATTRIBUTES/VARIABLE_VALUE", metadata_path="labels.tsv")
    theirs.sprite.image_path = "s.png"
    theirs.sprite.single_image_dim.extend([8, 8])
    projector.visualize_embeddings(str(tmp_path), config)
    tensorboard.write([pair()], tmp_path)
    found = projector_config.decode((tmp_path / projector_config.FILE_NAME).read_text())
    assert found.model_checkpoint_path == "train/ckpt-3"
    assert found.embeddings[0].tensor_name == "layer/.ATTRIBUTES/VARIABLE_VALUE"
    assert found.embeddings[0].sprite_size == (8, 8)
    assert found.embeddings[1].tensor_name == "words"


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((30, 4), np.float32),
        np.full((30, 4), 2.0, np.float32),
        np.frombuffer(b"abcd" * 120, "<f4").reshape(30, 4),
    ],
)
def test_numbers_that_look_like_text_are_moved_in_the_viewers_copy_only(values, tmp_path):
    (written,) = tensorboard.write([pair(values)], tmp_path)
    (entry,) = entries_of("tensorboard", tmp_path)
    raw = (tmp_path / entry.tensor_path).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.partition(b"\n")[0].decode()
    shown = np.frombuffer(raw, "<f4").reshape(30, 4)
    assert (shown != values).sum() <= 1
    assert np.allclose(shown, values, rtol=2e-5)
    assert (written.folder / "vectors.ckpt.data-00000-of-00001").read_bytes() == values.tobytes()
    moved = json.loads((written.folder / "manifest.json").read_text())["viewer"]["moved_value"]
    assert shown[moved["row"], moved["dimension"]] == np.float32(moved["written"])
    assert values[moved["row"], moved["dimension"]] == np.float32(moved["original"])


def test_more_than_the_viewer_takes_stays_whole_in_the_checkpoint(tmp_path):
    (written,) = tensorboard.write([pair(limits=ViewerLimits(50, 50 * 4 * 5))], tmp_path)
    (entry,) = entries_of("tensorboard", tmp_path)
    assert entry.tensor_shape == written.viewer_shape == (50, 5)
    assert (tmp_path / entry.tensor_path).stat().st_size == 50 * 5 * 4
    assert len(metadata_tsv.decode((tmp_path / entry.metadata_path).read_bytes()).rows) == 50
    assert len(metadata_tsv.decode((written.folder / "metadata.tsv").read_bytes()).rows) == 200
    assert (written.folder / "vectors.ckpt.data-00000-of-00001").read_bytes() == VALUES.tobytes()
    assert any("50 of 200 rows" in note for note in written.notes)
    assert "the checkpoint keeps all 200 rows of 8 dimensions" in written.notes


def test_a_run_gets_an_event_file_and_keeps_one_that_is_there(tmp_path):
    tensorboard.write([pair()], tmp_path, run="epochs/01")
    (event,) = (tmp_path / "epochs" / "01").glob("events.out.tfevents.*")
    assert has_record(event.read_bytes())
    tensorboard.write([pair(name="again")], tmp_path, run="epochs/01")
    assert [path.name for path in (tmp_path / "epochs" / "01").glob("*tfevents*")] == [event.name]
    empty = tmp_path / "other" / "events.out.tfevents.1.host"
    empty.parent.mkdir()
    empty.touch()
    tensorboard.write([pair()], tmp_path, run="other")
    assert any(has_record(path.read_bytes()) for path in empty.parent.glob("*tfevents*")), "an empty one is not enough"


@pytest.mark.parametrize(
    "run", ["..", "a/../b", "/a", "a//b", "", "a\\b", "c:", "a#b", "a&b", "./a", "a/", "a\nb", "CON", "a /b", "b."]
)
def test_runs_stay_below_the_logdir(run, tmp_path):
    with pytest.raises(InvalidInputError, match="cannot be a run"):
        tensorboard.write([pair()], tmp_path / "x", run=run)
    assert not (tmp_path / "x").exists()


def test_the_upload_files_equal_the_binary_ones(tmp_path):
    (written,) = standalone.write([pair()], tmp_path)
    assert np.array_equal(tensor_tsv.decode((written.folder / "vectors.tsv").read_bytes()), VALUES)


def test_a_base_url_makes_paths_that_any_page_can_follow(tmp_path):
    standalone.write([pair()], tmp_path, base_url="https://example.org/e/")
    (entry,) = entries_of("standalone", tmp_path)
    assert entry.tensor_path == "https://example.org/e/words/vectors.bytes"
    assert entry.metadata_path == "https://example.org/e/words/metadata.tsv"
    with pytest.raises(InvalidInputError, match="ends in a slash"):
        standalone.write([pair()], tmp_path, base_url="https://example.org/e")
    with pytest.raises(InvalidInputError, match="begins with https"):
        standalone.write([pair()], tmp_path, base_url="example.org/")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a/b c", "a-b-c"),
        ("..", "embeddings"),
        ("é", "embeddings"),
        ("CON", "CON-"),
        ("aux.txt", "aux.txt-"),
        ("x" * 99, "x" * 64),
        (".partial", "partial"),
    ],
)
def test_folder_names_suit_every_file_system(name, folder):
    assert slug(name) == folder


def test_tables_without_columns_have_no_metadata_file(target, tmp_path):
    table = EmbeddingTable.from_array(VALUES, name="bare")
    write(target, [(table, table)], tmp_path)
    assert entries_of(target, tmp_path)[0].metadata_path == ""
