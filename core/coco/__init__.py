"""COCO JSON as it is found in the wild: read, normalised, checked, joined.

`normalise.normalise_coco` is the one piece of code that takes other tools' dialects; import, `python -m core check`,
training and evaluation all read through it.
"""
