"""The annotation store: images, categories, instances and their edit history in one SQL database."""
