"""What comes in as files: images alone, or with their annotations, in folders and archives."""
