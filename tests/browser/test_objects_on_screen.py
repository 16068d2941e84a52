"""Handwritten digits by ``projector_export.torch``, each shown as its own picture, in Chromium."""

import colorsys

import numpy as np
import pytest
from PIL import Image
from projector_page import n_hues
from tensorboard_server import running_tensorboard

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

N_CLASSES = 10
LARGEST_PICTURE = 100
"""Pixels on screen of the nearest thumbnails."""


def tinted(images, classes):
    """Return pictures ``(n, 3, height, width)`` from 0 to 1: dark strokes on paper of a hue for each class."""
    papers = np.array([colorsys.hsv_to_rgb(number / N_CLASSES, 0.8, 1.0) for number in range(N_CLASSES)])
    return papers[classes][:, :, None, None] * (1 - images[:, None] / 16)


def zoom(projector, steps):
    box = projector.locate("#scatter canvas").first.bounding_box()
    projector.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(steps):
        projector.page.mouse.wheel(0, -240)
        projector.page.wait_for_timeout(60)
    projector.page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    projector.page.wait_for_timeout(600)


def test_digits_are_seen_where_they_belong(projector, tmp_path):
    import torch
    from sklearn.datasets import load_digits

    from projector_export.torch import SummaryWriter

    digits = load_digits()
    pictures = tinted(digits.images, digits.target)
    with SummaryWriter(tmp_path / "logs") as writer:
        writer.add_embedding(
            torch.tensor(digits.data, dtype=torch.float32),
            metadata=[[f"row {row}", int(number)] for row, number in enumerate(digits.target)],
            metadata_header=["row", "digit"],
            label_img=torch.tensor(pictures),
            tag="digits",
            global_step=3,
        )
    with running_tensorboard(tmp_path / "logs", tmp_path / "tensorboard.txt") as server:
        projector.open_tensorboard(server, (1797, 64))
        assert projector.tensor_name() == "digits:00003"
        names, rows = projector.metadata()
        assert names == ["row", "digit"]
        assert [row[1] for row in rows] == digits.target.tolist()
        projector.page.screenshot(path=tmp_path / "digits.png")
        zoom(projector, 6)
        projector.page.screenshot(path=tmp_path / "digits_near.png")
        pixels = projector.pixels()
        assert n_hues(pixels) >= 8
        assert share_of_right_hues(projector, pixels, digits.target) > 0.9
        projector.assert_quiet()


def share_of_right_hues(projector, pixels, classes):
    """Return how many of the points that nothing nearer covers have paper of their class's hue at their place."""
    _, seen = projector.drawn()
    height, width, _ = pixels.shape
    places = np.c_[(seen[:, 0] + 1) / 2 * width, (1 - seen[:, 1]) / 2 * height]
    hue, saturation, _ = np.moveaxis(np.asarray(Image.fromarray(pixels).convert("HSV")).astype(int), -1, 0)
    right = []
    for row in np.flatnonzero((np.abs(seen) < 0.9)[:, :2].all(axis=1)):
        nearer = seen[:, 2] < seen[row, 2]
        if (np.abs(places[nearer] - places[row]).max(axis=1) < LARGEST_PICTURE / 2).any():
            continue
        x, y = places[row].astype(int)
        patch = (slice(y - 4, y + 5), slice(x - 4, x + 5))
        found = hue[patch][saturation[patch] > 100] * N_CLASSES / 256
        if len(found) > 20:
            distance = np.abs((np.median(found) - classes[row] + N_CLASSES / 2) % N_CLASSES - N_CLASSES / 2)
            right.append(distance < 0.5)
    assert len(right) > 30
    return np.mean(right)
