"""One call of ``add_embedding``: ``python torch_peers.py ours|ours_stub|torch|torch_stub|tensorboardx MODEL LOGDIR``.

The vocabulary of a model, as a torch tensor, with the token as label and two more columns. Everything is imported and the
tensor is in memory before the clock starts; the seconds of the call alone, wall and of all cores, are left in
``LOGDIR/call.json``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from peers import TENSOR, labels_of

HEADER = ["token", "length", "first"]


def ours(logdir: str) -> object:
    from projector_export.torch import SummaryWriter

    return SummaryWriter(logdir)


def ours_stub(logdir: str) -> object:
    """The same on a machine without TensorFlow, which TensorBoard imports where it is there."""
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    return ours(logdir)


def torch(logdir: str) -> object:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(logdir)


def torch_stub(logdir: str) -> object:
    """The same: TensorBoard's own stub writes the files."""
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    return torch(logdir)


def tensorboardx(logdir: str) -> object:
    from tensorboardX import SummaryWriter

    return SummaryWriter(logdir)


WAYS: dict[str, Callable[[str], object]] = {
    each.__name__: each for each in (ours, ours_stub, torch, torch_stub, tensorboardx)
}


def main(way: str, model: Path, logdir: Path) -> None:
    from safetensors import safe_open

    writer = WAYS[way](str(logdir))
    with safe_open(model / "model.safetensors", framework="pt") as file:
        table = file.get_tensor(TENSOR)
    labels = labels_of(model)
    metadata = [[label, len(label), label[:1]] for label in labels]
    os.sync()
    start, cpu = time.perf_counter(), time.process_time()
    writer.add_embedding(table, metadata=metadata, tag="vocabulary", metadata_header=HEADER)
    seconds = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    writer.close()
    (logdir / "call.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
