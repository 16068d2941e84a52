"""Which library reads a model, where its files lie, and a name for what is in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike, fspath
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from projector_export import optional
from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, TransferError

__all__ = ["Library", "ModelFolder", "open_model_folder", "read_json"]

Library: TypeAlias = Literal["sentence_transformers", "transformers", "model2vec"]

MODULES = "modules.json"
CONFIG = "config.json"

_WANTED = frozenset({".json", ".txt", ".model", ".safetensors", ".spm", ".tiktoken", ".jinja"})
_FOREIGN_FOLDERS = frozenset({"onnx", "openvino", "original", "coreml"})
_FOREIGN_NAMES = ("flax_", "tf_", "training_args", "optimizer", "scheduler", "rng_state")
_DOWNLOADS = 4
_MAX_JSON_BYTES = 64 * 2**20
_SAMPLED_BYTES = 2**16
_N_SAMPLES = 64
_WHOLE_BYTES = 2**22


@dataclass(frozen=True)
class ModelFolder:
    """Files of a model on this machine.

    Parameters
    ----------
    name
        Hub id, or last part of the folder's path.
    path
        The folder.
    library
        Which library reads it.
    digest
        SHA-256 of its files: small ones whole, of large ones their sizes and 64 samples.
    """

    name: str
    path: Path
    library: Library
    digest: str

    @property
    def modules(self) -> tuple[Mapping[str, object], ...]:
        """The modules of a sentence-transformers model."""
        found = read_json(self.path / MODULES)
        return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def open_model_folder(
    model: str | PathLike[str], *, revision: str | None = None, backend: str = "torch"
) -> ModelFolder:
    """Find a model's files; those of a model on the Hub are fetched, weights in safetensors where there are any.

    Parameters
    ----------
    model
        A folder, or a Hub id (``OWNER/NAME``).
    revision
        Branch, tag or commit of a model on the Hub.
    backend
        ``"onnx"`` and ``"openvino"`` have files of their own.

    Raises
    ------
    ProjectorExportError
        If there is no such model, no library is known for it, it needs code of its own, or a download fails.
    """
    name = fspath(model)
    path = Path(name).expanduser()
    if path.is_dir():
        if revision is not None:
            raise InvalidInputError(f"{name!r} is a folder and has no revision {revision!r}: leave it out")
        name = path.resolve().name
    elif path.exists():
        raise InvalidInputError(f"{name!r} is a file: give the folder of a model, or its id on the Hub")
    elif not _is_hub_id(name):
        raise NotFoundError(f"there is no folder {name!r}, and no model on the Hub can be called so")
    else:
        path = _fetched(name, revision, backend)
    library = _library_of(path, name)
    _refuse_own_code(path, name)
    return ModelFolder(name, path, library, _digest_of(path))


def read_json(path: Path) -> object:
    """Return what a JSON file of a model says, None where there is no such file.

    Raises
    ------
    CorruptFileError
        If it is no JSON.
    """
    if not path.is_file():
        return None
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise CorruptFileError(f"{path} is larger than any such file should be ({path.stat().st_size:,} bytes)")
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"{path} is no JSON: fetch the model again") from error
    return found


def _is_hub_id(name: str) -> bool:
    parts = name.split("/")
    return len(parts) <= 2 and all(part and part == part.strip(". ") and part.isascii() for part in parts)


def _fetched(name: str, revision: str | None, backend: str) -> Path:
    """Fetch what is needed of a model; offline, take what was fetched before."""
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        try:
            found = HfApi().model_info(name, revision=revision)
        except OfflineModeIsEnabled:
            return Path(snapshot_download(name, revision=revision, local_files_only=True))
        names = [sibling.rfilename for sibling in found.siblings or ()]
        needed = _needed(names, backend)
        with ThreadPoolExecutor(_DOWNLOADS) as pool:
            paths = list(pool.map(lambda each: hf_hub_download(name, each, revision=revision), needed))
        if not paths:
            raise NotFoundError(f"{name!r} holds no files of a model that turns texts into vectors")
        return Path(paths[0]).parents[len(PurePosixPath(needed[0]).parts) - 1]
    except RevisionNotFoundError as error:
        raise NotFoundError(f"{name!r} has no revision {revision!r} on the Hub") from error
    except RepositoryNotFoundError as error:
        raise NotFoundError(f"there is no folder and no model {name!r} on the Hub that you may read") from error
    except LocalEntryNotFoundError as error:
        raise TransferError(
            f"there is no folder {name!r}, and the Hub cannot be asked for a model of that id: go online, or give a folder"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise TransferError(f"{name!r} cannot be fetched from the Hub: {type(error).__name__}") from error


def _needed(names: Sequence[str], backend: str) -> list[str]:
    """Return which files of a model are fetched: pickled weights only where no others lie in their folder."""
    folders = {PurePosixPath(name).parent for name in names if name.endswith(".safetensors")}
    needed = []
    for name in names:
        path = PurePosixPath(name)
        is_foreign = path.parts[0] in _FOREIGN_FOLDERS - {backend} or path.name.startswith(_FOREIGN_NAMES)
        is_pickled = path.suffix == ".bin" and path.parent not in folders
        is_of_backend = path.parts[0] == backend
        if not is_foreign and (path.suffix in _WANTED or is_pickled or is_of_backend):
            needed.append(name)
    return needed


def _library_of(path: Path, name: str) -> Library:
    config = read_json(path / CONFIG)
    declared = config if isinstance(config, dict) else {}
    if declared.get("model_type") == "model2vec" or declared.get("architectures") == ["StaticModel"]:
        return "model2vec"
    if (path / MODULES).is_file():
        return "sentence_transformers"
    if "model_type" in declared or "architectures" in declared:
        return "transformers"
    raise NotFoundError(
        f"{name!r} is no model that turns texts into vectors: it has neither {MODULES} nor a {CONFIG} that names its kind"
    )


def _refuse_own_code(path: Path, name: str) -> None:
    """Refuse models that want Python files of their own to be run, or modules of packages that nobody expects."""
    modules = read_json(path / MODULES)
    folders = [path]
    for module in modules if isinstance(modules, list) else []:
        kind, part = (str(module.get(key, "")) for key in ("type", "path")) if isinstance(module, dict) else ("", "")
        if not kind.startswith("sentence_transformers."):
            raise InvalidInputError(f"{name!r} needs code of its own ({kind!r} in {MODULES}), which is never run")
        if PurePosixPath(part).is_absolute() or ".." in PurePosixPath(part).parts or "\\" in part:
            raise InvalidInputError(f"{name!r} names the folder {part!r} in {MODULES}, which lies outside the model")
        folders.append(path / part)
    for folder in folders:
        config = read_json(folder / CONFIG)
        if isinstance(config, dict) and config.get("auto_map") and not _is_known(config):
            raise InvalidInputError(
                f"{name!r} needs code of its own (auto_map in {CONFIG}), which is never run: "
                "encode the texts with it yourself and export the vectors"
            )


def _is_known(config: Mapping[str, object]) -> bool:
    """Tell whether transformers has the model's classes itself, so that the model's own ones are not needed."""
    with optional.required_for("encoding texts", extra="texts"):
        from transformers import CONFIG_MAPPING

    return config.get("model_type") in CONFIG_MAPPING


def _digest_of(folder: Path) -> str:
    digest = sha256()
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(each for each in names if not each.startswith(".") and not each.endswith(".md")):
            path = Path(root, name)
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            _add_content(digest.update, path)
    return digest.hexdigest()


def _add_content(add: Callable[[bytes], None], path: Path) -> None:
    size = path.stat().st_size
    with open(path, "rb") as file:
        if size <= _WHOLE_BYTES:
            add(file.read())
            return
        for sample in range(_N_SAMPLES):
            file.seek((size - _SAMPLED_BYTES) * sample // (_N_SAMPLES - 1))
            add(file.read(_SAMPLED_BYTES))
