"""VIA 2: JSON and CSV."""
