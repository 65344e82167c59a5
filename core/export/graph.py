"""What a graph of tensors can say of prediction: everything from a resized image to its detections.

It is `MaskRCNN.detect` for one image, without what depends on Python: groups of boxes, caches, instances. The parts
that compute are the model's own. Masks stay over their boxes and keypoints are heatmaps, as in the model.
"""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch import Tensor, nn

from core.files import write_atomically
from core.model.folding import folded
from core.model.images import SIZE_DIVISOR, ImageBatch
from core.model.mask_rcnn import MaskRCNN
from core.model.roi_heads.box import all_detections

# In this order; the last two where the model has the heads.
OUTPUTS = ("boxes", "labels", "scores", "masks", "heatmaps")
# Of the padded image, in input pixels: below, the coarsest map is one pixel wide, which a graph takes for a constant.
SMALLEST_SIDE, LARGEST_SIDE = 3 * SIZE_DIVISOR, 256 * SIZE_DIVISOR


class DetectionGraph(nn.Module):
    """One image as `batch_images` gives it, float32 1×3×H×W, to the tensors that `output_names` names.

    `boxes` float32 D×4 in input pixels, `labels` int64 D, `scores` float32 D, the best first; `masks` float32 D×28×28
    over the boxes; `heatmaps` float32 D×J×56×56 logits of keypoints, of every box whatever its class. Threshold and
    limit are the configuration's unless given.

    Raises:
        ValueError: the model has what a graph cannot say; one line that names it.
    """

    def __init__(
        self, model: MaskRCNN, *, score_threshold: float | None = None, detections_per_image: int | None = None
    ) -> None:
        super().__init__()
        if model.config.roi_op == "pool":
            raise ValueError("roi_op='pool' cannot be exported: ONNX rounds the corners of a region in another way")
        self.model = folded(model)
        self.score_threshold = model.config.score_threshold if score_threshold is None else score_threshold
        self.limit = detections_per_image or model.config.detections_per_image

    @property
    def output_names(self) -> list[str]:
        """The names of what `forward` gives, in its order."""
        has = {"masks": self.model.roi_heads.mask_head, "heatmaps": self.model.describing_model}
        return [name for name in OUTPUTS if has.get(name, self) is not None]

    def forward(self, padded: Tensor, size: Tensor) -> tuple[Tensor, ...]:
        """The detections; `size`, int64 2, is height and width inside the padding."""
        model = self.model
        height, width = size.unbind()
        batch = ImageBatch(padded, [(height, width)], [])  # type: ignore[list-item] # numbers that are open yet
        maps = model.features(padded)
        proposals, _ = model.rpn.proposals(model.rpn_output(maps, batch), batch)
        logits, deltas = model.classify(maps, proposals)
        inside: tuple[int, int] = (height, width)  # type: ignore[assignment]
        found = all_detections(logits, deltas, proposals[0], inside, model.config, self.score_threshold)
        boxes, labels, scores = (item[: self.limit] for item in found)
        # One more box than there is: layers of a runtime need not know what to do with no boxes at all.
        rois = torch.cat([boxes, boxes.new_tensor([[0.0, 0.0, 1.0, 1.0]])])
        described = dict(model.roi_heads.describe(maps, [rois], torch.cat([labels, labels.new_ones(1)])))
        if model.describing_model is not None:
            described["heatmaps"] = model.keypoint_heatmaps(maps, batch, [rois])
        described = {name: rows[:-1] for name, rows in described.items()}
        described |= {"boxes": boxes, "labels": labels, "scores": scores}
        return tuple(described[name] for name in self.output_names)


def exported_program(graph: DetectionGraph) -> torch.export.ExportedProgram:
    """The graph as a program of `torch.export`, for padded images of any size from `SMALLEST_SIDE` a side."""
    side = 4 * SIZE_DIVISOR
    example = (torch.zeros((1, 3, side, side + SIZE_DIVISOR)), torch.tensor([side, side]))
    least, most = SMALLEST_SIDE // SIZE_DIVISOR, LARGEST_SIDE // SIZE_DIVISOR
    rows, columns = (torch.export.Dim(name, min=least, max=most) for name in ("rows", "columns"))
    open_sizes = ({2: SIZE_DIVISOR * rows, 3: SIZE_DIVISOR * columns}, None)
    with torch.no_grad():
        return torch.export.export(graph.eval(), example, dynamic_shapes=open_sizes, strict=False)


def write_program(graph: DetectionGraph, file: str | Path) -> None:
    """Write `exported_program` as a .pt2 file, for `torch.export.load`; torchvision has to be imported there too."""
    content = io.BytesIO()
    torch.export.save(exported_program(graph), content)
    write_atomically(Path(file), lambda temporary: temporary.write_bytes(content.getbuffer()))
