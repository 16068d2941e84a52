"""The tab Vocabulary in TensorBoard: every row of an export in a table beside a map."""
