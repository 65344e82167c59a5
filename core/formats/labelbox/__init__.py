"""Labelbox's exports, which are read and not written: Labelbox takes in another layout than it gives out."""
