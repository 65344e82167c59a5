"""One step: its gradient, how the model is carried out, what moves by how much, and what watches over it."""
