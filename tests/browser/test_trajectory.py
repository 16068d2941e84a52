"""A training's runs in TensorBoard: each epoch is there, and the trajectory's points are joined by lines, row by row."""

import json

import numpy as np
import pytest
from tensorboard_server import running_tensorboard

from projector_export.training.recorder import Layer, Recorder

pytestmark = pytest.mark.browser

N_EPOCHS, N_ROWS, N_DIMS, N_FOLLOWED = 8, 300, 16, 12
SHAPE = (N_FOLLOWED * N_EPOCHS, N_DIMS)
RUNS = [*(f"epoch-{number:03}" for number in range(N_EPOCHS)), "trajectory"]

LINES = """
const plot = projector.projectorScatterPlotAdapter.scatterPlot;
const lines = plot.visualizers.find((visualizer) => visualizer.polylines);
return lines.polylines.map((line) => [...line.geometry.getAttribute('position').array]);
"""

SHOW_LINES = """
const plot = projector.projectorScatterPlotAdapter.scatterPlot;
plot.visualizers.find((visualizer) => visualizer.polylines).polylines.forEach((line) => { line.visible = argument; });
plot.render();
"""


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """Rows that start in one cloud and go to two poles, as those of a classifier do."""
    folder = tmp_path_factory.mktemp("training")
    generator = np.random.default_rng(0)
    start = generator.normal(size=(N_ROWS, N_DIMS)) * 0.2
    pole = np.where(np.arange(N_ROWS)[:, None] % 2, 1.0, -1.0) * generator.normal(size=N_DIMS)
    recorder = Recorder(folder, trajectory=N_FOLLOWED)
    recorder.begin(0)
    for number in range(N_EPOCHS):
        share = 1 - 0.6**number
        moved = start * (1 - share) + pole * share + generator.normal(size=start.shape) * 0.05
        recorder.record(number, {"words": Layer(moved.astype(np.float32))})
    recorder.finish()
    return folder


@pytest.fixture(scope="module")
def server(training, tmp_path_factory):
    with running_tensorboard(training, tmp_path_factory.mktemp("log") / "tensorboard.txt") as running:
        yield running


def test_every_epoch_is_a_run(server):
    assert sorted(json.loads(server.get("runs"))) == RUNS
    for run in RUNS[:-1]:
        (info,) = json.loads(server.get("info", run=run))["embeddings"]
        assert (info["tensorName"], info["tensorShape"]) == ("words", [N_ROWS, N_DIMS])


def test_points_are_joined_by_lines(training, projector, tmp_path):
    with running_tensorboard(training / "trajectory", tmp_path / "log.txt") as server:
        projector.open_tensorboard(server, SHAPE)
        (view,) = projector.views(1)
        assert view.startswith("pca 3d")
        projector.open_view(0)
        points, window = projector.drawn()
        lines = [np.reshape(line, (-1, 3)) for line in projector.run(LINES)]
        assert len(lines) == N_FOLLOWED
        ways = points.reshape(N_FOLLOWED, N_EPOCHS, 3)
        for line, way in zip(sorted(lines, key=list_of), sorted(ways, key=list_of), strict=True):
            steps = np.repeat(way, 2, axis=0)[1:-1]
            assert np.allclose(line, steps, atol=1e-6), "every epoch's point, each joined to the next, and no other"
        assert np.abs(window).max() < 1
        with_lines = projector.pixels()
        projector.page.screenshot(path=tmp_path / "trajectory.png")
        projector.run(SHOW_LINES, False)
        assert (np.abs(projector.pixels().astype(int) - with_lines).max(axis=2) > 8).sum() > 500
        projector.assert_quiet()


def list_of(way):
    return way[0].tolist()
