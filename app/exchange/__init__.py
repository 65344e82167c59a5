"""Annotation files in and out: what a store holds as COCO, and what other tools write beside it."""
