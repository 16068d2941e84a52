"""Small models in folders, made by the safetensors package, and their files as a Hub would serve them."""

import json
import struct

import ml_dtypes
import safetensors.numpy

STORED_TYPES = {
    "bfloat16": "BF16", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float32": "F32", "float16": "F16", "int8": "I8",
}  # fmt: skip


def save_any_type(tensors, path):
    """Write arrays of ml_dtypes' types, which the numpy half of the safetensors package does not."""
    header, data = {}, b""
    for name, array in tensors.items():
        offsets = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": STORED_TYPES[str(array.dtype)], "shape": array.shape, "data_offsets": offsets}
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def save_bfloat16(tensors, path):
    """Write arrays rounded to bfloat16."""
    save_any_type({name: array.astype(ml_dtypes.bfloat16) for name, array in tensors.items()}, path)


def write_model(folder, tensors, *, config=None, shards=None, save=safetensors.numpy.save_file):
    """Write a model's tensors, in one file or, with ``shards`` (file -> tensor names), in several with an index."""
    folder.mkdir(parents=True, exist_ok=True)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    if shards is None:
        save(tensors, folder / "model.safetensors")
        return folder
    weight_map = {}
    for file, names in shards.items():
        save({name: tensors[name] for name in names}, folder / file)
        weight_map |= dict.fromkeys(names, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return folder


def files_of(folder):
    """Return the files of a folder by name, for a Hub to serve."""
    return {path.name: path for path in sorted(folder.iterdir())}
