"""The data plane: one module of routes a topic."""
