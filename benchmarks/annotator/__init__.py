"""A simulated person at the assistant, and what a hand would have to do: what `benchmarks/effort.py` counts with."""
