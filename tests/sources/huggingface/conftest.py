import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hub_server


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A local Hub that this process's huggingface_hub talks to, with caches below ``tmp_path / "home"``."""
    with hub_server.running_hub() as running:
        hub_server.use_hub(running, tmp_path / "home", monkeypatch)
        yield running
