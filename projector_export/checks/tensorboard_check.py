"""All rules on a TensorBoard logdir, in the order in which TensorBoard walks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from projector_export.checks.asset_checks import Outcome, asset_findings, unreadable
from projector_export.checks.checkpoint import Checkpoint, load, rows_of, shard_problem, value_problem
from projector_export.checks.checkpoint_rules import CHECKPOINT_RULES
from projector_export.checks.config_rules import CONFIG_RULES
from projector_export.checks.finding import Finding, Readers, ShownTensor, fault, note, warning
from projector_export.checks.logdir import ROOT, survey
from projector_export.checks.logdir_rules import LOGDIR_RULES
from projector_export.checks.path_rules import ASSETS, located
from projector_export.checks.replay import Entry, Run, read_run
from projector_export.checks.scene import RunScene, Scene, TensorScene
from projector_export.checks.statistics import gather
from projector_export.checks.tensor_file import read_tensor_file
from projector_export.checks.value_rules import is_listed, shape_findings, value_findings
from projector_export.checks.wording import bare
from projector_export.formats.viewer_limits import MAX_ROWS

__all__ = ["check_logdir"]

LARGE_TEXT_BYTES = 50 * 2**20


def check_logdir(
    folder: Path, readers: Readers, progress: Callable[[int, int], None] | None
) -> tuple[list[ShownTensor], list[Finding]]:
    """Replay TensorBoard on a folder and return what it shows and what goes wrong."""
    logdir = survey(folder)
    scene = Scene(logdir, tuple(read_run(logdir, place, readers) for place in logdir.runs), readers)
    findings = [finding for rule in LOGDIR_RULES for finding in rule(scene)]
    shown: list[ShownTensor] = []
    work = [(run, entry) for run in scene.runs for entry in run.entries()]
    for run in scene.runs:
        run_scene = RunScene(scene, run)
        findings += [finding for rule in (*CONFIG_RULES, *CHECKPOINT_RULES) for finding in rule(run_scene)]
    for done, (run, entry) in enumerate(work):
        if progress:
            progress(done, len(work))
        tensor = _tensor_scene(run, entry, readers)
        outcome = _check_entry(tensor, run, entry)
        findings += outcome.findings
        if is_listed(outcome.shape):
            _show(shown, run, tensor, outcome)
    if progress:
        progress(len(work), len(work))
    return shown, findings


def _show(shown: list[ShownTensor], run: Run, tensor: TensorScene, outcome: Outcome) -> None:
    name = tensor.info.tensor_name
    if name and not any(other.run == run.name and other.name == name for other in shown):
        shape = (min(outcome.shape[0], MAX_ROWS), outcome.shape[1])
        shown.append(ShownTensor(run.name, name, shape, outcome.n_labels))


def _tensor_scene(run: Run, entry: Entry, readers: Readers) -> TensorScene:
    place = run.config_place
    prefix = "" if place.name == ROOT else f"{place.name}/"
    return TensorScene(entry.info, place.path, prefix, run.config_label, run.name, readers)


def _check_entry(tensor: TensorScene, run: Run, entry: Entry) -> Outcome:
    if not (tensor.info.tensor_name or tensor.info.tensor_path):
        return Outcome((), None, ())
    findings: list[Finding] = []
    files: dict[str, Path] = {}
    for asset in ASSETS:
        path, problems = located(tensor, asset)
        findings += problems
        if path:
            files[asset.kind] = path
    try:
        shape, more = _check_tensor(tensor, run, entry, files.get("tensor"))
    except OSError as error:
        shape, more = (), [unreadable(tensor, tensor.info.tensor_path, error)]
    n_labels, others = asset_findings(tensor, files, shape)
    return Outcome(shape, n_labels, (*findings, *more, *others))


def _check_tensor(
    tensor: TensorScene, run: Run, entry: Entry, path: Path | None
) -> tuple[tuple[int, ...], list[Finding]]:
    """Return a tensor's shape, empty where it cannot be loaded, and what is wrong with its values."""
    if path:
        return _check_file(tensor, path)
    if tensor.info.tensor_path or run.checkpoint is None:
        return (), []
    return _check_variable(tensor, run, entry)


def _check_file(tensor: TensorScene, path: Path) -> tuple[tuple[int, ...], list[Finding]]:
    reading = read_tensor_file(tensor, path)
    findings = list(reading.findings)
    if reading.shape:
        findings += shape_findings(tensor, reading.shape)
        findings += value_findings(tensor, reading.statistics)
    if reading.kind == "text" and path.stat().st_size > LARGE_TEXT_BYTES:
        findings.append(
            note(
                "large-text",
                tensor.where(tensor.info.tensor_path),
                f"It is {path.stat().st_size / 2**20:,.0f} MiB of text, which TensorBoard parses each time that it starts.",
                "Write raw float32 with tensor_shape instead: a fifth of the size, and read at once.",
            )
        )
    return reading.shape, [*findings, *_shared_shard(tensor, path)]


def _shared_shard(tensor: TensorScene, path: Path) -> Iterator[Finding]:
    """Compare a tensor file that is a checkpoint's data shard too with the checkpoint's index."""
    name, mark, _ = path.name.rpartition(".data-")
    checkpoint: Checkpoint | None = load(path.with_name(name)) if mark else None
    for entry in checkpoint.entries if checkpoint else ():
        problem = checkpoint and (shard_problem(checkpoint, entry) or value_problem(checkpoint, entry))
        if problem:
            yield warning(
                "shard-differs-from-index",
                tensor.where(tensor.info.tensor_path),
                f"It is also the data of a checkpoint, which TensorFlow can no longer read: {bare(problem)}.",
                "Export again, or delete the checkpoint's index if only TensorBoard reads this file.",
            )


def _check_variable(tensor: TensorScene, run: Run, entry: Entry) -> tuple[tuple[int, ...], list[Finding]]:
    found = run.checkpoint
    variable = found.entry(tensor.info.tensor_name) if found else None
    if found is None or variable is None or len(variable.shape) != 2 or variable.dtype == "string":
        return (), []
    if shard_problem(found, variable):
        return (), []
    damage = value_problem(found, variable)
    if damage:
        return (), [
            fault(
                "checkpoint-data-corrupt",
                tensor.where(),
                f"TensorFlow refuses the tensor: {bare(damage)}.",
                "Copy the checkpoint's files again, or save it again.",
            )
        ]
    findings = list(shape_findings(tensor, variable.shape)) if entry.position is not None else []
    rows = rows_of(found, variable) if is_listed(variable.shape) else None
    if rows is not None:
        findings += value_findings(tensor, gather(rows, max_rows=MAX_ROWS))
    return variable.shape, list(_kept(findings, entry))


def _kept(findings: list[Finding], entry: Entry) -> Iterator[Finding]:
    """Leave out what is usual for variables that nobody asked to see."""
    for finding in findings:
        if entry.position is not None or finding.severity == "fault":
            yield finding
