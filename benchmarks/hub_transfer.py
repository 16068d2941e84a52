"""Count the bytes that an export from the Hub moves: ``python hub_transfer.py MODEL``, prints JSON.

MODEL is a folder; the tests' server (``tests/hub_server.py``) offers it on 127.0.0.1 as the Hub would, and the command talks
to it through the real ``huggingface_hub`` client, with empty caches.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from hub_server import running_hub

REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
TENSOR = "embeddings.word_embeddings.weight"


def count_bytes(model: Path) -> dict[str, object]:
    """Export from the local Hub and say what was sent, what had to be, and what the whole files are."""
    files = {path.relative_to(model).as_posix(): path for path in model.rglob("*") if path.is_file()}
    with running_hub() as hub, tempfile.TemporaryDirectory() as scratch:
        hub.add(REPOSITORY, files)
        environment = {**os.environ, **hub.environment(Path(scratch) / "home")}
        environment["PROJECTOR_EXPORT_CACHE"] = str(Path(scratch) / "cache")
        logdir = Path(scratch) / "logdir"
        command = [sys.executable, "-m", "projector_export", "vocab", REPOSITORY, "--logdir", str(logdir)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        sent = hub.bytes_sent()
        fetched = {name for name in files if any(seen.path.endswith(f"/{name}") for seen in hub.requests("GET"))}
    needed = {name: files[name].stat().st_size for name in fetched if not name.endswith(".safetensors")}
    return {
        "sent": sent,
        "requests": len(hub.seen),
        "tensor": _tensor_bytes(files["model.safetensors"]),
        "tokenizer_files": {name: size for name, size in needed.items() if name != "config.json"},
        "other_files": {name: size for name, size in needed.items() if name == "config.json"},
        "whole_files": files["model.safetensors"].stat().st_size + sum(needed.values()),
    }


def _tensor_bytes(path: Path) -> int:
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    begin, end = header[TENSOR]["data_offsets"]
    return int(end - begin)


if __name__ == "__main__":
    print(json.dumps(count_bytes(Path(sys.argv[1]))))
