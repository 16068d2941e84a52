"""Rules on a logdir as a whole: whether there is anything to show, and what lies where TensorBoard does not look."""

from __future__ import annotations

from collections.abc import Iterator

from projector_export.checks.finding import Finding, fault, note
from projector_export.checks.logdir import ASSETS, ROOT, Place
from projector_export.checks.replay import Run, is_in_assets
from projector_export.checks.scene import Scene
from projector_export.checks.wording import bare, first_few, quoted, quoted_path
from projector_export.formats.projector_config import FILE_NAME
from projector_export.formats.tensor_bundle import STATE_FILE_NAME
from projector_export.formats.viewer_limits import request_breakers

__all__ = ["LOGDIR_RULES"]

PARTIAL = ".partial"


def nothing_to_show(scene: Scene) -> Iterator[Finding]:
    """Tell when no run is listed: the page then says "No checkpoint was found.", whatever the cause."""
    if any(run.is_listed or run.config_problem for run in scene.runs):
        return
    has_config = any(place.has_config for place in scene.logdir.places.values())
    reason = "no config that it can use" if has_config else f"no {FILE_NAME} and no TensorFlow checkpoint"
    yield fault(
        "nothing-to-show",
        ROOT,
        f'TensorBoard finds {reason} in this folder or its runs and will say "No checkpoint was found.".',
        "Give the folder that holds the config as --logdir, export into this one, or mend the other findings.",
    )


def checkpoint_not_in_run(scene: Scene) -> Iterator[Finding]:
    """Find checkpoints in folders that are no runs, where nothing else can be shown."""
    if not scene.readers.with_tensorflow or any(run.is_listed or run.config_problem for run in scene.runs):
        return
    for place in scene.logdir.places.values():
        if not place.is_run and STATE_FILE_NAME in place.files:
            yield fault(
                "checkpoint-not-in-run",
                bare(place.label(STATE_FILE_NAME)),
                "It names a checkpoint, but the folder has no events file, so it is no run and TensorBoard does not look "
                "there.",
                f"Start TensorBoard with --logdir at the folder {quoted(place.label())}, or write an events file into it.",
            )


def config_not_in_run(scene: Scene) -> Iterator[Finding]:
    """Find configs in folders that are no runs."""
    for place in scene.logdir.places.values():
        run = _run_of(scene, place)
        if not place.has_config or run is None or (run.is_run and not is_in_assets(place)) or any(run.events.values()):
            continue
        if run.events:
            yield fault(
                "event-file-without-record",
                bare(place.label(FILE_NAME)),
                f"Its run has the events file {quoted(run.label(next(iter(run.events))))}, in which no event can be read: "
                "TensorBoard's default loader does not list the run and does not read this config.",
                "Write one event there (tensorboard.summary.Writer(folder).close()), or start TensorBoard with "
                "--load_fast=false.",
            )
        else:
            yield fault(
                "config-not-in-run",
                bare(place.label(FILE_NAME)),
                "The folder has no events file, so it is no run and TensorBoard does not read this config.",
                f"Start TensorBoard with --logdir at the folder {quoted(run.label())}, or write an events file into it.",
            )


def _run_of(scene: Scene, place: Place) -> Place | None:
    """Return the folder whose events make TensorBoard read a place's config."""
    if not is_in_assets(place):
        return place
    path = place.path.parents[len(ASSETS.parts) - 1]
    return next((other for other in scene.logdir.places.values() if other.path == path), None)


def config_hidden(scene: Scene) -> Iterator[Finding]:
    """Find a config in the plugin folder, which takes the place of the run's own."""
    for run in scene.runs:
        if run.config_place is not run.place and run.place.has_config:
            yield fault(
                "config-hidden",
                bare(run.place.label(FILE_NAME)),
                f"TensorBoard reads {quoted(run.config_label)} instead of this config, so that its tensors are not shown.",
                "Delete one of the two configs, after moving its tensors into the other.",
            )


def config_misnamed(scene: Scene) -> Iterator[Finding]:
    """Find configs of another name: only the exact one counts."""
    for place in scene.logdir.places.values():
        for name in place.files:
            plain = name.lower().replace("-", "_")
            if plain.startswith("projector_config") and name != FILE_NAME and not place.has_config:
                yield fault(
                    "config-misnamed",
                    bare(place.label(name)),
                    f"TensorBoard reads {FILE_NAME} only, and the file is called {quoted(name)}.",
                    f"Rename it to {FILE_NAME}.",
                )


