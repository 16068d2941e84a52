"""All rules on a folder for the standalone projector, where a browser reads every file by itself.

Reader: ``vz_projector/data-provider-demo.ts``. It takes paths as they are, relative to the page, and reads a tensor as raw
little-endian float32 exactly when its path ends in ``.bytes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from projector_export.checks.asset_checks import asset_findings, unreadable
from projector_export.checks.asset_path import is_file, is_outside, read_head, resolved
from projector_export.checks.config_rules import name_findings
from projector_export.checks.finding import Finding, Readers, ShownTensor, fault, note, warning
from projector_export.checks.path_rules import ASSETS, Asset
from projector_export.checks.scene import TensorScene
from projector_export.checks.standalone_tensor import check_tensor
from projector_export.checks.value_rules import is_listed
from projector_export.checks.wording import bare, first_few, quoted, quoted_path
from projector_export.errors import CorruptFileError
from projector_export.formats import standalone_config
from projector_export.formats.projector_config import EmbeddingInfo

__all__ = ["check_standalone"]

LARGEST_CONFIG_BYTES = 2**26


def check_standalone(
    folder: Path, progress: Callable[[int, int], None] | None
) -> tuple[list[ShownTensor], list[Finding]]:
    """Replay the standalone viewer on a folder and return what it shows and what goes wrong."""
    data = read_head(folder / standalone_config.FILE_NAME, LARGEST_CONFIG_BYTES) or b""
    try:
        embeddings = standalone_config.decode(data.decode("utf-8"), where="it")
    except (CorruptFileError, UnicodeDecodeError) as error:
        return [], [
            fault(
                "config-unreadable",
                standalone_config.FILE_NAME,
                f"The viewer cannot use it: {bare(str(error))}.",
                'Write {"embeddings": [{"tensorName": ..., "tensorShape": [N, D], "tensorPath": ...}]}.',
            )
        ]
    findings = list(name_findings(list(embeddings), standalone_config.FILE_NAME))
    findings += _page_findings(embeddings)
    shown: list[ShownTensor] = []
    for done, given in enumerate(embeddings):
        if progress:
            progress(done, len(embeddings))
        info = replace(given, tensor_shape=tuple(map(int, given.tensor_shape)))
        scene = TensorScene(info, folder, "", standalone_config.FILE_NAME, None, Readers())
        findings += _check_entry(scene, shown)
    if progress:
        progress(len(embeddings), len(embeddings))
    return shown, findings


def _page_findings(embeddings: tuple[EmbeddingInfo, ...]) -> Iterator[Finding]:
    given = [path for info in embeddings for asset in ASSETS if (path := asset.path_in(info))]
    if not embeddings:
        yield fault(
            "config-without-tensors",
            standalone_config.FILE_NAME,
            "It names no tensor, so there is nothing to show.",
            "Add entries to its list 'embeddings'.",
        )
    relative = [path for path in given if not urlsplit(path).scheme]
    if relative:
        yield note(
            "paths-relative-to-page",
            standalone_config.FILE_NAME,
            f"The viewer takes {first_few(map(quoted, relative[:1]))} and the like relative to its page, not to this file.",
            "Serve the page from this folder, or give addresses that begin with https:// for projector.tensorflow.org.",
        )
    insecure = [path for path in given if urlsplit(path).scheme == "http"]
    if insecure:
        yield warning(
            "insecure-address",
            standalone_config.FILE_NAME,
            f"{quoted(insecure[0])} begins with http://, which a browser refuses on a page of https://.",
            "Serve the files by https.",
        )


def _check_entry(scene: TensorScene, shown: list[ShownTensor]) -> Iterator[Finding]:
    files: dict[str, Path] = {}
    for asset in ASSETS:
        path, problems = _located(scene, asset)
        yield from problems
        if path:
            files[asset.kind] = path
    shape, findings = check_tensor(scene, files.get("tensor"))
    yield from findings
    try:
        n_labels, others = asset_findings(scene, files, shape or scene.info.tensor_shape)
    except OSError as error:
        n_labels, others = None, [unreadable(scene, "", error)]
    yield from others
    name = scene.info.tensor_name
    if is_listed(scene.info.tensor_shape) and is_listed(shape) and not any(other.name == name for other in shown):
        shown.append(ShownTensor("", name, (shape[0], shape[1]), n_labels))


def _located(scene: TensorScene, asset: Asset) -> tuple[Path | None, list[Finding]]:
    given = asset.path_in(scene.info)
    if not given:
        return None, [] if asset.kind != "tensor" else [_without_path(scene)]
    address = _split(given)
    if address is None or address[0]:
        return _remote(scene, asset, given, address)
    path = resolved(address[1], scene.folder)
    if path is not None and is_outside(path, scene.folder):
        return None, [
            fault(
                "outside-folder",
                scene.where(),
                f"{asset.field} {quoted_path(given)} lies outside this folder, where a page served from it cannot reach: "
                f"{asset.effect}.",
                "Copy the file into the folder and give its path relative to the page.",
            )
        ]
    if path is None or not is_file(path):
        return None, [
            fault(
                f"{asset.kind}-file-missing",
                scene.where(),
                f"{asset.field} {quoted_path(given)} is not there: {asset.effect}.",
                "Put the file there, or correct the path.",
            )
        ]
    return path, []


def _without_path(scene: TensorScene) -> Finding:
    return fault(
        "tensor-without-path", scene.where(), "It has no tensorPath, so there is nothing to load.", "Add tensorPath."
    )


def _split(given: str) -> tuple[str, str] | None:
    """Return an address's scheme and its path without query; None for no possible address."""
    try:
        parts = urlsplit(given)
    except ValueError:
        return None
    return parts.scheme or parts.netloc, unquote(parts.path)


def _remote(
    scene: TensorScene, asset: Asset, given: str, address: tuple[str, str] | None
) -> tuple[Path | None, list[Finding]]:
    """Look for the local file that an address is a copy of: the longest end of its path that exists here."""
    parts = [part for part in (address[1] if address else "").split("/") if part not in {"", ".", ".."}]
    for start in range(len(parts)):
        path = resolved("/".join(parts[start:]), scene.folder)
        if path and not is_outside(path, scene.folder) and is_file(path):
            return path, []
    if address and address[0] == "data":
        return None, []
    return None, [
        note(
            "address-not-followed",
            scene.where(),
            f"{asset.field} {quoted_path(given)} is an address, which is not followed here.",
            "See that its server sends Access-Control-Allow-Origin.",
        )
    ]
