"""CreateML: boxes in a JSON."""
