"""For users of Hugging Face transformers."""
