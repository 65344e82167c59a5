"""V7 Darwin: a JSON an image."""
