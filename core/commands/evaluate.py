"""`python -m core evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from core.commands.arguments import Evaluate
from core.commands.class_names import load_named_model
from core.datasets import CocoDataset
from core.evaluation import coco_results, evaluate_results
from core.evaluation.coco_metrics import LEAST_MAX_DETECTIONS
from core.evaluation.curves import check_can_draw
from core.evaluation.detections import evaluated_kinds
from core.evaluation.mask_refinement import mask_refinement, write_mask_refinement
from core.evaluation.thresholds import calibrated_thresholds, write_score_thresholds
from core.files import check_can_write, write_text_atomically
from core.memory import keep_freed_memory
from core.model.weights import read_sidecar
from core.prompts.prompter import MaskPrompter
from core.ranges import ONE_OR_MORE, SHARE, Range, check_ranges
from core.training.validation import validation_losses

RANGES = {"score_threshold": SHARE, "max_detections": Range(least=LEAST_MAX_DETECTIONS), "batch_size": ONE_OR_MORE}


def evaluate(command: Evaluate) -> int:
    """Compute the figures, print them and write them to `output`."""
    check_ranges(command, RANGES, command_line=True)
    if command.curves is not None:
        check_can_draw()
    if command.output is not None:
        check_can_write(command.output)
    losses: dict[str, float] = {}
    if command.results is not None:
        if command.losses or command.calibrate:
            raise ValueError("--losses and --calibrate are a model's: leave them out, or give --model and --images")
        if command.precision != "float32":
            raise ValueError("--precision is a model's: leave it out, or give --model and --images")
        if command.refine_masks:
            raise ValueError("--refine-masks needs the images: give --model and --images")
        if command.model is not None or command.images is not None:
            raise ValueError("--results has its own detections: leave out --model and --images, or --results")
        metrics = evaluate_results(
            command.annotations, command.results, max_detections=command.max_detections, curves=command.curves
        )
    elif command.model is None or command.images is None:
        raise ValueError("give --model and --images, or --results")
    else:
        dataset = CocoDataset(command.images, command.annotations, box_masks=True)
        keep_freed_memory()
        model = load_named_model(command.model, command.class_names)
        known = {category["name"] for category in model.categories}
        unknown = [category["name"] for category in dataset.categories if category["name"] not in known]
        if unknown:
            tqdm.write(f"note: {command.model} does not know {', '.join(unknown)}")
        if command.refine_masks and model.config.mask_head is None:
            raise ValueError(f"{command.model} finds no masks: leave out --refine-masks")
        if command.calibrate:
            if command.refine_masks:
                raise ValueError("--calibrate judges the model's own masks: leave out --refine-masks")
            read_sidecar(command.model)  # what cannot be written is said before the work
        with tqdm(total=len(dataset), unit="image", disable=None) as bar:
            results = coco_results(
                model,
                dataset,
                device=command.device,
                score_threshold=command.score_threshold,
                batch_size=command.batch_size,
                max_detections=command.max_detections,
                precision=command.precision,
                prompter=MaskPrompter(device=command.device) if command.refine_masks else None,
                progress=bar.update,
            )
        kinds, limit = evaluated_kinds(model, dataset.data), command.max_detections
        metrics = evaluate_results(dataset.data, results, kinds, max_detections=limit, curves=command.curves)
        if command.calibrate:
            thresholds = calibrated_thresholds(dataset.data, results)
            write_score_thresholds(command.model, thresholds)
            scores = [f"{name} {score:.2f}" for name, score in thresholds.classes.items()]
            print("thresholds:", ", ".join([*scores, f"others {thresholds.others or 0:.2f}"]))
            if measured := mask_refinement(dataset, results, thresholds, MaskPrompter(device=command.device)):
                write_mask_refinement(command.model, measured)
                verdict = "taken" if measured.helps else "not taken"
                print(
                    f"the prompt model's masks: IoU {measured.before:.3f} → {measured.after:.3f} "
                    f"of {measured.objects} objects, {verdict} by the assistant"
                )
        if command.losses:
            with tqdm(total=len(dataset), desc="losses", unit="image", disable=None) as bar:
                losses = validation_losses(model, dataset, device=command.device, progress=bar.update)
    for line in metrics_table(metrics):
        print(line)
    if losses:
        print("  ".join(f"{name} {value:.4f}" for name, value in losses.items()))
        metrics = metrics | {"losses": losses}
    if command.output is not None:
        text = json.dumps(metrics, indent=1, ensure_ascii=False)
        write_text_atomically(Path(command.output), text + "\n")
    return 0


def metrics_table(metrics: dict[str, dict[str, Any]]) -> list[str]:
    """The figures of each kind as lines of text, in per cent; a dash where there was nothing to measure."""
    lines = []
    for kind, figures in metrics.items():
        numbers = [(name, value) for name, value in figures.items() if name != "per_category"]
        lines.append(f"{kind:10}" + "".join(f"{name:>7}" for name, _ in numbers))
        lines.append(" " * 10 + "".join(f"{100 * value:7.1f}" if value >= 0 else f"{'–':>7}" for _, value in numbers))
    return lines
