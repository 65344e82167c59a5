"""labelme: a JSON file an image."""
