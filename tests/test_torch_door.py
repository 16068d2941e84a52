"""``projector_export.torch``: torch's and tensorboardX's ``add_embedding``, without what is wrong with it."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tensorboard_server import running_tensorboard

import projector_export
from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_cell, metadata_tsv, projector_config

pytestmark = pytest.mark.heavy

N_ROWS = 40
WORDS = ["tab\tin it", "line\nbreak", "", "007", "   ", "naïve", "日本", '"quoted"', *map(str, range(100, 132))]


@pytest.fixture(scope="module")
def door():
    import projector_export.torch as door

    return door


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.fixture(params=["own", "torch", "tensorboardX"])
def writer(request, door, tmp_path):
    """Each kind of writer, in ``tmp_path / "run"``, with the new ``add_embedding``."""
    place = str(tmp_path / "run")
    if request.param == "own":
        made = door.SummaryWriter(place)
    elif request.param == "torch":
        from torch.utils.tensorboard import SummaryWriter

        made = door.patch(SummaryWriter(place))
    else:
        from tensorboardX import SummaryWriter

        made = door.patch(SummaryWriter(place))
    with made:
        yield made


def config_of(folder):
    return projector_config.decode((folder / "projector_config.pbtxt").read_text())


def with_one_nan():
    array = np.zeros((N_ROWS, 6), dtype=np.float32)
    array[7, 3] = np.nan
    return array


def names_of(folder):
    return [info.tensor_name for info in config_of(folder).embeddings]


def metadata_of(folder, name):
    (info,) = (info for info in config_of(folder).embeddings if info.tensor_name == name)
    return metadata_tsv.decode((folder / info.metadata_path).read_bytes())


def rows(torch, seed=0):
    return torch.randn(N_ROWS, 6, generator=torch.Generator().manual_seed(seed))


def test_tensors_are_named_after_tag_and_step(writer, torch, tmp_path):
    writer.add_embedding(rows(torch))
    writer.add_embedding(rows(torch), global_step=12, tag="layers/first")
    writer.add_embedding(rows(torch).numpy(), None, None, 123456, "other")
    assert names_of(tmp_path / "run") == ["default:00000", "layers/first:00012", "other:123456"]
    for info in config_of(tmp_path / "run").embeddings:
        assert not info.tensor_path.startswith(("/", ".."))


def test_a_tag_is_shown_as_torch_shows_it_and_leads_nowhere(writer, torch, tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    tags = ["../../x", "/etc/x", "..", "a/../../b", "c:\\x", "~/x", "CON"]
    with SummaryWriter(tmp_path / "torch") as other:
        for tag in tags:
            writer.add_embedding(rows(torch), tag=tag)
            other.add_embedding(rows(torch), tag=tag)
    run = tmp_path / "run"
    assert names_of(run) == names_of(tmp_path / "torch") == [f"{tag}:00000" for tag in tags]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "torch"]
    folders = {path for path in run.iterdir() if path.is_dir()}
    assert len(folders) == len(tags)
    for info in config_of(run).embeddings:
        place = (run / info.tensor_path).resolve()
        assert place.is_file()
        assert place.parent in folders
        assert ".." not in info.tensor_path.split("/")


def test_the_same_tag_and_step_is_replaced_and_all_others_stay(writer, torch, tmp_path):
    for seed, step in enumerate([1, 2, 1]):
        writer.add_embedding(rows(torch, seed), global_step=step)
    assert sorted(names_of(tmp_path / "run")) == ["default:00001", "default:00002"]
    for name, seed in (("default:00001", 2), ("default:00002", 1)):
        from projector_export.sources import own_export

        table = own_export.read(tmp_path / "run", name)
        np.testing.assert_array_equal(table.vectors.read(0, N_ROWS), rows(torch, seed).numpy())
    folders = [path for path in (tmp_path / "run").iterdir() if path.is_dir()]
    assert len(folders) == 2


def test_labels_arrive_as_they_are(writer, torch, tmp_path):
    writer.add_embedding(rows(torch), metadata=WORDS)
    found = metadata_of(tmp_path / "run", "default:00000")
    assert not found.has_header
    assert [metadata_cell.decode(row[0], counted=True) for row in found.rows] == WORDS


@pytest.mark.parametrize(
    ("metadata", "shown"),
    [
        (range(N_ROWS), list(range(N_ROWS))),
        ([[1, "a"]] * N_ROWS, ["[1, 'a']"] * N_ROWS),
        ([True] * N_ROWS, ["True"] * N_ROWS),
        ([None, 1.5] * (N_ROWS // 2), [None, 1.5] * (N_ROWS // 2)),
    ],
    ids=["numbers", "lists", "truths", "missing numbers"],
)
def test_labels_of_other_types(metadata, shown, door, torch, tmp_path):
    columns = {"second": [f"row {row}" for row in range(N_ROWS)]}
    with door.SummaryWriter(tmp_path / "run") as writer:
        if shown[0] is None:
            metadata = [[value, text] for value, text in zip(metadata, columns["second"], strict=True)]
            writer.add_embedding(rows(torch), metadata, metadata_header=["first", "second"])
        else:
            writer.add_embedding(rows(torch), metadata)
    assert [row[0] for row in metadata_of(tmp_path / "run", "default:00000").rows] == shown


def test_tensors_as_labels_are_numbers(door, torch, tmp_path):
    with door.SummaryWriter(tmp_path / "run") as writer:
        writer.add_embedding(rows(torch), torch.arange(N_ROWS), tag="whole")
        writer.add_embedding(rows(torch), list(torch.arange(N_ROWS)), tag="one by one")
    for name in ("whole:00000", "one by one:00000"):
        assert [row[0] for row in metadata_of(tmp_path / "run", name).rows] == list(range(N_ROWS))


def test_a_header_of_any_length(writer, torch, tmp_path):
    pairs = [[word, number] for number, word in enumerate(WORDS)]
    writer.add_embedding(rows(torch), pairs, tag="two", metadata_header=["word", "number"])
    writer.add_embedding(rows(torch), [[word] for word in WORDS], tag="one", metadata_header=["word"])
    writer.add_embedding(rows(torch), WORDS, tag="bare", metadata_header=["word"])
    writer.add_embedding(rows(torch), np.array(pairs, dtype=object), tag="array", metadata_header=["word", "number"])
    for tag in ("two", "array"):
        found = metadata_of(tmp_path / "run", f"{tag}:00000")
        assert found.names == ("word", "number")
        assert [row[1] for row in found.rows] == list(range(N_ROWS))
    for tag in ("one", "bare"):
        found = metadata_of(tmp_path / "run", f"{tag}:00000")
        assert [metadata_cell.decode(row[0], counted=True) for row in found.rows] == WORDS


def pictures(torch, channels=3, n_rows=N_ROWS):
    return torch.rand(n_rows, channels, 4, 6, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_become_a_sprite(channels, writer, torch, tmp_path):
    from PIL import Image

    given = pictures(torch, channels)
    writer.add_embedding(rows(torch), label_img=given, tag="numbers")
    writer.add_embedding(rows(torch), label_img=(given * 255).clip(0, 255).to(torch.uint8), tag="bytes")
    for info in config_of(tmp_path / "run").embeddings:
        assert info.sprite_size == (6, 4)
        image = np.asarray(Image.open(tmp_path / "run" / info.sprite_path).convert("RGBA"))
        second = image[:4, 6:12, : max(channels, 3)]
        expected = np.uint8((given[1] * 255).numpy().clip(0, 255)).transpose(1, 2, 0)
        np.testing.assert_array_equal(second, np.broadcast_to(expected, second.shape))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (lambda torch: {"metadata": ["a"]}, ("has 1 value,", "40 rows")),
        (lambda torch: {"label_img": pictures(torch, n_rows=7)}, ("7 pictures", "40 rows")),
        (lambda torch: {"label_img": torch.rand(N_ROWS, 4, 4)}, ("(40, 4, 4)", "channels")),
        (lambda torch: {"label_img": torch.rand(N_ROWS, 2, 4, 4)}, ("(40, 2, 4, 4)", "1, 3 or 4")),
        (
            lambda torch: {"metadata": [["a"]] * N_ROWS, "metadata_header": ["x", "y"]},
            ("names 2 columns", "row 0 of metadata has 1"),
        ),
        (lambda torch: {"metadata": [["a", "b"]] * 7, "metadata_header": ["x", "y"]}, ("has 7 values", "40 rows")),
        (lambda torch: {"metadata": [["a", "b"]] * N_ROWS, "metadata_header": ["x", "x"]}, ("a column twice",)),
        (lambda torch: {"metadata_header": ["x"]}, ("there is no metadata",)),
        (lambda torch: {"tag": "a&b"}, ("cannot ask for", "'a-b:00000'")),
        (lambda torch: {"mat": torch.zeros(N_ROWS)}, ("(40,)", "reshape")),
        (
            lambda torch: {"mat": torch.full((N_ROWS, 6), torch.nan)},
            (
                "40 of 40 rows of mat hold NaN",
                "keep = torch.isfinite(mat.float()).all(1)",
                "mat[keep]",
                "metadata and label_img",
            ),
        ),
        (lambda torch: {"mat": with_one_nan()}, ("row 7 of mat holds NaN", "keep = numpy.isfinite(mat).all(1)")),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence_and_nothing_is_written(arguments, words, writer, torch, tmp_path):
    with pytest.raises(InvalidInputError) as refused:
        writer.add_embedding(**{"mat": rows(torch), **arguments(torch)})
    for word in words:
        assert word in str(refused.value)
    assert "drop" not in str(refused.value)
    assert not (tmp_path / "run" / "projector_config.pbtxt").exists()


def test_entries_of_torch_and_tensorboardx_stay(door, torch, tmp_path):
    from tensorboardX import SummaryWriter as OtherWriter
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as first, OtherWriter(str(tmp_path)) as second:
        first.add_embedding(rows(torch), tag="torch")
        second.add_embedding(rows(torch), tag="other")
        door.add_embedding(first, rows(torch), tag="ours")
        door.add_embedding(second, rows(torch), tag="torch")
    assert names_of(tmp_path) == ["other:00000", "ours:00000", "torch:00000"]
    assert (tmp_path / "00000" / "torch" / "tensors.tsv").exists()


def test_two_writers_in_one_folder_do_not_lose_anything(door, torch, tmp_path):
    with door.SummaryWriter(tmp_path) as first, door.SummaryWriter(tmp_path) as second:

        def write(number):
            (first, second)[number % 2].add_embedding(rows(torch), global_step=number)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(12)))
    assert sorted(names_of(tmp_path)) == [f"default:{step:05}" for step in range(12)]


def test_patching_one_writer_leaves_others(door, tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path / "a") as first, SummaryWriter(tmp_path / "b") as second:
        assert door.patch(first) is first
        assert first.add_embedding.__func__ is door.add_embedding
        assert second.add_embedding.__func__ is SummaryWriter.add_embedding
    with pytest.raises(InvalidInputError, match="a dict is no SummaryWriter"):
        door.patch({})


def test_a_remote_folder_is_refused(door):
    class Remote:
        log_dir = "s3://bucket/run"

    with pytest.raises(InvalidInputError, match="not to 's3://bucket/run': write to a local folder"):
        door.add_embedding(Remote(), np.eye(3))


def test_a_writer_that_writes_nothing_writes_nothing(door, tmp_path):
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(tmp_path / "run"), write_to_disk=False) as writer:
        assert door.patch(writer).add_embedding(np.eye(3)) == ()
    assert not (tmp_path / "run").exists()


def test_the_tensor_may_train_on(door, torch, tmp_path):
    layer = torch.nn.Embedding(N_ROWS, 6)
    before = layer.weight.detach().clone()
    with door.SummaryWriter(tmp_path) as writer:
        (written,) = writer.add_embedding(layer.weight, global_step=1)
        assert layer.weight.requires_grad
        np.testing.assert_array_equal(layer.weight.detach(), before)
        layer.weight.data.zero_()
    assert written.shape == (N_ROWS, 6)
    kept = projector_export.read(tmp_path).vectors.read(0, N_ROWS)
    np.testing.assert_array_equal(kept, before.numpy())


@pytest.mark.parametrize("tensorflow", [False, True])
def test_tensorboard_serves_what_was_added(tensorflow, door, torch, tmp_path):
    with door.SummaryWriter(tmp_path / "logs" / "a") as first, door.SummaryWriter(tmp_path / "logs" / "a") as second:
        first.add_embedding(rows(torch, 1), WORDS, pictures(torch), global_step=1)
        second.add_embedding(rows(torch, 2), WORDS, global_step=2, tag="deep/er")
        with running_tensorboard(tmp_path / "logs", tmp_path / "log.txt", tensorflow=tensorflow) as server:
            server.wait_until_active()
            assert json.loads(server.get("runs")) == ["a"]
            infos = json.loads(server.get("info", run="a"))["embeddings"]
            assert [info["tensorName"] for info in infos] == ["default:00001", "deep/er:00002"]
            for seed, info in enumerate(infos, 1):
                raw = server.get("tensor", run="a", name=info["tensorName"], num_rows=100000)
                assert raw == rows(torch, seed).numpy().tobytes()
                lines = metadata_tsv.decode(server.get("metadata", run="a", name=info["tensorName"])).rows
                assert [metadata_cell.decode(row[0], counted=True) for row in lines] == WORDS
            assert server.get("sprite_image", run="a", name="default:00001").startswith(b"\x89PNG")


def test_without_torch_the_sentence_names_the_extra():
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        "            raise ModuleNotFoundError('No module named torch', name='torch')\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from projector_export.errors import MissingExtraError\n"
        "try:\n    import projector_export.torch\n"
        "except MissingExtraError as error:\n    print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout.strip().endswith("needs the package 'torch': pip install 'projector-export[torch]'"), result
