"""`python -m core export`."""

from __future__ import annotations

import warnings
from pathlib import Path

from core.commands.arguments import Export
from core.commands.class_names import load_named_model
from core.export import DetectionGraph, write_onnx, write_program
from core.ranges import ONE_OR_MORE, SHARE, check_ranges

RANGES = {
    "score_threshold": SHARE,
    "detections_per_image": ONE_OR_MORE,
    "min_size": ONE_OR_MORE,
    "max_size": ONE_OR_MORE,
}


def export(command: Export) -> int:
    """Write the file that the command names, and say what goes in and comes out."""
    check_ranges(command, RANGES, command_line=True)
    output = Path(command.output)
    if output.suffix not in (".onnx", ".pt2"):
        raise ValueError(f"{command.output}: name a file that ends with .onnx, or .pt2 for torch.export")
    if not output.absolute().parent.is_dir():
        raise FileNotFoundError(f"{command.output}: there is no such folder to write it in")
    graph = DetectionGraph(
        load_named_model(command.model, command.class_names),
        score_threshold=command.score_threshold,
        detections_per_image=command.detections_per_image,
    )
    # torch's own use of a name that it gave up: nothing that a person could mend.
    warnings.filterwarnings("ignore", message="`create_unbacked_symint` is deprecated")
    if output.suffix == ".onnx":
        write_onnx(graph, output, min_size=command.min_size, max_size=command.max_size)
        takes = "image, uint8 H×W×3 RGB of any size"
    else:
        if command.min_size is not None or command.max_size is not None:
            raise ValueError("--min-size and --max-size are ONNX's: a .pt2 takes images that are resized already")
        write_program(graph, output)
        takes = "an image as core.model.images.batch_images gives it, and its height and width inside the padding"
    size = output.stat().st_size / 1e6
    print(f"wrote {output} ({size:.1f} MB): takes {takes}; gives {', '.join(graph.output_names)}")
    return 0
