"""What people say of images and objects beside their outlines: notes, tags, attributes; and finding images by it."""
