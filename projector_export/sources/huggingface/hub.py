"""A model on the Hugging Face Hub at one commit: small files as a whole, tensors as byte ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from projector_export.errors import CorruptFileError, InvalidInputError, TransferError
from projector_export.formats import safetensors_header
from projector_export.provenance import JSONValue
from projector_export.sources.huggingface.cache_folders import cache_folder, find_listing, keep_listing
from projector_export.sources.huggingface.folder import read_head
from projector_export.sources.huggingface.hub_calls import call_hub, is_offline
from projector_export.sources.huggingface.range_cache import RangeCache
from projector_export.sources.huggingface.ranges import Patience, RemoteFile
from projector_export.vectors import Progress

__all__ = ["HubFiles", "open_hub"]

FIRST_REQUEST_BYTES = 2**16
"""Most headers are shorter, so that one request is enough."""

_USUAL_FILES = ("config.json", "tokenizer.json", "model.safetensors", "model.safetensors.index.json", "vocab.txt")


def open_hub(
    repository: str, revision: str | None, *, progress: Progress | None = None, patience: Patience | None = None
) -> HubFiles:
    """Find a model's commit and list of files.

    Parameters
    ----------
    repository
        ``NAME`` or ``OWNER/NAME``.
    revision
        Branch, tag or commit; ``None`` for the main branch.
    progress
        Told how far the fetching of a tensor is.
    patience
        How often and how long to try again.

    Raises
    ------
    NotFoundError, InvalidInputError, TransferError
        If it does not exist, is not given to this user, or cannot be reached.
    """
    from huggingface_hub import HfApi

    patience = patience or Patience()
    if is_offline():
        return _open_offline(repository, revision, progress, patience)
    info = call_hub(
        lambda: HfApi().model_info(repository, revision=revision),
        repository=repository,
        revision=revision,
        patience=patience,
    )
    if info.sha is None or info.siblings is None or not re.fullmatch(r"[0-9a-fA-F]{6,64}", info.sha):
        raise TransferError(f"the Hub does not tell the commit and the files of {repository!r}: try again later")
    names = tuple(sorted(sibling.rfilename for sibling in info.siblings))
    return HubFiles(repository, info.sha, names, revision, progress, patience)


def _open_offline(repository: str, revision: str | None, progress: Progress | None, patience: Patience) -> HubFiles:
    commit, names = find_listing(repository, revision) or _hub_snapshot(repository, revision, patience)
    return HubFiles(repository, commit, names, revision, progress, patience)


def _hub_snapshot(repository: str, revision: str | None, patience: Patience) -> tuple[str, tuple[str, ...]]:
    """Return the commit that the Hub's own cache holds of a revision, and the files that it has of it."""
    from huggingface_hub import try_to_load_from_cache

    for name in _USUAL_FILES:
        found = call_hub(
            partial(try_to_load_from_cache, repository, name, revision=revision),
            repository=repository,
            revision=revision,
            patience=patience,
        )
        if isinstance(found, str):
            snapshot = Path(found).parent
            on_disk = (path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file())
            return snapshot.name, tuple(sorted(on_disk))
    raise TransferError(
        f"{repository!r}{f' at {revision!r}' if revision else ''} was never fetched to this machine, and HF_HUB_OFFLINE "
        "forbids the network: unset it, or give the path of a model's folder or file"
    )


