"""Prompt models at rest: 16-bit safetensors with a JSON sidecar."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.files import write_atomically, write_text_atomically
from core.model.weights.sidecar import check_numbers, check_shapes, read_json
from core.prompts.config import PromptConfig
from core.prompts.network import PromptNetwork
from core.shipped import shipped

WEIGHTS_FILE = "prompts.safetensors"
SIDECAR_FILE = "prompts.json"
FORMAT = 1
SHIPPED = shipped("models") / "prompts"


def save_prompt_network(
    network: PromptNetwork, directory: str | Path, lineage: Mapping[str, object] | None = None
) -> Path:
    """Write `prompts.safetensors` (16-bit) and `prompts.json` into a directory, each in one piece."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().half().contiguous() for name, tensor in network.state_dict().items()}
    sidecar = {"format": FORMAT, "config": network.config.to_dict(), "lineage": dict(lineage or {})}
    write_atomically(directory / WEIGHTS_FILE, lambda path: save_file(tensors, path))
    write_text_atomically(directory / SIDECAR_FILE, json.dumps(sidecar, indent=1) + "\n")
    return directory


def load_prompt_network(source: str | Path | None = None) -> PromptNetwork:
    """The network of a directory or a weights file, or the one that ships; in evaluation mode, 32-bit.

    Raises:
        FileNotFoundError: there is no such model.
        ValueError: it is damaged or of another kind; one line that names the file.
    """
    path = Path(source) if source is not None else SHIPPED
    if path.is_dir():
        path = path / WEIGHTS_FILE
    sidecar_path = path.with_suffix(".json")
    for file in (path, sidecar_path):
        if not file.is_file():
            raise FileNotFoundError(
                f"{file}: there is no prompt model here; train one with python -m core train-prompts"
            )
    try:
        sidecar = read_json(sidecar_path)
        if sidecar["format"] != FORMAT:
            raise ValueError(f"format {sidecar['format']} is not {FORMAT}")
        config = PromptConfig.from_dict(sidecar["config"])
        with torch.device("meta"):  # nothing is allocated for a description that its weights do not fit
            network = PromptNetwork(config)
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ValueError(f"{sidecar_path} describes no prompt model ({reason}): copy it again") from None
    check_shapes(network.state_dict(), path)
    network = network.to_empty(device="cpu")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, RuntimeError, MemoryError) as error:
        raise ValueError(f"{path} is not a complete safetensors file ({error}): copy it again") from None
    own = network.state_dict()
    for name, tensor in tensors.items():
        check_numbers(name, tensor, own[name], path)
        own[name].copy_(tensor)  # shares memory with the network; 16-bit floats widen here
    return network.eval()
