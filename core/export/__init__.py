"""A model outside this package: as an ONNX file, or as a program of `torch.export`."""

from core.export.graph import DetectionGraph, exported_program, write_program
from core.export.onnx_file import onnx_model, write_onnx

__all__ = ["DetectionGraph", "exported_program", "onnx_model", "write_onnx", "write_program"]
