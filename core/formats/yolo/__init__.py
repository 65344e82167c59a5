"""YOLO's text files: boxes, outlines, poses."""