@dataclass(frozen=True)
class HubFiles:
    """A repository at one commit, as a storage.

    Parameters
    ----------
    repository
        Its id.
    commit
        Hash of the commit that every file is of.
    names
        Names of its files, sorted.
    revision
        What the user called the commit; ``None`` for the main branch.
    progress
        Told how far the fetching of a tensor is.
    patience
        How often and how long to try again.
    """

    repository: str
    commit: str
    names: tuple[str, ...]
    revision: str | None = None
    progress: Progress | None = None
    patience: Patience = field(default_factory=Patience)
    weight_file: None = None

    @property
    def name(self) -> str:
        """The repository's id."""
        return self.repository

    @property
    def is_local(self) -> bool:
        """Never, although some of the files may."""
        return False

    def describe(self) -> Mapping[str, JSONValue]:
        """Return the kind, the id, the commit and the server."""
        from huggingface_hub import constants

        return {"kind": "hub", "repository": self.repository, "commit": self.commit, "endpoint": constants.ENDPOINT}

    def files(self) -> tuple[str, ...]:
        """Return the names of all files."""
        return self.names

    def small_file(self, name: str) -> Path | None:
        """Return where the file lies in the Hub's own cache, fetched if need be; ``None`` if the model has none."""
        from huggingface_hub import hf_hub_download

        if name not in self.names:
            return None
        cached = self._in_hub_cache(name)
        if cached is not None:
            return cached
        return Path(
            call_hub(
                lambda: hf_hub_download(self.repository, name, revision=self.commit),
                repository=self.repository,
                revision=self.commit,
                patience=self.patience,
            )
        )

    def head(self, name: str) -> tuple[bytes, int]:
        """Return a safetensors file's first bytes, to the end of its header, and its size."""
        cached = self._in_hub_cache(name)
        if cached is not None:
            return read_head(cached)
        cache = self._range_cache(name)
        self._keep_listing()
        kept = cache.find_head()
        if kept is None:
            remote = self._remote(name)
            head, identity = remote.read(0, FIRST_REQUEST_BYTES)
            size = min(self._header_size(name, head), identity.size)
            if len(head) < size:
                rest = bytearray()
                remote.stream(len(head), size, rest.extend, expected=identity)
                head += rest
            kept = head[:size], identity
            cache.keep_head(*kept)
        return kept[0], kept[1].size

    def bytes_on_disk(self, name: str, begin: int, end: int) -> tuple[Path, int]:
        """Return a file with bytes ``begin`` to ``end``, fetched if need be, and the offset of ``begin`` in it."""
        cached = self._in_hub_cache(name)
        if cached is not None:
            return cached, begin
        cache = self._range_cache(name)
        found = cache.find(begin, end)
        if found is None:
            self.head(name)
            kept = cache.find_head()
            if kept is None:
                raise TransferError(f"what is fetched does not stay in {str(cache.folder)!r}: start again")
            found = cache.fetch(self._remote(name), kept[1], begin, end, self.progress)
        return found, 0

    def whole_file(self, name: str) -> Path:
        """Return the file from the Hub's own cache.

        Raises
        ------
        InvalidInputError
            If it is not there: whole files of weights are never fetched.
        """
        cached = self._in_hub_cache(name)
        if cached is None:
            raise InvalidInputError(
                f"{name!r} of {self.repository!r} can only be read as a whole: fetch it with "
                f"`hf download {self.repository} {name} --revision {self.commit}` and try again, or name a --revision "
                "with safetensors files (often refs/pr/1)"
            )
        return cached

    def _in_hub_cache(self, name: str) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(self.repository, name, revision=self.commit)
        return Path(found) if isinstance(found, str) else None

    def _range_cache(self, name: str) -> RangeCache:
        return RangeCache(cache_folder(self.repository, self.commit, name))

    def _keep_listing(self) -> None:
        listing = self.commit, self.names
        if not is_offline() and find_listing(self.repository, self.revision) != listing:
            keep_listing(self.repository, self.revision, *listing)

    def _remote(self, name: str) -> RemoteFile:
        from huggingface_hub import hf_hub_url

        if is_offline():
            raise TransferError(
                f"the part of {name!r} that is needed of {self.repository!r} is not on this machine, and HF_HUB_OFFLINE "
                "forbids to fetch it: unset it"
            )
        url = hf_hub_url(self.repository, name, revision=self.commit)
        return RemoteFile(url, _headers(), f"{name!r} of {self.repository!r}", self.patience)

    def _header_size(self, name: str, head: bytes) -> int:
        try:
            return safetensors_header.header_size(head)
        except CorruptFileError as error:
            raise CorruptFileError(f"{name!r} of {self.repository!r}: {error}") from error


def _headers() -> dict[str, str]:
    from huggingface_hub import constants, get_token

    headers = {"User-Agent": "projector-export"}
    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers
