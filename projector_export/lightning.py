"""For users of PyTorch Lightning."""
