"""How a prompt model learns: what it is shown, what it is punished for, the training, the tuning on a few images."""
