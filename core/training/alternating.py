"""What learns when: everything at once, the RPN by itself, or RPN and heads in turn.

"joint": the paper's end-to-end training (appendix B); one phase.

"rpn_separate": "RPN is trained separately and does not share features with Mask R-CNN" (section 3.1).

    1. The RPN learns, with a backbone of its own.
    2. The heads learn, with another backbone, on the proposals of the RPN of phase 1.

"alternating": the four steps of Faster R-CNN (Ren et al. 2015, section 3.2), which end in one backbone.

    1. as above.
    2. as above; both backbones begin from the same weights.
    3. The RPN moves to the backbone of phase 2. That stays as it is; only the RPN's own layers learn.
    4. The backbone and the RPN stay as they are; only the heads learn, on the proposals of phase 3.

A backbone is always meant with its pyramid. Every phase is as long as the run's `steps` or `epochs`
say, with a learning rate that begins anew. Proposals are not stored in between: the RPN that made
them stays as it is while the heads learn from them, so asking it again gives them for every size
and flip of an image.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from torch import nn

from core.config import TrainConfig
from core.model.mask_rcnn import Learning, MaskRCNN

FEATURES = ("backbone", "fpn")
RPN = ("rpn", "rpn_backbone", "rpn_fpn")
HEADS = ("roi_heads",)


@dataclass(frozen=True)
class Phase:
    """A stretch of a run in which the same parts of the model learn from the same losses."""

    name: str
    learning: Learning  # whose losses
    frozen: tuple[str, ...]  # parts of MaskRCNN that stay as they are
    rpn_backbone: Literal["shared", "own"] | None  # what the model gets before; None leaves it as it is


_RPN_ALONE = Phase("1: RPN", "rpn", (*FEATURES, *HEADS), "own")
_HEADS_ALONE = Phase("2: heads on its proposals", "heads", RPN, "own")
PHASES: dict[str, tuple[Phase, ...]] = {
    "joint": (Phase("joint", "all", (), None),),
    "rpn_separate": (_RPN_ALONE, _HEADS_ALONE),
    "alternating": (
        _RPN_ALONE,
        _HEADS_ALONE,
        Phase("3: RPN on the heads' features", "rpn", (*FEATURES, *HEADS), "shared"),
        Phase("4: heads on its proposals", "heads", (*FEATURES, *RPN), "shared"),
    ),
}


def phases_of(config: TrainConfig) -> tuple[Phase, ...]:
    """The phases of a run in their order; ValueError for a training that is not known."""
    if config.training not in PHASES:
        raise ValueError(f"training={config.training!r}: choose one of {', '.join(map(repr, PHASES))}")
    return PHASES[config.training]


def model_for(phase: Phase, model: MaskRCNN) -> MaskRCNN:
    """The model that a phase begins with, made of the one that the phase before left; nothing in it is frozen."""
    return model if phase.rpn_backbone is None else model.with_config(rpn_backbone=phase.rpn_backbone)


def freeze_for(phase: Phase, model: MaskRCNN) -> None:
    """Stop from learning what a phase leaves as it is."""
    parts = [_part(model, name) for name in phase.frozen]
    model.freeze(part for part in parts if part is not None)


def _part(model: MaskRCNN, name: str) -> nn.Module | None:
    """A part by its name in MaskRCNN, None where the model does not have it."""
    part = attrgetter(name)(model)
    assert part is None or isinstance(part, nn.Module)
    return part
