"""A whole workspace in one tar file, and back from it: `archive` is that file, `command` its two commands."""
