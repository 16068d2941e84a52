"""Rules on a run's checkpoint: whether it is found, can be read, and holds what the config names."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from projector_export.checks.checkpoint import read_state, shard_problem
from projector_export.checks.finding import Finding, fault, note, warning
from projector_export.checks.logdir import ROOT
from projector_export.checks.scene import RunScene
from projector_export.checks.wording import bare, first_few, quoted, quoted_path
from projector_export.formats.projector_config import EmbeddingInfo
from projector_export.formats.tensor_entry import TensorEntry

__all__ = ["CHECKPOINT_RULES"]

KERAS_NAME = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
VALUE_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def path_named(scene: RunScene) -> Iterator[Finding]:
    """Judge ``model_checkpoint_path``, which is relative to where TensorBoard was started and never searched for."""
    config = scene.run.config
    if not config or not config.model_checkpoint_path or not scene.readers.with_tensorflow:
        return
    path = config.model_checkpoint_path
    if not Path(path).is_absolute() and "://" not in path:
        yield fault(
            "checkpoint-path-relative",
            scene.where,
            f"model_checkpoint_path {quoted_path(path)} is relative to the folder in which TensorBoard is started, not to the "
            "config.",
            "Give the absolute path, or leave the field out: the run's latest checkpoint is found by itself.",
        )
    elif scene.run.checkpoint is None:
        yield fault(
            "checkpoint-path-missing",
            scene.where,
            f"There is no checkpoint {quoted_path(path)}; with TensorFlow installed the whole run is then left out, "
            "tensor files too.",
            "Correct model_checkpoint_path (without .index or .data suffix), or leave it out.",
        )
    elif scene.run.latest and str(scene.run.latest) != path:
        yield warning(
            "checkpoint-path-not-latest",
            scene.where,
            f"model_checkpoint_path is {quoted_path(path)}, but the latest checkpoint is {quoted(scene.run.latest.name)}: "
            "TensorBoard then reads all tensors again at every request.",
            "Name the latest checkpoint, or leave the field out.",
        )


def state(scene: RunScene) -> Iterator[Finding]:
    """Find a file ``checkpoint`` that names what is not there."""
    found = read_state(scene.run.place.path)
    if not found or found.exists or not scene.readers.with_tensorflow:
        return
    names = "no checkpoint" if found.prefix is None else f"{quoted(found.prefix.name)}, which is not there"
    severity = warning if scene.run.is_listed else fault
    yield severity(
        "checkpoint-state-dangling",
        f"{bare(scene.run.place.label(found.path.name))}, run {quoted(scene.run.name)}",
        f"It names {names}, so TensorBoard finds no checkpoint here.",
        'Write model_checkpoint_path: "NAME" into it, NAME.index being a file of this folder.',
    )


def unreadable(scene: RunScene) -> Iterator[Finding]:
    """Find a damaged index, or one that promises bytes which are not there."""
    found = scene.run.checkpoint
    if not found or not scene.readers.with_tensorflow:
        return
    if found.problem:
        yield fault(
            "checkpoint-unreadable",
            f"{bare(found.index_path.name)}, run {quoted(scene.run.name)}",
            f"TensorFlow cannot read the checkpoint: {bare(found.problem)}.",
            "Save it again.",
        )
    lost = [(entry, problem) for entry in _tables(scene) if (problem := shard_problem(found, entry))]
    if lost:
        yield fault(
            "checkpoint-data-missing",
            f"{bare(found.prefix.name)}, run {quoted(scene.run.name)}",
            f"{len(lost):,} tensors cannot be read ({quoted(lost[0][0].name)}: {bare(lost[0][1])}).",
            "Copy all files of the checkpoint again, the .data shards too, or save it again.",
        )


def _tables(scene: RunScene) -> list[TensorEntry]:
    entries = scene.run.checkpoint.entries if scene.run.checkpoint else ()
    return [entry for entry in entries if len(entry.shape) == 2 and ".OPTIMIZER_SLOT" not in entry.name]


def needs_tensorflow(scene: RunScene) -> Iterator[Finding]:
    """Tell what is lost without TensorFlow beside TensorBoard, for then no checkpoint is read."""
    wanted = _wanted(scene)
    found = scene.run.checkpoint
    verdict = scene.readers.verdict(fails_with=False, fails_without=True)
    if not verdict or not (found or (wanted and not scene.readers.with_tensorflow)):
        return
    names = [quoted(info.tensor_name) for info in wanted] or [quoted(entry.name) for entry in _tables(scene)]
    if not names or (scene.run.config and not wanted):
        return
    yield Finding(
        "needs-tensorflow",
        verdict[0],
        scene.where,
        f"Without TensorFlow beside TensorBoard the checkpoint is not read, so that nothing is shown of {first_few(names)}.",
        "Install tensorflow where TensorBoard runs, or export the tensor to a file named by tensor_path (projector-export "
        "writes both at once).",
    )


def _wanted(scene: RunScene) -> list[EmbeddingInfo]:
    config = scene.run.config
    return [info for info in config.embeddings if not info.tensor_path] if config else []


def not_in_checkpoint(scene: RunScene) -> Iterator[Finding]:
    """Find names that the checkpoint does not hold, the classic cause of missing labels."""
    found = scene.run.checkpoint
    if not scene.readers.with_tensorflow or (found and found.problem):
        return
    for info in _wanted(scene):
        name = info.tensor_name.removesuffix(":0")
        entry = found.entry(name) if found else None
        if entry or not name:
            yield from _shape_findings(scene, info, entry)
        else:
            yield _absent(scene, name)


def _absent(scene: RunScene, name: str) -> Finding:
    names = [entry.name for entry in _tables(scene)]
    near = [other for other in names if name in other] or difflib.get_close_matches(name, names, n=3, cutoff=0.3)
    code = "keras-hard-coded-name" if name == KERAS_NAME else "tensor-not-in-checkpoint"
    place = "the checkpoint" if scene.run.checkpoint else "any checkpoint, for none was found"
    origin = " (a name that Keras writes whatever the model is)" if name == KERAS_NAME else ""
    hint = (
        f"Write tensor_name: {quoted(near[0])}" if near else "Give it a tensor_path, or save a checkpoint that holds it"
    )
    more = f" (there are also {first_few(map(quoted, near[1:]))})" if near[1:] else ""
    suffix = f"; names of TensorFlow 2 end in {VALUE_SUFFIX}" if near and near[0].endswith(VALUE_SUFFIX) else ""
    return fault(
        code,
        scene.where,
        f"The tensor {quoted(name)}{origin} is not in {place}: it is not shown, nor its metadata.",
        f"{hint}{more}{suffix}.",
    )


def _shape_findings(scene: RunScene, info: EmbeddingInfo, entry: TensorEntry | None) -> Iterator[Finding]:
    if entry is None:
        return
    if len(entry.shape) != 2 or entry.dtype == "string":
        yield fault(
            "checkpoint-tensor-not-a-table",
            scene.where,
            f"The tensor {quoted(entry.name)} is {entry.dtype} of shape {list(entry.shape)}, and only a table of numbers "
            "(two dimensions) is shown.",
            "Name a two-dimensional tensor.",
        )
    elif info.tensor_shape and info.tensor_shape != entry.shape:
        yield fault(
            "tensor-shape-mismatch",
            scene.where,
            f"tensor_shape is {list(info.tensor_shape)}, but {quoted(entry.name)} in the checkpoint has shape "
            f"{list(entry.shape)}.",
            "Leave tensor_shape out: a checkpoint knows its shapes.",
        )


def other_tensors(scene: RunScene) -> Iterator[Finding]:
    """Tell which other variables of the checkpoint TensorBoard adds to the list: every two-dimensional one."""
    if not scene.readers.with_tensorflow:
        return
    added = [entry.info for entry in scene.run.entries() if entry.position is None and min(entry.info.tensor_shape) > 1]
    strings = {entry.name for entry in _tables(scene) if entry.dtype == "string"}
    for info in added:
        if info.tensor_name in strings:
            yield fault(
                "checkpoint-tensor-not-a-table",
                scene.where,
                f"The viewer will offer {quoted(info.tensor_name)}, which holds texts and cannot be loaded.",
                "Save a checkpoint without it.",
            )
    if added and scene.run.config and scene.run.config.embeddings:
        yield note(
            "checkpoint-other-tensors",
            scene.where,
            f"With TensorFlow installed the viewer also offers {len(added):,} other tensors of the checkpoint, without labels: "
            f"{first_few(quoted(info.tensor_name) for info in added)}.",
            "Nothing to do, or save a checkpoint of the embeddings alone.",
        )


def parent_checkpoint(scene: RunScene) -> Iterator[Finding]:
    """Tell that a run without a checkpoint takes the one of the folder above."""
    run = scene.run
    own = read_state(run.place.path)
    named = run.config and run.config.model_checkpoint_path
    if run.latest and not named and not (own and own.exists) and scene.readers.with_tensorflow:
        above = "the folder above the logdir" if run.name == ROOT else "the folder above the run"
        yield note(
            "checkpoint-of-parent",
            scene.where,
            f"The checkpoint {quoted(run.latest.name)} of {above} is shown here too.",
            "Nothing to do, or move one of them elsewhere.",
        )


CHECKPOINT_RULES = (
    path_named,
    state,
    unreadable,
    needs_tensorflow,
    not_in_checkpoint,
    other_tensors,
    parent_checkpoint,
)
