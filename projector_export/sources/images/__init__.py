"""Pictures of rows, as thumbnails."""
