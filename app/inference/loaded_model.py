"""The one model that is in memory: loaded when a version is asked for, with another in its place where it cannot be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from app.inference.model_terms import ModelUnavailableError
from app.inference.registry import STARTER, ModelRegistry
from app.messages.message import say
from app.store.errors import one_line

if TYPE_CHECKING:  # torch takes longer to import than all the rest
    from core import Predictor
    from core.model.score_thresholds import ScoreThresholds

logger = logging.getLogger("maskloop")
LoadingState = Literal["loading", "ready", "failed"]
FEATURES_KEPT = 4  # images; up to 74 MB each at 800 pixels


class LoadedModel:
    """Used by one thread; what is said of it may be read by any."""

    def __init__(self, registry: ModelRegistry, device: str) -> None:
        self.state: LoadingState = "loading"
        self.message: str = ""  # one line: why it is another model than wanted
        self.name: str | None = None  # of the version in memory
        self.thresholds: ScoreThresholds | None = None
        self.masks_by_prompt = False  # whether its masks get better where the prompt model looks again
        self.between_layers: Callable[..., Any] = lambda *_: None  # called again and again while the model works
        self._registry, self._device = registry, device
        self._predictor: Predictor | None = None
        self._unavailable: dict[str, str] = {}  # name of the wanted version → why it cannot be loaded

    def is_in_use(self) -> bool:
        """Whether the model in memory is that of everybody who names none."""
        return self._predictor is not None and self.name == self._wanted(None)

    def use(self, wanted: str | None) -> tuple[str, Predictor]:
        """The predictor of a version; where the one in use cannot be loaded, the starter model's."""
        name = self._wanted(wanted)
        if name == self.name and self._predictor is not None:
            return name, self._predictor
        location = self._registry.location(name)
        try:
            predictor = self._load(name, location)
        except (OSError, ValueError, RuntimeError) as error:
            reason = one_line(error)
        else:
            if self._unavailable.pop(name, None) is not None:
                self.message = ""
            return name, predictor
        if wanted is not None or name == STARTER:
            line = say("model_unavailable", model=name, reason=reason)
            if wanted is None and self.message != line:  # said once where the assistant was started, too
                logger.warning(line)
                self.message = line
            raise ModelUnavailableError(line)
        self._unavailable[name] = reason
        self.message = say("going_on_with_starter", model=name, reason=reason)
        logger.warning(self.message)
        return self.use(None)

    def _wanted(self, wanted: str | None) -> str:
        name = wanted if wanted is not None else self._registry.current()
        # Asked for again only after a restart or by name: each try may be a long wait for a network.
        return STARTER if wanted is None and name in self._unavailable else name

    def _load(self, name: str, location: str) -> Predictor:
        from core import Predictor  # brings torch, which takes longer to import than all the rest
        from core.evaluation.mask_refinement import read_mask_refinement
        from core.evaluation.thresholds import read_score_thresholds

        # The old model goes first: two at a time may be more than there is memory for.
        self.name, self._predictor = None, None
        self.state = "loading"
        try:
            self.thresholds = read_score_thresholds(location)
            measured = read_mask_refinement(location)
            self.masks_by_prompt = measured is not None and measured.helps
            self._predictor = Predictor(location, device=self._device, cache_size=FEATURES_KEPT)
        except Exception:
            self.state = "failed"
            raise
        for layer in self._predictor.model.modules():
            layer.register_forward_pre_hook(lambda *_: self.between_layers())
        self.name, self.state = name, "ready"
        return self._predictor
