"""This package beside torchvision and pycocotools, by turns in one run: what `python -m benchmarks` prints."""
