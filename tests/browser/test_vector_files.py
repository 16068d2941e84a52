"""A table of measurements from a CSV file in TensorBoard's Projector, in Chromium."""

import numpy as np
import pandas as pd
import pytest
from projector_page import digest_of, n_colored, n_hues
from tensorboard_server import running_tensorboard

from projector_export.pipeline.vectors import VectorReading, export_vectors

pytestmark = pytest.mark.browser

KINDS = ["setosa\there", "007", "été; “quoted”", 'said "no"']


@pytest.fixture(scope="module")
def measurements(tmp_path_factory):
    generator = np.random.default_rng(5)
    kinds = np.repeat(np.arange(4), 150)
    values = generator.normal(size=(4, 20))[kinds] * 2 + generator.normal(size=(600, 20))
    frame = pd.DataFrame(values, columns=[f"dim_{number}" for number in range(20)])
    frame.insert(0, "name", [f"plant, {row}" for row in range(600)])
    frame["kind"] = [KINDS[kind] for kind in kinds]
    frame["height"] = np.round(values[:, 0], 3)
    frame.loc[3, "height"] = np.nan
    path = tmp_path_factory.mktemp("csv") / "plants.csv"
    frame.to_csv(path)
    return frame, path


def test_measurements_on_screen(measurements, projector, tmp_path):
    frame, path = measurements
    export_vectors(path, tmp_path / "logdir", reading=VectorReading(label="name"))
    with running_tensorboard(tmp_path / "logdir", tmp_path / "tensorboard.txt") as server:
        projector.open_tensorboard(server, (600, 20))
        assert projector.tensor_name() == "plants"
        assert projector.vector_digest() == digest_of(frame.iloc[:, 1:21].to_numpy(dtype=np.float32))
        names, rows = projector.metadata()
        assert names == ["name", "column_1", "kind", "height"]
        assert [row[0] for row in rows] == frame["name"].tolist()
        assert len({row[2] for row in rows}) == 4
        heights = [row[3] for row in rows]
        assert heights[4] == frame["height"][4]
        assert heights[3] is None
        colors = projector.color_options()
        assert colors["kind"].startswith("4 ")
        assert colors["height"] == "gradient"
        plain = projector.pixels()
        assert n_colored(plain) > 500
        projector.color_by("kind")
        projector.page.screenshot(path=tmp_path / "kinds.png")
        assert n_hues(projector.pixels()) > n_hues(plain)
        projector.assert_quiet()
