"""The assistant in a notebook: the cell, the server beside it, and the data as a researcher reads it."""
