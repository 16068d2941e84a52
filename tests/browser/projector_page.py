"""The real projector in a real page: what it holds, what it shows, what it complains about."""

import base64
import hashlib
import io
import json
import re
import time
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

WINDOW = {"width": 1400, "height": 900}
QUIET_MILLISECONDS = 400
POLL_MILLISECONDS = 100

KNOWN_WARNING = "Multiple instances of Three.js being imported"
"""TensorBoard's own page says this of itself."""

FIND = """
() => {
  const search = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.tagName === 'VZ-PROJECTOR') return element;
      const found = element.shadowRoot && search(element.shadowRoot);
      if (found) return found;
    }
  };
  return search(document);
}
"""

IS_LOADED = f"""
(shape) => {{
  const projector = ({FIND})();
  if (!projector || !projector.dataSet || !projector.projection || !projector.dataPanel.labelOptions) return false;
  const dialog = projector.shadowRoot.querySelector('#notification-dialog');
  const points = projector.originalDataSet.points;
  return !dialog.opened && points.length === shape[0] && points[0].vector.length === shape[1];
}}
"""

VECTOR_DIGEST = f"""
async () => {{
  const points = ({FIND})().originalDataSet.points;
  const n_dims = points[0].vector.length;
  const all = new Float32Array(points.length * n_dims);
  points.forEach((point, row) => all.set(point.vector, row * n_dims));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all.buffer));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}}
"""

METADATA = f"""
() => {{
  const points = ({FIND})().originalDataSet.points;
  const names = ({FIND})().dataPanel.labelOptions;
  return JSON.stringify([names, points.map((point) => names.map((name) => point.metadata[name]))]);
}}
"""

DRAWN = f"""
() => {{
  const plot = ({FIND})().projectorScatterPlotAdapter.scatterPlot;
  const sprites = plot.visualizers.find((visualizer) => visualizer.points);
  const bytes = new Uint8Array(sprites.points.geometry.getAttribute('position').array.slice().buffer);
  plot.camera.updateMatrixWorld();
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return {{
    positions: btoa(text),
    view: plot.camera.matrixWorld.elements,
    projection: plot.camera.projectionMatrix.elements,
    size: [plot.width, plot.height],
  }};
}}
"""

ALERTS = f"""
() => {{
  const root = ({FIND})().shadowRoot;
  return ['#notification-dialog', '#toast'].map((id) => root.querySelector(id)).filter((box) => box.opened)
    .map((box) => box.innerText.trim());
}}
"""


@dataclass
class Complaints:
    """Everything a page says that a working page does not say."""

    said: list = field(default_factory=list)

    def listen(self, page):
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"page error: {error}"))
        page.on("requestfailed", lambda request: self.said.append(f"failed: {request.url} {request.failure}"))
        page.on("response", self._response)
        page.on("dialog", lambda dialog: self.said.append(f"dialog: {dialog.message}"))
        page.on("crash", lambda _: self.said.append("the page crashed"))

    def _console(self, message):
        if message.type in {"error", "warning"} and KNOWN_WARNING not in message.text:
            self.said.append(f"{message.type}: {message.text}")

    def _response(self, response):
        if response.status >= 400 or not response.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.said.append(f"{response.status} {response.url}")


