"""HTTP replies as TensorBoard wants them: typed, never sniffed, and a sentence where something is wrong.

Reader: ``tensorboard/backend/security_validator.py``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from werkzeug.wrappers import Request, Response

from projector_export.errors import NotFoundError, ProjectorExportError
from projector_export.plugin.static_files import CONTENT_TYPES
from projector_export.provenance import JSONValue

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Content", "Route", "answering", "serving"]

Content: TypeAlias = "bytes | Mapping[str, JSONValue]"
Route: TypeAlias = Callable[[Mapping[str, str]], Content]

_LOGGER = logging.getLogger("tensorboard")


def serving(name: str, data: bytes) -> WSGIApplication:
    """Return what serves one file of the page."""

    def serve(request: Request) -> Response:
        return _respond(request, data, CONTENT_TYPES[PurePath(name).suffix], 200)

    return Request.application(serve)


def answering(route: Route) -> WSGIApplication:
    """Return what serves a route: bytes as they are, anything else as JSON, an error as ``{"error": sentence}``."""

    def serve(request: Request) -> Response:
        try:
            status, content = _answer(route, request)
        except Exception as error:  # a bug: logged with its traceback, never shown in the browser
            _LOGGER.exception("The tab Vocabulary failed at %s", request.path)
            sentence = f"the dashboard failed ({type(error).__name__}): see TensorBoard's log"
            status, content = 500, {"error": sentence}
        if isinstance(content, bytes):
            return _respond(request, content, "application/octet-stream", status)
        return _respond(request, _json(content), "application/json", status)

    return Request.application(serve)


def _answer(route: Route, request: Request) -> tuple[int, Content]:
    if request.method not in {"GET", "HEAD"}:
        return 405, {"error": f"{request.method} is not answered here: ask with GET"}
    try:
        return 200, route(request.args)
    except NotFoundError as error:
        return 404, {"error": str(error)}
    except ProjectorExportError as error:
        return 400, {"error": str(error)}
    except OSError as error:
        return 404, {"error": f"cannot read {error.filename} ({error.strerror}): look at the logdir"}


def _json(content: Mapping[str, JSONValue]) -> bytes:
    return json.dumps(content, ensure_ascii=True, allow_nan=False).encode()


def _respond(request: Request, content: bytes, content_type: str, status: int) -> Response:
    from tensorboard.backend import http_util

    response: Response = http_util.Respond(request, content, content_type, code=status)
    return response
