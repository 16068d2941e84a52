import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashboard_exports import write_findings, write_run
from plugin_dashboard import Dashboard


@pytest.fixture
def dashboard(tmp_path):
    """A logdir with an export in the root and one, with findings, in a run."""
    logdir = tmp_path / "logs"
    write_run(logdir, None, seed=1)
    write_findings(write_run(logdir, "second", seed=2))
    return Dashboard(logdir, "second")
