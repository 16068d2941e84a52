"""Files of named tensors: HDF5, NumPy, safetensors, torch and TensorFlow checkpoints, read lazily, none of them executed."""