class ProjectorPage:
    """A page that shows the projector, in TensorBoard's frames or by itself."""

    def __init__(self, page, complaints, *, patience=120):
        self.page = page
        self.complaints = complaints
        self.patience = patience
        self.frame = page.main_frame

    def open_tensorboard(self, server, shape):
        """Open TensorBoard's projector dashboard and wait for the default tensor."""
        server.wait_until_active()
        self.page.goto(f"{server.url}#projector")
        self.page.frame_locator("iframe").frame_locator("iframe").locator("vz-projector").wait_for()
        (self.frame,) = [frame for frame in self.page.frames if frame.url.endswith("/projector_binary.html")]
        self.wait_for(shape)

    def open_standalone(self, url, shape):
        """Open a page that is nothing but the projector."""
        self.page.goto(url)
        self.frame = self.page.main_frame
        self.wait_for(shape)

    def wait_for(self, shape):
        """Wait until a tensor of that shape is loaded and projected."""
        deadline = time.monotonic() + self.patience
        while not self.frame.evaluate(IS_LOADED, list(shape)):
            assert time.monotonic() < deadline, f"nothing shown of {shape}: {[*self.complaints.said, *self.alerts()]}"
            self.page.wait_for_timeout(POLL_MILLISECONDS)
        self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def wait_for_columns(self, count):
        """Wait until the viewer has so many metadata columns."""
        deadline = time.monotonic() + self.patience
        while self.run("return projector.dataPanel.labelOptions.length;") != count:
            assert time.monotonic() < deadline, [*self.complaints.said, *self.alerts()]
            self.page.wait_for_timeout(POLL_MILLISECONDS)
        self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def locate(self, selector, **filters):
        """Find elements inside the projector, through its shadow roots."""
        return self.frame.locator(selector, **filters)

    def run(self, body, argument=None):
        """Run JavaScript with ``projector`` defined."""
        return self.frame.evaluate(f"(argument) => {{ const projector = ({FIND})(); {body} }}", argument)

    def select_tensor(self, name, shape):
        """Choose a tensor in the data panel's menu."""
        menu = self.locate("#data-panel paper-dropdown-menu").first
        menu.click()
        menu.locator("paper-item", has_text=re.compile(rf"^\s*{re.escape(name)}\s+\d+x\d+\s*$")).click()
        self.wait_for(shape)

    def offered_tensors(self):
        """Return the names and shapes in the data panel's menu of tensors."""
        texts = self.locate("#data-panel paper-dropdown-menu").first.locator("paper-item").all_text_contents()
        return dict(" ".join(text.split()).rsplit(" ", 1) for text in texts)

    def tensor_name(self):
        """Return the name that the data panel shows."""
        return self.locate("#data-panel paper-dropdown-menu input").first.input_value()

    def shape(self):
        """Return the numbers of points and dimensions that the toolbar shows."""
        return tuple(int(self.locate(f"vz-projector {place}").inner_text()) for place in (".numDataPoints", ".dim"))

    def color_by(self, name):
        """Choose a column in the colour menu."""
        self.locate("#colorby").click()
        self.locate("#colorby paper-item", has_text=re.compile(rf"^\s*{re.escape(name)}\b")).click()
        self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def color_options(self):
        """Return the columns that the colour menu offers, with what they say about themselves."""
        options = self.run("return projector.dataPanel.colorOptions.map((option) => [option.name, option.desc || '']);")
        return {name: " ".join(description.split()) for name, description in options}

    def search(self, text):
        """Type into the search box; return the results' labels."""
        box = self.locate("#search-box input")
        self._fill(box, "", says="")
        self._fill(box, text, says="matches.")
        return self.locate("#inspector-panel .matches-list .row").all_text_contents()

    def _fill(self, box, text, *, says):
        box.fill(text)
        box.press("Enter")
        deadline = time.monotonic() + self.patience
        while says != (self.run("return projector.inspectorPanel.searchBox.message;") or "").rpartition(" ")[2]:
            assert time.monotonic() < deadline, f"the search for {text!r} has no result"
            self.page.wait_for_timeout(POLL_MILLISECONDS)

    def pick(self, label):
        """Click on a search result; a lone one is already picked. Return the metadata card and the neighbours' labels."""
        results = self.locate("#inspector-panel .matches-list .row .label")
        if results.count():
            results.get_by_text(label, exact=True).first.click()
        self.locate("#inspector-panel .nn-list .neighbor").first.wait_for()
        keys = self.locate("#metadata-card .metadata-key").all_text_contents()
        values = self.locate("#metadata-card .metadata-value").all_text_contents()
        neighbors = self.locate("#inspector-panel .nn-list .neighbor .label").all_text_contents()
        return dict(zip(keys, values, strict=True)), neighbors

    def vector_digest(self):
        """Return the SHA-256 of all vectors that the viewer holds, row after row."""
        return self.frame.evaluate(VECTOR_DIGEST)

    def metadata(self):
        """Return the columns' names and the rows that the viewer holds."""
        names, rows = json.loads(self.frame.evaluate(METADATA))
        return names, rows

    def views(self, count):
        """Wait for so many saved views; return the labels that the bookmark panel shows."""
        rows = self.locate("vz-projector-bookmark-panel .state-row")
        rows.nth(count - 1).wait_for(timeout=1000 * self.patience)
        assert rows.count() == count
        return self.run("return projector.bookmarkPanel.savedStates.map((state) => state.label);")

    def open_view(self, number):
        """Click on a saved view in the bookmark panel, the first one is 0."""
        row = self.locate("vz-projector-bookmark-panel .state-row").nth(number)
        row.locator(".state-radio [icon=radio-button-unchecked]").click(timeout=1000 * self.patience)
        self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def open_tab(self, name):
        """Click on a tab of the projections panel and wait until its points are drawn."""
        self.locate(f'vz-projector-projections-panel .ink-tab[data-tab="{name}"]').click()
        self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def drawn(self):
        """Return where the points are drawn, shape (n_rows, 3), and where that is in the window, -1 to 1, the same shape."""
        found = self.frame.evaluate(DRAWN)
        positions = np.frombuffer(base64.b64decode(found["positions"]), "<f4").reshape(-1, 3).astype(float)
        world, projection = (np.reshape(found[name], (4, 4)).T for name in ("view", "projection"))
        clipped = np.c_[positions, np.ones(len(positions))] @ (projection @ np.linalg.inv(world)).T
        return positions, clipped[:, :3] / clipped[:, 3:]

    def assert_quiet(self):
        """Check that nothing was complained of: console, errors, requests, dialogs, toasts."""
        assert self.complaints.said == []
        assert self.alerts() == []

    def alerts(self):
        """Return the texts of the viewer's open dialogs and toasts."""
        return self.frame.evaluate(ALERTS)

    def pixels(self):
        """Return the drawing as an array, shape (height, width, 3)."""
        image = Image.open(io.BytesIO(self.locate("#scatter canvas").first.screenshot()))
        return np.asarray(image.convert("RGB"))


def n_hues(pixels, *, at_least=150):
    """Count how many of twelve hues are seen in at least so many strongly coloured pixels."""
    hue, saturation, _ = np.moveaxis(np.asarray(Image.fromarray(pixels).convert("HSV")), -1, 0)
    return int((np.bincount(hue[saturation > 60].astype(int) * 12 // 256, minlength=12) >= at_least).sum())


def n_colored(pixels):
    """Count strongly coloured pixels; the page is white and grey."""
    return int((np.ptp(pixels.astype(int), axis=2) > 60).sum())


def digest_of(vectors):
    """Return the SHA-256 of an array as the viewer holds it."""
    return hashlib.sha256(np.ascontiguousarray(vectors, dtype="<f4").tobytes()).hexdigest()
