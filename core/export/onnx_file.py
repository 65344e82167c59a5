"""A model as an ONNX file: an image of any size in its own pixels goes in, its objects in the same pixels come out."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from core.export.graph import SMALLEST_SIDE, DetectionGraph, exported_program
from core.files import write_atomically
from core.model.images import SIZE_DIVISOR

if TYPE_CHECKING:
    import onnx

OPSET = 18
ANY_ENLARGEMENT = 1e9  # more than any image has room for

# `batch_images` for one image, in float64 where sizes are decided, as Python computes them.
RESIZE = """
<ir_version: 10, opset_import: ["" : 18]>
resize (uint8[height, width, 3] image) => (float[1, 3, rows, columns] padded, int64[2] size, float[4] factors)
{
    image_shape = Shape <start = 0, end = 2> (image)
    image_sides = Cast <to = 11> (image_shape)
    image_shorter = ReduceMin <keepdims = 1> (image_sides)
    image_longer = ReduceMax <keepdims = 1> (image_sides)
    wanted_shorter = Constant <value = double[1] {MIN_SIZE}> ()
    wanted_longer = Constant <value = double[1] {MAX_SIZE}> ()
    factor_shorter = Div (wanted_shorter, image_shorter)
    factor_longer = Div (wanted_longer, image_longer)
    factor_most = Constant <value = double[1] {MAX_ENLARGEMENT}> ()
    factor_both = Min (factor_shorter, factor_longer, factor_most)
    size_exact = Mul (image_sides, factor_both)
    size_cut = Cast <to = 7> (size_exact)
    least_size = Constant <value = int64[1] {1}> ()
    size = Max (size_cut, least_size)

    size_float = Cast <to = 11> (size)
    factors_double = Div (size_float, image_sides)
    factors_rows_first = Cast <to = 1> (factors_double)
    factors_order = Constant <value = int64[4] {1, 0, 1, 0}> ()
    factors = Gather (factors_rows_first, factors_order)

    image_planes = Transpose <perm = [2, 0, 1]> (image)
    image_float = Cast <to = 1> (image_planes)
    image_white = Constant <value = float[1] {255.0}> ()
    image_unit = Div (image_float, image_white)
    image_mean = Constant <value = float[3, 1, 1] {MEAN}> ()
    image_std = Constant <value = float[3, 1, 1] {STD}> ()
    image_centred = Sub (image_unit, image_mean)
    image_normalised = Div (image_centred, image_std)
    image_axis = Constant <value = int64[1] {0}> ()
    image_batch = Unsqueeze (image_normalised, image_axis)
    resized_planes = Constant <value = int64[2] {1, 3}> ()
    resized_sizes = Concat <axis = 0> (resized_planes, size)
    resized = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (image_batch, , , resized_sizes)

    divisor = Constant <value = int64[1] {DIVISOR}> ()
    divisor_less = Constant <value = int64[1] {DIVISOR_LESS_ONE}> ()
    smallest_side = Constant <value = int64[1] {SMALLEST}> ()
    padded_reach = Add (size, divisor_less)
    padded_tiles = Div (padded_reach, divisor)
    padded_exact = Mul (padded_tiles, divisor)
    padded_size = Max (padded_exact, smallest_side)
    padding_after = Sub (padded_size, size)
    padding_none = Constant <value = int64[6] {0, 0, 0, 0, 0, 0}> ()
    padding = Concat <axis = 0> (padding_none, padding_after)
    padded = Pad (resized, padding)
}
"""

TO_IMAGE = """
<ir_version: 10, opset_import: ["" : 18]>
to_image (float[objects, 4] input_boxes, float[4] factors) => (float[objects, 4] boxes)
{
    boxes = Div (input_boxes, factors)
}
"""


def write_onnx(
    graph: DetectionGraph,
    file: str | Path,
    *,
    min_size: int | None = None,
    max_size: int | None = None,
    program: torch.export.ExportedProgram | None = None,
) -> None:
    """Write a graph as ONNX (opset 18) that takes `image`, uint8 H×W×3 RGB, and gives the graph's outputs by name.

    `boxes` are in pixels of the image, which is resized to `min_size` and `max_size` inside, the configuration's unless
    given. The file's metadata names the categories, in the order of the labels from 1. `program` is what
    `exported_program` made of the graph, where it is at hand already; torch turns one into ONNX once only.

    Raises:
        ValueError: onnx and onnxscript are not installed; one line that says how.
    """
    _check_packages()
    merged = onnx_model(graph, exported_program(graph) if program is None else program, min_size, max_size)
    content = merged.SerializeToString()
    write_atomically(Path(file), lambda temporary: temporary.write_bytes(content))


def _check_packages() -> None:
    for name in ("onnx", "onnxscript"):  # torch's exporter needs the second
        if importlib.util.find_spec(name) is None:
            raise ValueError(f"{name} is needed to write ONNX: pip install onnx onnxscript")


def onnx_model(
    graph: DetectionGraph,
    program: torch.export.ExportedProgram,
    min_size: int | None = None,
    max_size: int | None = None,
) -> onnx.ModelProto:
    """The ONNX model that `write_onnx` writes."""
    from onnx import checker, compose, helper, parser

    config = graph.model.config
    values = {
        "MIN_SIZE": min_size or config.min_size,
        "MAX_SIZE": max_size or config.max_size,
        "MAX_ENLARGEMENT": config.max_enlargement if min_size is None and config.max_enlargement else ANY_ENLARGEMENT,
        "MEAN": ", ".join(f"{value!r}" for value in config.image_mean),
        "STD": ", ".join(f"{value!r}" for value in config.image_std),
        "DIVISOR_LESS_ONE": SIZE_DIVISOR - 1,
        "DIVISOR": SIZE_DIVISOR,
        "SMALLEST": SMALLEST_SIDE,
    }
    text = RESIZE
    for name, value in values.items():
        text = text.replace("{" + name + "}", "{" + str(value) + "}")
    resize, detect, to_image = parser.parse_model(text), _detections(graph, program), parser.parse_model(TO_IMAGE)
    for part in (resize, to_image):
        part.ir_version = detect.ir_version
    named = [(name, name) for name in ("padded", "size")]
    outputs = [*graph.output_names]
    inside = ["input_boxes", *outputs[1:]]
    seen = compose.merge_models(resize, detect, named, outputs=["factors", *inside])
    merged = compose.merge_models(
        seen, to_image, [(name, name) for name in ("input_boxes", "factors")], outputs=["boxes", *outputs[1:]]
    )
    helper.set_model_props(merged, _facts(graph))
    checker.check_model(merged)
    return merged


def _detections(graph: DetectionGraph, program: torch.export.ExportedProgram) -> onnx.ModelProto:
    """What torch's exporter makes of the graph, its boxes still in pixels of the resized image."""
    names = ["input_boxes", *graph.output_names[1:]]
    translated = torch.onnx.export(
        program,
        dynamo=True,
        opset_version=OPSET,
        input_names=["padded", "size"],
        output_names=names,
        verbose=False,
    )
    assert translated is not None
    model: onnx.ModelProto = translated.model_proto
    return model


def _facts(graph: DetectionGraph) -> dict[str, Any]:
    """What a file says of its model beside the graph, each as text."""
    categories = [
        {key: category[key] for key in ("id", "name", "keypoints", "skeleton") if key in category}
        for category in graph.model.categories
    ]
    return {
        "categories": json.dumps(categories, ensure_ascii=False),
        "mask_paste": graph.model.config.mask_paste,
        "score_threshold": str(graph.score_threshold),
    }
