"""TensorBoard's own projector plugin, asked in this process for everything that its page asks for."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from werkzeug.test import Client

from projector_export.formats.event_file import has_record


class Runs:
    """A data provider that knows the runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def list_runs(self, _context: object, **_experiment: str) -> list[SimpleNamespace]:
        files = [path for path in self.folder.rglob("*tfevents*") if has_record(path.read_bytes())]
        names = {path.parent.relative_to(self.folder).as_posix() for path in files}
        return [SimpleNamespace(run_name=name) for name in sorted(names)]


def plugin_of(folder: Path, tf: ModuleType, patch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return the plugin's requests for a folder, with TensorFlow or with TensorBoard's stand-in for it."""
    from tensorboard.backend.event_processing import plugin_asset_util
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.projector import projector_plugin

    patch.setattr(projector_plugin, "tf", tf)
    patch.setattr(plugin_asset_util, "tf", tf)
    context = base_plugin.TBContext(data_provider=Runs(folder), logdir=str(folder))
    return projector_plugin.ProjectorPlugin(context).get_plugin_apps()


def served_metadata(folder: Path, tf: ModuleType, patch: pytest.MonkeyPatch) -> bytes | None:
    """Return the metadata of the tensor "words" as the viewer gets it; None where the server fails."""
    app = plugin_of(folder, tf, patch)["/metadata"]
    try:
        response = Client(app).get("/", query_string={"run": ".", "name": "words", "num_rows": "100000"})
    except UnicodeDecodeError:
        return None
    assert response.status_code == 200
    return response.data


def complaints(folder: Path, tf: ModuleType, patch: pytest.MonkeyPatch) -> list[str]:
    """Return what the server fails at, from the list of runs to each tensor's files; empty if all is served."""
    apps = plugin_of(folder, tf, patch)

    def get(route: str, **query: str) -> bytes:
        try:
            response = Client(apps[route]).get("/", query_string=query)
        except Exception as error:
            raise AssertionError(f"{route} {query}: {error!r}") from error
        assert response.status_code == 200, f"{route} {query}: {response.status_code} {response.data[:200]!r}"
        return response.data

    try:
        return _walk(get)
    except AssertionError as error:
        return [str(error)]


def _walk(get) -> list[str]:
    runs = json.loads(get("/runs"))
    found = [] if runs else ["no run is listed"]
    for run in runs:
        for info in json.loads(get("/info", run=run))["embeddings"]:
            name, shape = info.get("tensorName"), info.get("tensorShape")
            if name is None or shape is None:
                found.append(f"{name} is listed with shape {shape}")
                continue
            get("/tensor", run=run, name=name, num_rows="100000")
            if "metadataPath" in info:
                get("/metadata", run=run, name=name, num_rows="100000")
            if "bookmarksPath" in info:
                get("/bookmarks", run=run, name=name)
            if "sprite" in info:
                get("/sprite_image", run=run, name=name)
    return found
