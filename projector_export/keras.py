"""For Keras users."""
