"""What changes an image: edits one by one and many at once, what a model finds, and the history of it all."""
