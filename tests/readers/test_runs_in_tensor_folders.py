"""A run may be named after a tensor, so that it lies in that tensor's folder: writing the tensor again must not take it away."""

import json

from exports import table_of
from tensorboard_server import running_tensorboard

from projector_export import write
from projector_export.options import Destination


def test_writing_a_tensor_again_leaves_what_else_lies_in_its_folder(tmp_path):
    logdir = tmp_path / "logs"
    (first,) = write(table_of("epochs", ["a", "b"]), logdir)
    write(table_of("weights", ["c", "d"]), Destination(logdir=logdir, run="epochs/01"))
    (first.folder / "notes.txt").write_text("mine")
    (second,) = write(table_of("epochs", ["e", "f"]), logdir)
    assert second.replaced
    assert (first.folder / "notes.txt").read_text() == "mine"
    with running_tensorboard(logdir, tmp_path / "log.txt") as server:
        assert sorted(json.loads(server.get("runs"))) == [".", "epochs/01"]
        assert server.get("metadata", run=".", name="epochs", num_rows=9).startswith(b"token\tid\tkind\ne\t0")
        assert server.get("metadata", run="epochs/01", name="weights", num_rows=9).startswith(b"token\tid\tkind\nc\t0")


def test_writing_a_tensor_again_leaves_nothing_of_the_old_one(tmp_path):
    (first,) = write(table_of("epochs", ["a", "b"]), tmp_path)
    write(table_of("epochs", ["e", "f"]), tmp_path)
    assert not first.folder.exists()
