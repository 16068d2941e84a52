"""``python -m projector_export``: the same as the command ``projector-export``."""

from projector_export.cli import main

if __name__ == "__main__":
    main()
