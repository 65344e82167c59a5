"""The only configuration there is: one commented dataclass for a model, one for a training run.

Every field is an explicit value; nothing is looked up in a registry. `ModelConfig` travels with the
weights (in the JSON beside them), so a model can always be rebuilt from its own files.
"""

from core.config.model import Backbone, ModelConfig, ProposalCounts
from core.config.training import TrainConfig

__all__ = ["Backbone", "ModelConfig", "ProposalCounts", "TrainConfig"]
