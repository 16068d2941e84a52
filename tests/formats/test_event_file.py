"""The events file that makes a folder a run, judged by TensorBoard's own loaders."""

import time

import pytest
from tensorboard.backend.event_processing import directory_loader, event_file_loader, io_wrapper
from tensorboard.context import RequestContext
from tensorboard.data import server_ingester
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import grpc_util

from projector_export.errors import InvalidInputError
from projector_export.formats import event_file, record_file

WALL_TIME = 1_763_000_000.25
GOLDEN_WALL_TIME = 1_599_759_586.0
# The whole file that the documentation of TensorBoard's tf_record.rs spells out.
GOLDEN = bytes.fromhex("1800000000000000a37f4b22090000803899d6d7411a0d627261696e2e4576656e743a32124b36ab")
MALFORMED = record_file.encode([b"\x0a\xff not an event"])
ANOTHER_MESSAGE = record_file.encode([b"\x0a\x04text"])


def run_folder(logdir, name, data):
    folder = logdir / name
    folder.mkdir()
    (folder / event_file.file_name(WALL_TIME, "host")).write_bytes(data)


def test_golden_bytes():
    assert event_file.encode_file_version(GOLDEN_WALL_TIME) == GOLDEN


@pytest.mark.heavy
@pytest.mark.parametrize("wall_time", [0.0, 0.25, WALL_TIME, 1e12])
def test_tensorboards_python_loader_reads_the_event(tmp_path, wall_time):
    run_folder(tmp_path, "run", event_file.encode_file_version(wall_time))
    loader = directory_loader.DirectoryLoader(
        str(tmp_path / "run"),
        event_file_loader.TimestampedEventFileLoader,
        path_filter=io_wrapper.IsTensorFlowEventsFile,
    )
    assert [(event.wall_time, event.file_version) for event in loader.Load()] == [(wall_time, "brain.Event:2")]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("laptop.example.org", "events.out.tfevents.1763000000.laptop.example.org"),
        ("a/b\\c:d e\n", "events.out.tfevents.1763000000.a_b_c_d_e_"),
        ("Müllers-PC", "events.out.tfevents.1763000000.M_llers-PC"),
        ("..", "events.out.tfevents.1763000000.localhost"),
        ("", "events.out.tfevents.1763000000.localhost"),
        ("h" * 500, "events.out.tfevents.1763000000." + "h" * 63),
    ],
)
def test_names_are_safe_on_every_file_system(host, name):
    assert event_file.file_name(WALL_TIME, host) == name


def test_the_name_is_that_of_tensorboards_writer(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "laptop.example.org")
    monkeypatch.setattr("time.time", lambda: WALL_TIME)
    writer = EventFileWriter(str(tmp_path))
    writer.close()
    (path,) = tmp_path.iterdir()
    assert path.name.startswith(event_file.file_name(WALL_TIME, "laptop.example.org"))
    assert event_file.has_record(path.read_bytes())


@pytest.mark.parametrize("wall_time", [-1.0, float("nan"), float("inf")])
def test_an_impossible_time_is_refused(wall_time):
    with pytest.raises(InvalidInputError, match="seconds since 1970"):
        event_file.encode_file_version(wall_time)
    with pytest.raises(InvalidInputError, match="seconds since 1970"):
        event_file.file_name(wall_time, "host")


def test_a_record_is_recognised():
    data = event_file.encode_file_version(WALL_TIME)
    assert event_file.has_record(data)
    assert event_file.has_record(data + b"the next record may be cut")
    assert not any(event_file.has_record(data[:length]) for length in range(len(data)))
    assert not event_file.has_record(b"\0" * 100)
    assert not event_file.has_record(MALFORMED)
    assert not event_file.has_record(ANOTHER_MESSAGE)
    for position in range(len(data)):
        assert not event_file.has_record(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])


@pytest.mark.heavy
def test_the_default_data_server_lists_a_run_as_has_record_says(tmp_path):
    try:
        binary = server_ingester.get_server_binary()
    except server_ingester.NoDataServerError as error:
        pytest.skip(f"no data server: {error}")
    good = event_file.encode_file_version(WALL_TIME)
    contents = {
        "good": good,
        "good then cut": good + good[:-1],
        "empty": b"",
        "cut": good[:-1],
        "zeros": b"\0" * 100,
        "bad length": b"\x19" + good[1:],
        "malformed": MALFORMED,
        "another message": ANOTHER_MESSAGE,
    }
    for name, data in contents.items():
        run_folder(tmp_path, name, data)
    ingester = server_ingester.SubprocessServerDataIngester(
        server_binary=binary,
        logdir=str(tmp_path),
        reload_interval=0,
        channel_creds_type=grpc_util.ChannelCredsType.LOCAL,
    )
    ingester.start()
    expected = {name for name, data in contents.items() if event_file.has_record(data)}
    assert expected == {"good", "good then cut"}
    listed = set()
    deadline = time.monotonic() + 20
    while not listed >= expected and time.monotonic() < deadline:
        time.sleep(0.3)
        runs = ingester.data_provider.list_runs(RequestContext(), experiment_id="")
        listed = {run.run_name for run in runs}
    ingester._stdin_handle.close()
    assert listed == expected
