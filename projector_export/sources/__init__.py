"""The outside world to embedding tables."""
