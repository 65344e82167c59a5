"""Supervisely: a project of a meta.json, and a JSON an image in ann/ beside the pictures in img/."""
