"""COCO metrics of a model or of a file of results."""

from core.evaluation.coco_metrics import evaluate_results
from core.evaluation.detections import coco_results, evaluate

__all__ = ["coco_results", "evaluate", "evaluate_results"]
