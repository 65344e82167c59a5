"""Routes of what people say of images: notes, and tags on many at once."""
