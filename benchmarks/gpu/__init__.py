"""What `benchmarks/gpu_check.py` does on a device, and the table of its times."""
