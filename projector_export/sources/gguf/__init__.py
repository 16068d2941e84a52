"""Token embeddings of GGUF files."""
