"""Datumaro: a JSON for each subset, as Intel Geti and CVAT export it."""
