"""Rules on the paths of a config: under its folder, there, and a file.

Reader: ``projector_plugin.py`` (``_rel_to_abs_asset_path`` since TensorBoard 2.21, ``_serve_metadata``,
``_serve_bookmarks``, ``_serve_sprite_image``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from projector_export.checks.asset_path import is_file, is_outside, resolved
from projector_export.checks.finding import Finding, fault, warning
from projector_export.checks.scene import TensorScene
from projector_export.checks.wording import quoted_path
from projector_export.formats.projector_config import EmbeddingInfo

__all__ = ["ASSETS", "Asset", "located"]


@dataclass(frozen=True)
class Asset:
    """A kind of file that a config names, and what happens when it cannot be had."""

    kind: str
    field: str
    effect: str

    def path_in(self, info: EmbeddingInfo) -> str:
        """Return the path that an entry gives for it."""
        return {
            "tensor": info.tensor_path,
            "metadata": info.metadata_path,
            "sprite": info.sprite_path,
            "bookmarks": info.bookmarks_path,
        }[self.kind]


ASSETS = (
    Asset("tensor", "tensor_path", "the tensor is not shown"),
    Asset("metadata", "metadata_path", "the viewer shows an error and no data at all"),
    Asset("sprite", "sprite.image_path", "the page loads for ever and shows nothing"),
    Asset("bookmarks", "bookmarks_path", "the viewer shows an error and no saved view"),
)


def located(scene: TensorScene, asset: Asset) -> tuple[Path | None, list[Finding]]:
    """Return the file of an asset (None where it cannot be had or is not named), and what is wrong with its path."""
    given = asset.path_in(scene.info)
    if not given:
        return None, []
    path = resolved(given, scene.folder)
    if path is None or "://" in given:
        return None, [_missing(scene, asset, given)]
    if is_outside(path, scene.folder):
        return None, [_outside(scene, asset, given, path)]
    if not is_file(path):
        return None, [_missing(scene, asset, given)]
    return path, list(_absolute(scene, asset, given))


def _outside(scene: TensorScene, asset: Asset, given: str, path: Path) -> Finding:
    link = "" if Path(given).is_absolute() or ".." in Path(given).parts else f" (a link to {quoted_path(str(path))})"
    return fault(
        "outside-config-folder",
        scene.where(),
        f"{asset.field} {quoted_path(given)}{link} lies outside the config's folder, which TensorBoard refuses since 2.21: "
        f"{asset.effect}.",
        f"Copy the file into the folder of {quoted_path(scene.config_label)} and give its path relative to it.",
    )


def _missing(scene: TensorScene, asset: Asset, given: str) -> Finding:
    after = " Tensors after it in the list have no shape and stay hidden too." if asset.kind == "tensor" else ""
    cause = "is a folder" if _is_folder(scene, given) else "is not there"
    return fault(
        f"{asset.kind}-file-missing",
        scene.where(),
        f"{asset.field} {quoted_path(given)} {cause}: {asset.effect}.{after}",
        _remedy(asset, given),
    )


def _remedy(asset: Asset, given: str) -> str:
    if "\\" in given or not given.isprintable():
        return "Write the path with forward slashes: in a config a backslash begins an escape."
    if "://" in given:
        return "Copy the file beside the config: TensorBoard 2.21 reads local files only."
    return f"Put the file there (paths are relative to the config), or take {asset.field} out of the config."


def _is_folder(scene: TensorScene, given: str) -> bool:
    path = resolved(given, scene.folder)
    try:
        return path is not None and path.is_dir()
    except (OSError, ValueError):
        return False


def _absolute(scene: TensorScene, asset: Asset, given: str) -> Iterator[Finding]:
    if Path(given).is_absolute() or given.startswith("~"):
        yield warning(
            "absolute-path",
            scene.where(),
            f"{asset.field} {quoted_path(given)} is absolute: it works until the folder is moved.",
            "Give the path relative to the config.",
        )
