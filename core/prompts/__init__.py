"""Masks by prompt: a box, clicks and a previous mask → the mask of one object of any class."""
