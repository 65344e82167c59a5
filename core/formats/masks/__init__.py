"""PNG files whose values are objects or classes."""
