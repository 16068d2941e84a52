"""Live objects: arrays, tensors, layers, data frames."""
