"""Labels beside their points, none on another and none on a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["place"]

Boxes = npt.NDArray[np.float64]
"""Last axis: left, bottom, right, top."""

SLOTS = np.array(
    [
        *((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)),
        *((1.0, 0.5), (1.0, -0.5), (-1.0, 0.5), (-1.0, -0.5), (0.5, 1.0), (-0.5, 1.0), (0.5, -1.0), (-0.5, -1.0)),
    ]
)
"""Where a label's middle lies, seen from its point, in units of half a label plus the point's radius; the best first."""

MAX_ROUNDS = 20


def place(
    points: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    *,
    bounds: tuple[float, float, float, float],
    radius: float,
) -> npt.NDArray[np.float64]:
    """Return where labels go so that none overlaps another, a point, or the border.

    Every label has sixteen slots around its point. Labels with the fewest free slots choose first, and take the slot that
    is in the way of the fewest others; one without a free slot asks the label that blocks one to move. In the end no label
    is left out that has a slot free of points and of placed labels. Memory grows with the square of the number of labels.

    Parameters
    ----------
    points
        Middles of the points, shape ``(n_labels, 2)``, in pixels.
    sizes
        Width and height of the labels, positive, shape ``(n_labels, 2)``, in pixels.
    bounds
        Left, bottom, right and top end of the panel, in pixels.
    radius
        Of the points, with the distance to keep from them, in pixels.

    Returns
    -------
    numpy.ndarray
        Lower left corners, shape ``(n_labels, 2)``; NaN for labels that have no place.
    """
    if not len(points):
        return np.empty((0, 2))
    boxes = _slot_boxes(points, sizes, radius)
    free = _inside(boxes, bounds) & ~_on_points(boxes, points, radius)
    chosen = _Choice(boxes, free).run()
    corners = boxes[np.arange(len(points)), np.maximum(chosen, 0), :2]
    return np.where(chosen[:, None] >= 0, corners, np.nan)


def _slot_boxes(points: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], radius: float) -> Boxes:
    reach = sizes / 2 + radius
    middles = points[:, None, :] + SLOTS[None] * reach[:, None, :]
    halves = np.broadcast_to(sizes[:, None, :] / 2, middles.shape)
    return np.concatenate([middles - halves, middles + halves], axis=2)


def _inside(boxes: Boxes, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    left, bottom, right, top = bounds
    inside = (boxes[..., 0] >= left) & (boxes[..., 1] >= bottom) & (boxes[..., 2] <= right) & (boxes[..., 3] <= top)
    return np.asarray(inside, dtype=np.bool_)


def _on_points(boxes: Boxes, points: npt.NDArray[np.float64], radius: float) -> npt.NDArray[np.bool_]:
    """Tell which boxes cover part of a point; the own point is never covered, but for rounding."""
    squares = np.concatenate([points - radius, points + radius], axis=1)
    hit = _overlap(boxes[:, :, None, :], squares[None, None, :, :])
    own = np.arange(len(points))
    hit[own, :, own] = False
    return np.asarray(hit.any(axis=2), dtype=np.bool_)


def _overlap(first: Boxes, second: Boxes) -> npt.NDArray[np.bool_]:
    overlap: npt.NDArray[np.bool_] = (
        (first[..., 0] < second[..., 2])
        & (second[..., 0] < first[..., 2])
        & (first[..., 1] < second[..., 3])
        & (second[..., 1] < first[..., 3])
    )
    return overlap


@dataclass
class _Choice:
    """Which label takes which slot; ``chosen`` is -1 without one."""

    boxes: Boxes
    free: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        n_labels, n_slots = self.free.shape
        flat = self.boxes.reshape(-1, 4)
        clash = _overlap(flat[:, None], flat[None]).reshape(n_labels, n_slots, n_labels, n_slots)
        own = np.arange(n_labels)
        clash[own, :, own, :] = False
        self.clash = clash & self.free[:, :, None, None] & self.free[None, None]
        self.crowd = self.clash.sum(axis=(2, 3))
        self.chosen = np.full(n_labels, -1)

    def run(self) -> npt.NDArray[np.int64]:
        order = np.argsort(self.free.sum(axis=1), kind="stable")
        for _ in range(MAX_ROUNDS):
            waiting = [label for label in order.tolist() if self.chosen[label] < 0]
            served = [self._take(label) or self._make_room(label) for label in waiting]
            if not any(served):
                break
        for label in order.tolist():
            if self.chosen[label] < 0:
                self._take(label)
        return self.chosen

    def _open(self, label: int) -> npt.NDArray[np.bool_]:
        """Return the slots of a label that are free of points and of placed labels."""
        placed = np.flatnonzero(self.chosen >= 0)
        taken = self.clash[label][:, placed, self.chosen[placed]].any(axis=1)
        return np.asarray(self.free[label] & ~taken, dtype=np.bool_)

    def _take(self, label: int) -> bool:
        slots = np.flatnonzero(self._open(label))
        if not len(slots):
            return False
        self.chosen[label] = slots[np.argmin(self.crowd[label, slots])]
        return True

    def _make_room(self, label: int) -> bool:
        """Move the one label that blocks a slot, if it has another."""
        placed = np.flatnonzero(self.chosen >= 0)
        blocks = self.clash[label][:, placed, self.chosen[placed]]
        for slot in np.flatnonzero(self.free[label] & (blocks.sum(axis=1) == 1)).tolist():
            blocker = int(placed[np.argmax(blocks[slot])])
            before = self.chosen[blocker]
            self.chosen[label], self.chosen[blocker] = slot, -1
            if self._take(blocker):
                return True
            self.chosen[label], self.chosen[blocker] = -1, before
        return False
