"""Pascal VOC: XML, and PNGs with a palette."""
