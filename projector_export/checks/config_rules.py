"""Rules on one run's config: whether it can be read, and what becomes of its names."""

from __future__ import annotations

from collections.abc import Iterator

from projector_export.checks.finding import Finding, fault, note, warning
from projector_export.checks.logdir_rules import unsafe_in_url
from projector_export.checks.scene import RunScene
from projector_export.checks.wording import bare, quoted
from projector_export.formats.projector_config import EmbeddingInfo

__all__ = ["CONFIG_RULES", "name_findings"]


def config_unreadable(scene: RunScene) -> Iterator[Finding]:
    """Find a config that does not parse: it makes every request of the plugin fail."""
    if scene.run.config_problem:
        yield fault(
            "config-unreadable",
            scene.where,
            f"TensorBoard cannot read it ({bare(scene.run.config_problem)}), and then shows nothing of any run.",
            "Mend that line (paths with forward slashes: a backslash is an escape here), or delete the file.",
        )


def config_without_tensors(scene: RunScene) -> Iterator[Finding]:
    """Find a config that names nothing."""
    config = scene.run.config
    if config is not None and not config.embeddings and not scene.run.is_listed:
        yield fault(
            "config-without-tensors",
            scene.where,
            "It names no tensor, so there is nothing to show.",
            'Add embeddings { tensor_name: "..." tensor_path: "..." }.',
        )


def checkpoint_dir_ignored(scene: RunScene) -> Iterator[Finding]:
    """Find the field that nobody reads."""
    if scene.run.config and scene.run.config.model_checkpoint_dir:
        yield warning(
            "checkpoint-dir-ignored",
            scene.where,
            f"TensorBoard never reads model_checkpoint_dir ({quoted(scene.run.config.model_checkpoint_dir)}).",
            "Use model_checkpoint_path with the absolute path of the checkpoint, without its suffix.",
        )


def names(scene: RunScene) -> Iterator[Finding]:
    """Find names that are missing, doubled, shortened, or that break an address."""
    if scene.run.config:
        for entry in scene.run.entries():
            if entry.position is not None:
                yield from _missing_name(scene, entry.position, entry.info)
        listed = [entry.info for entry in scene.run.entries() if entry.info.tensor_name]
        yield from name_findings(listed, scene.where)
        yield from _stripped_names(scene, scene.run.config.embeddings)


def _missing_name(scene: RunScene, position: int, info: EmbeddingInfo) -> Iterator[Finding]:
    where = f"{scene.where}, embeddings {position + 1}"
    if not info.tensor_name and info.tensor_path:
        yield fault(
            "name-missing",
            where,
            f"The tensor of {quoted(info.tensor_path)} has no tensor_name; only the first one with a file is named after it, "
            "so this one cannot be loaded.",
            "Give each tensor a tensor_name.",
        )
    elif not info.tensor_name and position:
        yield fault(
            "name-missing",
            where,
            "It has neither tensor_name nor tensor_path; only in first place does that stand for all tensors of the "
            "checkpoint.",
            "Give it a tensor_name, or move it to the first place.",
        )


def _stripped_names(scene: RunScene, embeddings: tuple[EmbeddingInfo, ...]) -> Iterator[Finding]:
    for position, info in enumerate(embeddings):
        if info.tensor_name.endswith(":0"):
            yield note(
                "name-loses-suffix",
                f"{scene.where}, embeddings {position + 1}",
                f"The viewer shows the tensor {quoted(info.tensor_name)} as {quoted(info.tensor_name[:-2])}.",
                "Leave out the ':0'.",
            )


def name_findings(listed: list[EmbeddingInfo], where: str) -> Iterator[Finding]:
    """Find names that are given twice or that break an address."""
    seen: dict[str, int] = {}
    for info in listed:
        seen[info.canonical_name] = seen.get(info.canonical_name, 0) + 1
        if seen[info.canonical_name] == 2:
            yield fault(
                "name-doubled",
                where,
                f"Several tensors are called {quoted(info.tensor_name)}; only the first is ever shown.",
                "Rename the others.",
            )
        bad = unsafe_in_url(info.tensor_name)
        if bad and seen[info.canonical_name] == 1:
            yield fault(
                "name-breaks-url",
                where,
                f"The tensor's name {quoted(info.tensor_name)} has {bad}, which the viewer puts into its requests unencoded: "
                "it cannot be loaded.",
                "Rename it with letters, digits, '-', '_', '/' and '.'.",
            )


CONFIG_RULES = (config_unreadable, config_without_tensors, checkpoint_dir_ignored, names)
