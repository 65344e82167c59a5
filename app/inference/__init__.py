"""The model beside the canvas: which version predicts, what it sees on an image, and masks by prompt."""
