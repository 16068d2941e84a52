"""The dashboard's backend without a server."""

import json
from types import SimpleNamespace

import numpy as np

from projector_export.plugin.backend import VocabularyPlugin


class Provider:
    """Lists runs as TensorBoard's data providers do."""

    def __init__(self, names):
        self.names = names

    def list_runs(self, ctx, *, experiment_id):
        assert ctx is not None
        assert experiment_id == ""
        return [SimpleNamespace(run_name=name) for name in self.names]


class Dashboard:
    """The plugin's routes without a server."""

    def __init__(self, logdir, *runs):
        self.logdir = logdir
        self.runs = list(runs)
        self.plugin = VocabularyPlugin(
            SimpleNamespace(logdir=str(logdir), data_provider=Provider(self.runs), multiplexer=None)
        )
        self.apps = self.plugin.get_plugin_apps()

    def reply(self, route, method="GET", **query):
        from werkzeug.test import Client

        return Client(self.apps[f"/{route}"]).open("/", method=method, query_string=query)

    def get(self, route, **query):
        reply = self.reply(route, **query)
        assert reply.status_code == 200, reply.data
        return reply.json if reply.content_type == "application/json" else reply.data

    def numbers(self, route, dtype="<f4", **query):
        return np.frombuffer(self.get(route, **query), dtype)

    def refusal(self, route, **query):
        reply = self.reply(route, **query)
        assert reply.content_type == "application/json"
        content = json.loads(reply.data)
        assert list(content) == ["error"]
        assert "Traceback" not in content["error"]
        return reply.status_code, content["error"]
