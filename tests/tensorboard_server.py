"""TensorBoard in a process of its own, on a free port, with TensorFlow or as if there were none.

Run as a script it is the launcher: ``python tensorboard_server.py [--without-tensorflow] [tensorboard's arguments]``.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
import types
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

HOST = "127.0.0.1"
ADDRESS = re.compile(rf"http://{re.escape(HOST)}:\d+/")
START_SECONDS = 120
HIDE = "--without-tensorflow"


def hide_tensorflow():
    """Make ``tensorboard.compat.tf`` the stub that a TensorBoard without TensorFlow uses.

    ``tensorboard/compat/__init__.py`` takes the stub if a module ``tensorboard.compat.notf`` can be imported.
    """
    sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")


@dataclass(frozen=True)
class Server:
    """A running TensorBoard.

    ``url`` ends in a slash; ``log_path`` holds what it prints.
    """

    url: str
    log_path: Path

    def get(self, route, **query):
        """Return the answer of a route of the projector's plugin, with the log where the server refuses."""
        address = f"{self.url}data/plugin/projector/{route}?{urlencode(query, quote_via=quote)}"
        try:
            with urllib.request.urlopen(address, timeout=120) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(
                f"{address} answered {error.code}: {error.read()[:500]!r}\n{self.log_path.read_text()[-4000:]}"
            ) from error

    def wait_until_active(self):
        """Wait until TensorBoard counts the projector among its active dashboards, as it does after a first look."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self.url}data/plugins_listing", timeout=60) as response:
                if json.load(response)["projector"]["enabled"]:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the projector stays inactive\n{self.log_path.read_text()[-4000:]}")


@contextmanager
def running_tensorboard(logdir, log_path, *, tensorflow=False, fast=True):
    """Start TensorBoard on a logdir and stop it at the end.

    ``fast`` is the default data loader (a server written in Rust); without it the one written in Python lists the runs.
    """
    command = [sys.executable, __file__, *([] if tensorflow else [HIDE])]
    command += ["--logdir", str(logdir), "--host", HOST, "--port", "0", "--load_fast", "true" if fast else "false"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    with (
        open(log_path, "wb") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            yield Server(_wait_for_address(process, log_path), Path(log_path))
        finally:
            process.stdin.close()
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for_address(process, log_path):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = ADDRESS.search(Path(log_path).read_text(errors="replace"))
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(
        f"TensorBoard did not start (exit code {process.poll()})\n{Path(log_path).read_text()[-4000:]}"
    )


def _end_with_parent():
    """End when the parent's end of the pipe closes, however the parent ended."""

    def wait():
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _launch(arguments):
    _end_with_parent()
    if HIDE in arguments:
        hide_tensorflow()
    from tensorboard.main import run_main

    sys.argv = ["tensorboard", *(argument for argument in arguments if argument != HIDE)]
    sys.exit(run_main())


if __name__ == "__main__":
    _launch(sys.argv[1:])
