"""Which of a model's files hold its tensors."""

from __future__ import annotations

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.huggingface.shard_index import read_weight_map
from projector_export.sources.huggingface.storage import Storage
from projector_export.sources.huggingface.torch_file import TorchWeights
from projector_export.sources.huggingface.weights import SafetensorsWeights, Weights

__all__ = ["find_weights"]

_SAFETENSORS_INDEX = "model.safetensors.index.json"
_TORCH_INDEX = "pytorch_model.bin.index.json"
_OTHERS = {
    ".gguf": "GGUF",
    ".h5": "TensorFlow or Keras",
    ".msgpack": "Flax",
    ".onnx": "ONNX",
    ".pt": "PyTorch",
    ".pth": "PyTorch",
    ".ckpt": "PyTorch",
    ".npz": "numpy",
}


def find_weights(storage: Storage) -> Weights:
    """Return the tensors of a model; safetensors are preferred to PyTorch's files.

    Raises
    ------
    NotFoundError
        If no file is one that can hold them.
    CorruptFileError, InvalidInputError
        If the index of several files is damaged or leaves the folder.
    """
    if storage.weight_file is not None:
        if storage.weight_file.lower().endswith(".safetensors"):
            return SafetensorsWeights(storage, (storage.weight_file,))
        return TorchWeights(storage, (storage.weight_file,))
    files = [name for name in storage.files() if "/" not in name]
    return _safetensors(storage, files) or _torch(storage, files) or _nothing(storage, files)


def _safetensors(storage: Storage, files: list[str]) -> Weights | None:
    if "model.safetensors" in files:
        return SafetensorsWeights(storage, ("model.safetensors",))
    if (index := storage.small_file(_SAFETENSORS_INDEX)) is not None:
        weight_map = read_weight_map(index)
        return SafetensorsWeights(storage, tuple(sorted(set(weight_map.values()))), weight_map)
    others = tuple(name for name in files if name.endswith(".safetensors") and not name.startswith("adapter_"))
    return SafetensorsWeights(storage, others) if others else None


def _torch(storage: Storage, files: list[str]) -> Weights | None:
    if "pytorch_model.bin" in files:
        return TorchWeights(storage, ("pytorch_model.bin",))
    if (index := storage.small_file(_TORCH_INDEX)) is not None:
        weight_map = read_weight_map(index)
        return TorchWeights(storage, tuple(sorted(set(weight_map.values()))), weight_map)
    return None


def _nothing(storage: Storage, files: list[str]) -> Weights:
    wanted = "a model.safetensors, a model.safetensors.index.json, nor a pytorch_model.bin"
    if any(name.startswith("adapter_") for name in files):
        raise InvalidInputError(
            f"{storage.name!r} is an adapter, which changes another model's weights and has no table of its own: "
            "give the base model that its adapter_config.json names"
        )
    kinds = sorted({kind for name in files for suffix, kind in _OTHERS.items() if name.lower().endswith(suffix)})
    if kinds:
        raise NotFoundError(f"{storage.name!r} has weights of {', '.join(kinds)} only, and neither {wanted}")
    deeper = [name for name in storage.files() if name.endswith(".safetensors")]
    hint = f"; it has {deeper[0]!r}, whose folder can be given once it is on this machine" if deeper else ""
    raise NotFoundError(f"{storage.name!r} is no model that can be read: it has neither {wanted}{hint}")
