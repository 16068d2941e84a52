"""The dashboard's side in TensorBoard's server.

Reader: ``tensorboard/backend/application.py``, which serves the routes below ``data/plugin/projector_export_vocabulary/`` and
puts the module ``index.js`` into a frame whose base is that address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin

from projector_export.plugin import replies
from projector_export.plugin.exports import ROOT, Survey, has_export, survey
from projector_export.plugin.routes import Routes
from projector_export.plugin.static_files import read_static_files

__all__ = ["PLUGIN_NAME", "TAB_NAME", "VocabularyPlugin"]

PLUGIN_NAME = "projector_export_vocabulary"
TAB_NAME = "Vocabulary"


class VocabularyPlugin(base_plugin.TBPlugin):
    """The tab Vocabulary.

    Parameters
    ----------
    context
        TensorBoard's. Its ``data_provider`` lists the runs with both data loaders; ``logdir`` is empty where
        ``--logdir_spec`` was given, and then there is nothing to show.
    """

    plugin_name = PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._provider = context.data_provider
        self._logdir = Path(context.logdir) if context.logdir else None
        self._is_active = False

    def get_plugin_apps(self) -> Mapping[str, Callable[..., object]]:
        """Return the routes: the page's own files, and what :class:`Routes` answers."""
        pages = {f"/{name}": replies.serving(name, data) for name, data in read_static_files().items()}
        return {**pages, **{f"/{name}": replies.answering(route) for name, route in Routes(self._survey).all().items()}}

    def is_active(self) -> bool:
        """Tell whether a run holds an export; once one was found it stays so."""
        if not self._is_active and self._logdir is not None:
            self._is_active = any(has_export(self._logdir, run) for run in self._runs())
        return self._is_active

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Tell TensorBoard which module shows the tab, and that it looks for new runs by itself."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name=TAB_NAME, disable_reload=True)

    def _survey(self) -> Survey:
        return Survey() if self._logdir is None else survey(self._logdir, self._runs())

    def _runs(self) -> list[str]:
        """Return TensorBoard's runs, and the logdir itself as the projector does."""
        listed = () if self._provider is None else self._provider.list_runs(RequestContext(), experiment_id="")
        names = [run.run_name for run in listed]
        return [ROOT, *(name for name in names if name != ROOT)]
