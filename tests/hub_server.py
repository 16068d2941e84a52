"""A server on 127.0.0.1 that speaks as much of the Hugging Face Hub's protocol as reading a model needs.

Two ports: the Hub, and the host that large files are redirected to. Every request is recorded with the bytes that were
sent, and faults are scripted: a status, a connection cut in the middle, ranges that are ignored.
"""

import hashlib
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE_SUFFIXES = (".safetensors", ".bin", ".model", ".gguf")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    status: int | None = None
    headers: dict = field(default_factory=dict)
    cut_after: int | None = None
    ignore_range: bool = False
    wrong_range: bool = False
    redirect: str | None = None


@dataclass(frozen=True)
class Seen:
    """One request that was answered."""

    host: str
    method: str
    path: str
    headers: dict
    status: int
    sent: int


@dataclass
class Model:
    files: dict
    commit: str
    revisions: dict
    gated: bool = False
    token: str | None = None

    def content(self, name):
        content = self.files[name]
        return content.read_bytes() if isinstance(content, Path) else content


class Hub:
    def __init__(self):
        self.models = {}
        self.seen = []
        self.endpoint = self.cdn = ""
        self._faults = []
        self._lock = threading.Lock()

    def add(self, repository, files, *, revisions=("main",), gated=False, token=None):
        """Serve a model; returns its commit."""
        digest = hashlib.sha1(repr((repository, sorted(files))).encode()).hexdigest()
        names = {**dict.fromkeys(revisions, digest), digest: digest}
        self.models[repository] = Model(dict(files), digest, names, gated, token)
        return digest

    def fail(self, pattern, *faults):
        """Let the next requests whose ``METHOD host path`` matches fail, one fault each."""
        with self._lock:
            self._faults.append((re.compile(pattern), list(faults)))

    def next_fault(self, method, host, path):
        with self._lock:
            for pattern, faults in self._faults:
                if faults and pattern.search(f"{method} {host} {path}"):
                    return faults.pop(0)
        return Fault()

    def note(self, seen):
        with self._lock:
            self.seen.append(seen)

    def bytes_sent(self, pattern=""):
        """Bytes of all answers, heads included, to requests whose ``METHOD host path`` matches."""
        return sum(seen.sent for seen in self.requests(pattern))

    def requests(self, pattern=""):
        return [seen for seen in self.seen if re.search(pattern, f"{seen.method} {seen.host} {seen.path}")]

    def environment(self, home):
        """Variables with which a new process talks to this server and keeps its caches below ``home``."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_HUB_CACHE": str(home / "hub"),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_TOKEN": "",
            "NO_PROXY": "127.0.0.1,localhost",
            "PROJECTOR_EXPORT_CACHE": "",
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = "hub"
    hub: Hub

    def do_GET(self):
        self.fault = self.hub.next_fault(self.command, self.host, self.path)
        if self.fault.redirect:
            self.answer(302, {"Location": self.fault.redirect})
        elif self.fault.status:
            self.answer(self.fault.status, self.fault.headers, b"a scripted fault")
        else:
            self.respond()

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, *arguments):
        pass

    def answer(self, status, headers, body=b""):
        head = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        raw = ("\r\n".join(head) + "\r\n\r\n").encode()
        body = b"" if self.command == "HEAD" else body
        cut = self.fault.cut_after
        payload = raw + (body if cut is None else body[:cut])
        self.hub.note(
            Seen(
                self.host,
                self.command,
                self.path,
                {k.lower(): v for k, v in self.headers.items()},
                status,
                len(payload),
            )
        )
        try:
            self.wfile.write(payload)
            self.wfile.flush()
        except ConnectionError:
            pass
        if cut is not None:
            self.close_connection = True

    def file(self, content, etag):
        headers = {"ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None or self.fault.ignore_range:
            self.answer(200, headers, content)
            return
        begin, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        if begin >= len(content):
            self.answer(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        shift = 1 if self.fault.wrong_range else 0
        headers["Content-Range"] = f"bytes {begin + shift}-{last + shift}/{len(content)}"
        self.answer(206, headers, content[begin : last + 1])

    def respond(self):
        path = unquote(urlsplit(self.path).path)
        if match := re.fullmatch(r"/api/models/(.+?)(?:/revision/(.+))?", path):
            self.with_model(match[1], match[2] or "main", self.list_files)
        elif match := re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path):
            self.with_model(match[1], match[2], lambda model, commit: self.resolve(model, commit, match[1], match[3]))
        else:
            self.error(404, "RepoNotFound", "unknown path")

    def error(self, status, code, message):
        self.answer(status, {"X-Error-Code": code, "X-Error-Message": message}, json.dumps({"error": message}).encode())

    def with_model(self, repository, revision, then):
        model = self.hub.models.get(repository)
        authorised = model is not None and self.headers.get("Authorization") == f"Bearer {model.token}"
        if model is None or (model.token and not model.gated and not authorised):
            self.error(401, "RepoNotFound", "Repository not found")
        elif model.gated and not authorised and "/resolve/" in self.path:
            self.error(403, "GatedRepo", "Access to this model is restricted")
        elif revision not in model.revisions:
            self.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            then(model, model.revisions[revision])

    def list_files(self, model, commit):
        siblings = [{"rfilename": name} for name in model.files]
        repository = next(name for name, other in self.hub.models.items() if other is model)
        fields = {
            "_id": "1",
            "id": repository,
            "modelId": repository,
            "sha": commit,
            "siblings": siblings,
            "private": False,
            "gated": model.gated,
            "tags": [],
            "downloads": 0,
            "likes": 0,
        }
        self.answer(200, {"Content-Type": "application/json"}, json.dumps(fields).encode())

    def resolve(self, model, commit, repository, name):
        if name not in model.files:
            self.error(404, "EntryNotFound", "Entry not found")
            return
        content = model.content(name)
        etag = hashlib.sha256(content).hexdigest()
        if not name.endswith(LARGE_SUFFIXES):
            self.extra = {"X-Repo-Commit": commit}
            self.small(content, etag, commit)
            return
        headers = {
            "X-Repo-Commit": commit,
            "X-Linked-Size": len(content),
            "X-Linked-ETag": f'"{etag}"',
            "Location": f"{self.hub.cdn}/{repository}/{name}?signature=1",
        }
        self.answer(302, headers, b"Found")

    def small(self, content, etag, commit):
        self.answer(200, {"X-Repo-Commit": commit, "ETag": f'"{etag}"'}, content)


class _ContentHandler(_Handler):
    host = "cdn"

    def respond(self):
        if "Authorization" in self.headers:
            self.answer(400, {}, b"credentials were shown to a foreign host")
            return
        path = unquote(urlsplit(self.path).path)
        for repository, model in self.hub.models.items():
            name = path.removeprefix(f"/{repository}/")
            if name != path and name in model.files:
                content = model.content(name)
                self.file(content, hashlib.md5(content).hexdigest())
                return
        self.answer(404, {})


@contextmanager
def running_hub():
    """Serve an empty hub on two free ports."""
    hub = Hub()
    servers = []
    for handler in (_Handler, _ContentHandler):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type(handler.__name__, (handler,), {"hub": hub}))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
    hub.endpoint = f"http://127.0.0.1:{servers[0].server_port}"
    hub.cdn = f"http://localhost:{servers[1].server_port}"
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def use_hub(hub, home, monkeypatch):
    """Point this process's huggingface_hub, which read its variables when it was imported, to the server."""
    from huggingface_hub import constants, file_download, hf_api

    changed = {
        "ENDPOINT": hub.endpoint,
        "HUGGINGFACE_CO_URL_TEMPLATE": hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(home / "hub"),
        "HUGGINGFACE_HUB_CACHE": str(home / "hub"),
        "HF_TOKEN_PATH": str(home / "token"),
        "HF_HUB_OFFLINE": False,
    }
    # Former versions of the client copied the values into the modules that use them.
    for module in (constants, file_download, hf_api):
        for name in changed.keys() & vars(module).keys():
            monkeypatch.setattr(module, name, changed[name])
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "PROJECTOR_EXPORT_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
