"""Faults of logdirs: runs, configs, paths, tensors, checkpoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from planted import N_DIMS, N_ROWS, Planted, collector, vectors

CASES, case = collector()
PBTXT = "projector_config.pbtxt"


@case("nothing-to-show", "No checkpoint was found", server=True)
def no_config(folder: Planted) -> None:
    (folder.root / PBTXT).unlink()


@case("config-not-in-run", "runs/a/projector_config.pbtxt", "runs/a", server=True)
def config_in_a_folder_without_events(folder: Planted) -> None:
    move_to_run(folder, "runs/a", events=False)


@case("event-file-without-record", "runs/a/events.out.tfevents.1.host")
def empty_event_file(folder: Planted) -> None:
    move_to_run(folder, "runs/a", events=False)
    folder.file("runs/a/events.out.tfevents.1.host").write_bytes(b"")


@case("config-misnamed", "projector_config.pbtext", server=True)
def wrong_config_name(folder: Planted) -> None:
    (folder.root / PBTXT).rename(folder.root / "projector_config.pbtext")


@case("config-hidden", "plugins/org_tensorflow_tensorboard_projector")
def config_in_the_plugin_folder(folder: Planted) -> None:
    move_to_run(folder, "a", events=True)
    assets = "a/plugins/org_tensorflow_tensorboard_projector"
    folder.tensor(vectors(), f"{assets}/v.bytes")
    other = replace(folder.info, tensor_path="v.bytes", metadata_path="", bookmarks_path="", sprite_path="")
    folder.configs(replace(other, tensor_name="other", sprite_size=()), path=f"{assets}/{PBTXT}")


@case("config-unreadable", "projector_config.pbtxt", "colour", server=True)
def unknown_field(folder: Planted) -> None:
    with open(folder.root / PBTXT, "a") as file:
        file.write('colour: "red"\n')


@case("config-unreadable", "forward slashes", server=True)
def backslash_escape(folder: Planted) -> None:
    folder.file(PBTXT).write_text('embeddings { tensor_name: "w" tensor_path: "C:\\Users\\w.tsv" }\n')


@case("tensor-file-missing", "forward slashes", server=True)
def backslash_swallowed(folder: Planted) -> None:
    folder.file(PBTXT).write_text('embeddings { tensor_name: "w" tensor_path: "data\\tensor.tsv" }\n')


@case("config-unreadable", "UTF-8", server=True)
def config_not_utf8(folder: Planted) -> None:
    with open(folder.root / PBTXT, "ab") as file:
        file.write(b"# \xff\n")


@case("config-without-tensors", "names no tensor", server=True)
def empty_config(folder: Planted) -> None:
    folder.configs()


@case("checkpoint-dir-ignored", "model_checkpoint_dir", "'logs'", severity="warning", server=False)
def checkpoint_dir(folder: Planted) -> None:
    folder.configs(folder.info, model_checkpoint_dir="logs")


@case("name-doubled", "'words'")
def doubled_name(folder: Planted) -> None:
    folder.configs(folder.info, replace(folder.info, tensor_name="words:0"))


@case("name-missing", "words/vectors.bytes", server=True)
def second_tensor_without_name(folder: Planted) -> None:
    folder.configs(folder.info, replace(folder.info, tensor_name=""))


@case("name-breaks-url", "'a&b'", "'&'")
def ampersand_in_name(folder: Planted) -> None:
    folder.config(tensor_name="a&b")


@case("name-breaks-url", "'a%41'", "'%'")
def escape_in_name(folder: Planted) -> None:
    folder.config(tensor_name="a%41")


@case("name-loses-suffix", "'words:0'", severity="note", server=False)
def colon_zero(folder: Planted) -> None:
    folder.config(tensor_name="words:0")


@case("run-name-breaks-url", "'a#b'", "'#'")
def hash_in_run(folder: Planted) -> None:
    move_to_run(folder, "a#b", events=True)


@case("outside-config-folder", "metadata_path", "'../outside.tsv'", server=True)
def parent_path(folder: Planted) -> None:
    folder.file("../outside.tsv").write_bytes(folder.file("words/metadata.tsv").read_bytes())
    folder.config(metadata_path="../outside.tsv")


@case("outside-config-folder", "tensor_path", "outside.bytes", server=True)
def absolute_path_outside(folder: Planted) -> None:
    folder.tensor(vectors(), "../outside.bytes")
    folder.config(tensor_path=str((folder.root / "../outside.bytes").resolve()))


@case("outside-config-folder", "a link to", server=True)
def symlink_outside(folder: Planted) -> None:
    (folder.root / "words/metadata.tsv").rename(folder.root / "../outside.tsv")
    (folder.root / "words/metadata.tsv").symlink_to(folder.root / "../outside.tsv")


@case("absolute-path", "metadata_path", severity="warning", server=False)
def absolute_path_inside(folder: Planted) -> None:
    folder.config(metadata_path=str(folder.root.resolve() / "words/metadata.tsv"))


@case("tensor-file-missing", "'gone.bytes'", "hidden too", server=True)
def missing_tensor(folder: Planted) -> None:
    folder.config(tensor_path="gone.bytes")


@case("metadata-file-missing", "'gone.tsv'", "no data at all", server=True)
def missing_metadata(folder: Planted) -> None:
    folder.config(metadata_path="gone.tsv")


@case("metadata-file-missing", "'words'", "is a folder", server=True)
def metadata_is_a_folder(folder: Planted) -> None:
    folder.config(metadata_path="words")


@case("sprite-file-missing", "'gone.png'", "loads for ever", server=True)
def missing_sprite(folder: Planted) -> None:
    folder.config(sprite_path="gone.png")


@case("bookmarks-file-missing", "'gone.json'", server=True)
def missing_bookmarks(folder: Planted) -> None:
    folder.config(bookmarks_path="gone.json")


@case("metadata-file-missing", "local files only", server=True)
def remote_metadata(folder: Planted) -> None:
    folder.config(metadata_path="gs://bucket/metadata.tsv")


@case("tensor-taken-for-text", "words/vectors.bytes", "UTF-8", server=True)
def zeros_taken_for_text(folder: Planted) -> None:
    folder.tensor(np.zeros((N_ROWS, N_DIMS), np.float32))


@case("tensor-without-shape", "540 float32", "no tensor_shape", server=True)
def raw_without_shape(folder: Planted) -> None:
    folder.config(tensor_shape=())


@case("tensor-size-mismatch", "2,160 bytes", "[9, 61]", server=True)
def wrong_shape(folder: Planted) -> None:
    folder.config(tensor_shape=(N_ROWS, 61))


@case("tensor-size-mismatch", "float64", server=True)
def double_precision(folder: Planted) -> None:
    folder.file("words/vectors.bytes").write_bytes(vectors().astype("<f8").tobytes())


@case("tensor-trailing-bytes", "3 bytes", severity="warning", server=False)
def trailing_bytes(folder: Planted) -> None:
    with open(folder.root / "words/vectors.bytes", "ab") as file:
        file.write(b"end")


@case("tensor-format", ".npy", server=True)
def numpy_file(folder: Planted) -> None:
    with open(folder.root / "words/vectors.bytes", "wb") as file:
        np.save(file, vectors())


@case("tensor-format", "gzip", server=True)
def gzip_file(folder: Planted) -> None:
    import gzip

    folder.file("words/vectors.bytes").write_bytes(gzip.compress(vectors().tobytes()))


@case("tensor-text-invalid", "Line 1", "'x\\ty'", server=True)
def text_with_header(folder: Planted) -> None:
    text_tensor(folder, "x\ty\n" + "1\t2\n" * N_ROWS)


@case("tensor-text-invalid", "Line 2", "'1,5", server=True)
def decimal_commas(folder: Planted) -> None:
    text_tensor(folder, "1\t2\t3\n1,5\t2\t3\n")


@case("tensor-text-invalid", "byte order mark", server=True)
def text_with_byte_order_mark(folder: Planted) -> None:
    text_tensor(folder, "\ufeff" + "1\t2\t3\n" * N_ROWS)


@case("tensor-text-ragged", "Line 2 has 4 numbers", "3", server=True)
def ragged_text(folder: Planted) -> None:
    text_tensor(folder, "1\t2\t3\n1\t2\t3\t4\n")


@case("tensor-empty", "no row of numbers", server=True)
def empty_text(folder: Planted) -> None:
    folder.file("words/vectors.bytes").write_bytes(b"")
    folder.config(tensor_shape=())


@case("tensor-shape-mismatch", "[9, 60]", "9 rows of 3", server=False)
def text_of_other_shape(folder: Planted) -> None:
    rows = vectors(N_ROWS, 3)
    text_tensor(folder, "".join("\t".join(map(str, row)) + "\n" for row in rows.tolist()), shape=(N_ROWS, N_DIMS))


@case("tensor-too-small", "[1, 60]", server=False)
def one_row(folder: Planted) -> None:
    folder.resized(vectors()[:1])


@case("tensor-too-small", "[9, 1]", server=False)
def one_dimension(folder: Planted) -> None:
    folder.resized(vectors()[:, :1])


@case("two-dimensions", "[9, 2]", "third column", server=False)
def two_dimensions(folder: Planted) -> None:
    folder.resized(vectors(N_ROWS, 2))


@case("not-finite", "row 4", server=False)
def not_a_number(folder: Planted) -> None:
    values = vectors()
    values[4, 7] = np.nan
    folder.tensor(values)


@case("all-equal", "All 9 rows", server=False)
def equal_rows(folder: Planted) -> None:
    folder.tensor(np.repeat(vectors()[:1], N_ROWS, axis=0))


@case("not-centred", "10 dimensions", severity="warning", server=False)
def offset(folder: Planted) -> None:
    values = vectors(N_ROWS, 10) / 10
    values[:, 3] += 0.9
    folder.resized(values)


@case("norms-above-one", "Norms reach 5", severity="warning", server=False)
def long_vectors(folder: Planted) -> None:
    folder.resized(5 * vectors(N_ROWS, 10))


@case("random-projection", "300 dimensions", severity="note", server=False)
def many_dimensions(folder: Planted) -> None:
    folder.resized(vectors(N_ROWS, 300))


@case("many-rows", "100,001 rows", severity="warning", server=False)
def many_rows(folder: Planted) -> None:
    folder.resized(vectors(100_001, 3))


@case("nothing-to-show", "no config that it can use", server=True)
def no_tensor_file_and_no_checkpoint(folder: Planted) -> None:
    folder.config(tensor_path="")


@case("tensor-not-in-checkpoint", "'emb'", "model/emb/.ATTRIBUTES/VARIABLE_VALUE", server=True)
def wrong_name(folder: Planted) -> None:
    folder.checkpoint({"model/emb/.ATTRIBUTES/VARIABLE_VALUE": vectors()})
    folder.config(tensor_name="emb", tensor_path="")


@case("keras-hard-coded-name", "layer_with_weights-0", "encoder/emb", server=True)
def keras_name(folder: Planted) -> None:
    folder.checkpoint({"encoder/emb/.ATTRIBUTES/VARIABLE_VALUE": vectors()})
    folder.config(tensor_name="layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE", tensor_path="")


@case("keras-weights-file", "train/keras_embedding.ckpt-0.weights.h5", server=True)
def keras_three(folder: Planted) -> None:
    folder.file("train/keras_embedding.ckpt-0.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    folder.config(tensor_name="layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE", tensor_path="")


@case("checkpoint-without-state", "model.ckpt.index", "'checkpoint'", server=True)
def no_state_file(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()}, state=False)
    folder.config(tensor_path="")


@case("checkpoint-state-dangling", "'gone.ckpt'", server=True)
def state_names_nothing(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    folder.file("checkpoint").write_text('model_checkpoint_path: "gone.ckpt"\n')
    folder.config(tensor_path="")


@case("checkpoint-path-relative", "'logs/model.ckpt'")
def relative_checkpoint(folder: Planted) -> None:
    folder.configs(folder.info, model_checkpoint_path="logs/model.ckpt")


@case("checkpoint-path-missing", "/nowhere/model.ckpt", "whole run")
def missing_checkpoint(folder: Planted) -> None:
    folder.configs(folder.info, model_checkpoint_path="/nowhere/model.ckpt")


@case("checkpoint-path-not-latest", "'model-2.ckpt'", severity="warning", server=False)
def older_checkpoint(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()}, "model-1.ckpt")
    folder.checkpoint({"words": vectors()}, "model-2.ckpt")
    folder.configs(folder.info, model_checkpoint_path=str(folder.root / "model-1.ckpt"))


@case("checkpoint-unreadable", "model.ckpt.index", server=True)
def corrupt_index(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    data = bytearray(folder.file("model.ckpt.index").read_bytes())
    data[5] ^= 0xFF
    folder.file("model.ckpt.index").write_bytes(data)
    folder.config(tensor_path="")


@case("checkpoint-data-missing", "words", "data shard 0 is missing", server=True)
def missing_shard(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    folder.file("model.ckpt.data-00000-of-00001").unlink()
    folder.config(tensor_path="")


@case("checkpoint-data-missing", "2,100 bytes", "2,160", server=True)
def truncated_shard(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    folder.file("model.ckpt.data-00000-of-00001").write_bytes(vectors().tobytes()[:2100])
    folder.config(tensor_path="")


@case("checkpoint-data-corrupt", "2,160 bytes from byte 0", "checksum")
def flipped_bit(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    flip(folder, "model.ckpt.data-00000-of-00001")
    folder.config(tensor_path="")


@case("shard-differs-from-index", "words/v.data-00000-of-00001", severity="warning", server=False)
def flipped_bit_in_a_shared_shard(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()}, "words/v", state=False)
    flip(folder, "words/v.data-00000-of-00001")
    folder.config(tensor_path="words/v.data-00000-of-00001")


@case("checkpoint-not-in-run", "model/checkpoint", server=True)
def checkpoint_in_a_folder_without_events(folder: Planted) -> None:
    (folder.root / PBTXT).unlink()
    folder.file("model/checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    folder.file("model/model.ckpt.index").write_bytes(b"")


@case("lone-carriage-return", "words/vectors.bytes", "run together")
def old_line_ends(folder: Planted) -> None:
    text_tensor(folder, "1\t2\t3\r4\t5\t6\r")


@case("checkpoint-tensor-not-a-table", "[540]", server=True)
def flat_variable(folder: Planted) -> None:
    folder.checkpoint({"words": vectors().ravel()})
    folder.config(tensor_path="", tensor_shape=())


@case("tensor-shape-mismatch", "[9, 61]", "[9, 60]")
def other_shape_in_checkpoint(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    folder.config(tensor_path="", tensor_shape=(N_ROWS, 61))


@case("needs-tensorflow", "Without TensorFlow", "'words'", severity="warning")
def checkpoint_only(folder: Planted) -> None:
    folder.checkpoint({"words": vectors()})
    folder.config(tensor_path="")


@case("checkpoint-other-tensors", "'dense/kernel'", severity="note", server=False)
def other_variables(folder: Planted) -> None:
    folder.checkpoint({"dense/kernel": vectors(4, 60)})


@case("checkpoint-of-parent", "model.ckpt", severity="note", server=False)
def parent_checkpoint(folder: Planted) -> None:
    move_to_run(folder, "a", events=True)
    folder.checkpoint({"words": vectors()})


@case("partial-export", "words-2", severity="note", server=False)
def killed_export(folder: Planted) -> None:
    folder.file("words-2/.partial").write_bytes(b"")


def flip(folder: Planted, path: str) -> None:
    """Damage one bit of a file."""
    data = bytearray(folder.file(path).read_bytes())
    data[700] ^= 1
    folder.file(path).write_bytes(data)


def move_to_run(folder: Planted, run: str, *, events: bool) -> None:
    """Make the clean logdir a run of itself."""
    folder.file(f"{run}/x")
    (folder.root / "words").rename(folder.root / run / "words")
    (folder.root / PBTXT).rename(folder.root / run / PBTXT)
    if events:
        folder.event(run)


def text_tensor(folder: Planted, text: str, shape: tuple[int, ...] = ()) -> None:
    """Put a text in the place of the tensor."""
    folder.file("words/vectors.bytes").write_bytes(text.encode())
    folder.config(tensor_shape=shape, bookmarks_path="", sprite_path="", sprite_size=(), metadata_path="")
