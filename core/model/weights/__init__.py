"""Weights: ours at rest, those of others read without executing them, and models by name."""

from core.model.weights.loading import available_models, load_model
from core.model.weights.ours import SHIPPED_MODELS, SIDECAR_FILE, WEIGHTS_FILE, read_sidecar, save_model, sidecar_path

__all__ = [
    "SHIPPED_MODELS",
    "SIDECAR_FILE",
    "WEIGHTS_FILE",
    "available_models",
    "load_model",
    "read_sidecar",
    "save_model",
    "sidecar_path",
]