def keras_weights(scene: Scene) -> Iterator[Finding]:
    """Find Keras 3's HDF5 where the projector needs a TensorFlow checkpoint."""
    if any(run.is_listed for run in scene.runs):
        return
    for place in scene.logdir.places.values():
        names = [name for name in place.files if name.endswith(".weights.h5")]
        if names:
            yield fault(
                "keras-weights-file",
                bare(place.label(names[-1])),
                "Keras 3's TensorBoard(embeddings_freq=...) saves HDF5, which the projector cannot read: nothing is shown.",
                "Export the layer's weights with projector-export instead of embeddings_freq.",
            )


def checkpoint_without_state(scene: Scene) -> Iterator[Finding]:
    """Find a checkpoint without the file ``checkpoint`` beside it, through which it is found."""
    for run in scene.runs:
        if run.checkpoint or run.is_listed or STATE_FILE_NAME in run.place.files:
            continue
        names = [name.removesuffix(".index") for name in run.place.files if name.endswith(".index")]
        if names:
            yield fault(
                "checkpoint-without-state",
                bare(run.place.label(f"{names[-1]}.index")),
                f"There is no file {quoted(STATE_FILE_NAME)} beside it that names the checkpoint, so TensorBoard does not "
                "find it.",
                f"Write a file {STATE_FILE_NAME} with the line model_checkpoint_path: {quoted(names[-1])}, or name the "
                "absolute path as model_checkpoint_path in the config.",
            )


def partial_export(scene: Scene) -> Iterator[Finding]:
    """Find the folder that a killed export leaves behind; one that a config names only keeps a mark that means nothing."""
    named = {f"{run.place.name}/{part}".removeprefix("./") for run in scene.runs for part in _named_folders(run)}
    for place in scene.logdir.places.values():
        if PARTIAL in place.files and place.name not in named:
            yield note(
                "partial-export",
                bare(place.label()),
                "An export was stopped before it was complete; TensorBoard does not show this folder.",
                "Nothing to do: the next export into this logdir removes it.",
            )


def _named_folders(run: Run) -> set[str]:
    infos = run.config.embeddings if run.config else ()
    paths = (path for info in infos for path in (info.tensor_path, info.metadata_path))
    return {path.split("/")[0] for path in paths if "/" in path}


def run_name_breaks_url(scene: Scene) -> Iterator[Finding]:
    """Find runs whose names break the addresses into which the viewer puts them."""
    for run in scene.runs:
        bad = unsafe_in_url(run.name)
        if bad and run.is_listed:
            yield fault(
                "run-name-breaks-url",
                bare(run.place.label()),
                f"The run's name {quoted(run.name)} has {bad}, which the viewer puts into its requests unencoded: nothing of "
                "the run loads.",
                "Rename the folder with letters, digits, '-', '_' and '.'.",
            )


def unsafe_in_url(name: str) -> str:
    """Return the characters of a name that change an address, quoted; empty if there are none."""
    return first_few([quoted(character) for character in request_breakers(name)])


def plugins_in_path(scene: Scene) -> Iterator[Finding]:
    """Find runs below a folder called ``plugins``: their checkpoints are searched two levels up."""
    for run in scene.runs:
        searched = run.config_place.checkpoint_folder
        if scene.readers.with_tensorflow and searched != run.place.path and STATE_FILE_NAME in run.place.files:
            yield fault(
                "plugins-in-path",
                bare(run.place.label(STATE_FILE_NAME)),
                f"A folder above the run is called 'plugins', so TensorBoard looks for the checkpoint in "
                f"{quoted_path(str(searched))} and not here.",
                "Move the logdir out of the folder 'plugins', or name the checkpoint's absolute path in the config.",
            )


LOGDIR_RULES = (
    nothing_to_show,
    checkpoint_not_in_run,
    config_not_in_run,
    config_hidden,
    config_misnamed,
    keras_weights,
    checkpoint_without_state,
    partial_export,
    run_name_breaks_url,
    plugins_in_path,
)
