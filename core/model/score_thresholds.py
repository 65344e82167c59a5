"""From which score on a model's detections are worth showing; `core.evaluation.thresholds` finds it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ScoreThresholds:
    """The score from which on a model's detections of each class are worth showing.

    `others` is that of classes that are not named, and of those with too few objects to tell; None where nothing
    was calibrated. `hidden` are classes that are not wanted where the model is used, and what takes the place of their
    threshold there: a model that learns from this one begins without them.
    """

    classes: Mapping[str, float] = field(default_factory=dict)  # by the model's class names
    others: float | None = None
    hidden: Mapping[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float | None:
        """The threshold of a class; None where none is known."""
        return self.hidden.get(name, self.calibrated(name))

    def calibrated(self, name: str) -> float | None:
        """The same were no class hidden."""
        return self.classes.get(name, self.others)

    def of_classes(self, names: Sequence[str], known_as: Sequence[str | None]) -> ScoreThresholds:
        """Those of classes called `names` that were `known_as` before, None for a new one, which has none yet."""
        pairs = zip(names, known_as, strict=True)
        scores = {name: None if before is None else self.calibrated(before) for name, before in pairs}
        return ScoreThresholds({name: score for name, score in scores.items() if score is not None})

    def to_dict(self) -> dict[str, object]:
        """As JSON-ready values."""
        hidden = {"hidden": dict(self.hidden)} if self.hidden else {}
        return {"classes": dict(self.classes), "others": self.others, **hidden}

    @classmethod
    def from_dict(cls, values: Any) -> ScoreThresholds:
        """The inverse of `to_dict`; raises ValueError, in one line, for what cannot be meant."""
        classes, hidden = (values.get(of, {}) if isinstance(values, dict) else None for of in ("classes", "hidden"))
        if not isinstance(classes, dict) or not isinstance(hidden, dict):
            raise ValueError("classes and others are needed: calibrate the model again")
        others = values.get("others")
        for score in (*classes.values(), *hidden.values(), *([] if others is None else [others])):
            if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
                raise ValueError(f"{score!r} is none of the scores from 0 to 1: calibrate the model again")
        floats = [{name: float(score) for name, score in some.items()} for some in (classes, hidden)]
        return cls(floats[0], others, floats[1])
