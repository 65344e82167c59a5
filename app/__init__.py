"""The annotation assistant: depends on `core`, never the other way round."""
