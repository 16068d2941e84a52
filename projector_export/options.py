"""Everything that can be asked for: what to read, what to do to it, where to write it."""
