import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from projector_page import WINDOW, Complaints, ProjectorPage


@pytest.fixture
def projector(chromium, tmp_path):
    """A fresh page; what it looked like at the end is kept in ``tmp_path / "screen.png"``."""
    page = chromium.new_page(viewport=WINDOW)
    complaints = Complaints()
    complaints.listen(page)
    yield ProjectorPage(page, complaints)
    page.screenshot(path=tmp_path / "screen.png")
    page.close()


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *arguments):
        """Say nothing."""


@contextmanager
def serving(folder):
    """Serve a folder on a free loopback port, to pages of other origins too; yields the address, ending in a slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def serve():
    """Serve folders until the end of the session."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serving(folder))


@pytest.fixture(scope="session")
def demonstration():
    """The demo's table; it takes some seconds."""
    from projector_export.pipeline.demonstration import read_demonstration

    return read_demonstration()[0]
