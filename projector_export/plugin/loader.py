"""What TensorBoard imports when it starts: as little as possible, and nothing that can stop it.

Reader: ``tensorboard/default.py`` (``get_dynamic_plugins``) loads entry points unguarded, and ``backend/application.py``
skips a plugin whose loader returns None.
"""

from __future__ import annotations

import logging
from importlib import import_module

from tensorboard.plugins import base_plugin

__all__ = ["VocabularyLoader"]

_LOGGER = logging.getLogger("tensorboard")


class VocabularyLoader(base_plugin.TBLoader):
    """Makes the dashboard, or does without it."""

    def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin | None:
        """Return the plugin, or None, and a sentence in the log, where anything about it is broken."""
        try:
            plugin = import_module("projector_export.plugin.backend").VocabularyPlugin(context)
            plugin.get_plugin_apps()
            plugin.frontend_metadata()
        except Exception as error:  # whatever is broken, TensorBoard has to start
            _LOGGER.warning(
                "TensorBoard goes without the tab Vocabulary (%s: %s): install projector-export again",
                type(error).__name__,
                error,
            )
            _LOGGER.debug("Why the tab Vocabulary is missing", exc_info=True)
            return None
        return plugin
