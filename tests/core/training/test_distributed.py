"""What several processes need of a model."""

from __future__ import annotations

import pytest
import torch

from core import MaskRCNN, ModelConfig
from core.training.distributed import Processes
from tests.core.toy_data import TINY_MODEL


def test_normalisation_over_processes_without_gpus_is_refused_in_one_line() -> None:
    synced = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"backbone_norm": "sync"}))
    with pytest.raises(ValueError, match="backbone_norm='sync' needs a GPU for each of the 2 processes"):
        Processes(0, 2, torch.device("cpu")).check_model(synced)
    Processes(0, 1, torch.device("cpu")).check_model(synced)
    Processes(0, 2, torch.device("cuda", 0)).check_model(synced)
    Processes(0, 2, torch.device("cpu")).check_model(MaskRCNN(ModelConfig.from_dict(TINY_MODEL)))
