"""Recipes as data: published training runs, one small TOML file each, beside this module.

A file has `description`, `source`, a table [train] of `TrainConfig` fields and a table [model] of
`ModelConfig` fields. Two things are written as papers write them: `batch_size` counts the images of
a step in all processes together, and `step_at` may count steps. Values are defaults: whatever is
given explicitly goes before them.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from core.config import ModelConfig, TrainConfig

RECIPES = Path(__file__).resolve().parent
# What a recipe cannot know.
_OF_THE_USER = ("images", "annotations", "output", "val_images", "val_annotations", "model_config", "resume")


@dataclass(frozen=True)
class Recipe:
    """A published training run."""

    name: str
    description: str
    source: str
    train: dict[str, Any]  # TrainConfig fields, batch_size of all processes together, step_at as fractions
    model: dict[str, Any]  # ModelConfig fields


def recipe_names() -> list[str]:
    """The recipes that ship."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def read_recipe(name: str) -> Recipe:
    """A recipe by its name, or a file of one's own by its path ending in .toml.

    Raises ValueError, one line, for an unknown name (listing the known ones), an unknown field and a
    value that does not fit its field.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not name.endswith(".toml") and name not in recipe_names():
        raise ValueError(f"no recipe {name!r}: choose one of {', '.join(recipe_names())}, or give a .toml file")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such recipe") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from None
    for key, kind in (("description", str), ("source", str), ("train", dict), ("model", dict)):
        if not isinstance(content.get(key), kind):
            shape = f"a table [{key}]" if kind is dict else f'a line {key} = "…"'
            raise ValueError(f"{path}: a recipe needs {shape}")
    unknown = sorted(set(content) - {"description", "source", "train", "model"})
    if unknown:
        raise ValueError(f"{path}: unknown entry {unknown[0]!r}; a recipe has description, source, [train] and [model]")
    train = _checked_fields(content["train"], TrainConfig, f"{path}: [train]", leave_out=_OF_THE_USER)
    model = _checked_fields(content["model"], ModelConfig, f"{path}: [model]")
    ModelConfig(**model)
    if "step_at" in train and train.get("steps"):
        # As fractions they stay in place when the run is made longer or shorter.
        train["step_at"] = tuple(place / train["steps"] if place > 1 else place for place in train["step_at"])
    return Recipe(path.stem, content["description"], content["source"], train, model)


def recipe_config(name: str, *, processes: int = 1, scaling: bool = True, **given: Any) -> TrainConfig:
    """The TrainConfig of a recipe, with `given` fields (images, annotations and output among them) instead of its own.

    The batch is shared by the `processes`, and by the batches of `accumulate`. Where a step then sees
    another number of images than the recipe's, the linear scaling rule holds (Goyal et al. 2017): k
    times the images, k times the learning rate, and steps and warm-up divided by k; a learning rate or a length
    that is given stays as it is given. Without `scaling` all of them stay the recipe's. `model_config` adds to
    the recipe's own.
    """
    recipe = read_recipe(name)
    values = recipe.train | given
    if "epochs" in given and "steps" not in given:
        values["steps"] = None
    images = recipe.train.get("batch_size")
    if images is not None:
        if given.get("batch_size") is not None and given["batch_size"] < 1:
            raise ValueError(f"batch_size={given['batch_size']}: at least 1 is needed")
        batches = processes * max(1, values.get("accumulate", 1))
        values["batch_size"] = given.get("batch_size") or max(1, images // batches)
        if scaling:
            values |= _scaled(recipe, values["batch_size"] * batches / images, given)
    own = recipe.model
    if values.get("model") and not recipe.train.get("model"):
        own = {}  # written for a new model; the one that is given has a configuration
    if given.get("model_config"):
        own = own | read_fields(given["model_config"])
    values["model_config"] = json.dumps(own) if own else None
    return TrainConfig(**values)


def batch_note(name: str, config: TrainConfig, processes: int = 1) -> str | None:
    """One line on what another number of images a step made of a recipe; None where it is the recipe's own."""
    recipe = read_recipe(name)
    images, here = recipe.train.get("batch_size"), config.images_a_step * processes
    if images is None or here == images:
        return None
    length = f"{config.steps} steps" if config.steps else f"{config.epochs} epochs"
    return (
        f"{recipe.name} is made for {images} images a step, here are {here}: "
        f"learning rate {config.learning_rate:g}, warm-up of {config.warmup_steps} steps, {length}"
    )


def read_fields(model_config: str) -> dict[str, object]:
    """The fields in a JSON file, or in JSON text that begins with a brace, as `TrainConfig.model_config` names them.

    Raises FileNotFoundError or ValueError, one line, where it is neither, or a field is not known.
    """
    if model_config.lstrip().startswith("{"):
        where, text = "model_config", model_config
    else:
        where = model_config
        try:
            text = Path(model_config).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise FileNotFoundError(f"{where}: there is no such model configuration") from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{where}: not a JSON file ({error})") from None
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: not a JSON file ({error})") from None
    if not isinstance(values, dict):
        raise ValueError(f"{where}: a JSON object with ModelConfig fields is needed")
    known = [field.name for field in fields(ModelConfig)]
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
            raise ValueError(f"{where}: unknown field {name!r}; {mend}")
    return values


def _scaled(recipe: Recipe, factor: float, given: Mapping[str, object]) -> dict[str, object]:
    """Learning rate and steps of a recipe for `factor` times its images a step, apart from those given."""
    scaled: dict[str, object] = {}
    if "learning_rate" in recipe.train:
        scaled["learning_rate"] = recipe.train["learning_rate"] * factor
    if recipe.train.get("steps") and "epochs" not in given:
        scaled["steps"] = round(recipe.train["steps"] / factor)
    if "warmup_steps" in recipe.train:
        scaled["warmup_steps"] = round(recipe.train["warmup_steps"] / factor)
    return {name: value for name, value in scaled.items() if name not in given}


def _checked_fields(
    values: Mapping[str, object], kind: type, where: str, leave_out: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The fields of a table as values that the dataclass `kind` takes."""
    known = [field.name for field in fields(kind) if field.name not in leave_out]
    hints = get_type_hints(kind)
    for name in values:
        if name not in known:
            raise ValueError(f"{where}: unknown field {name!r}; choose from {', '.join(known)}")
    return {name: _checked(value, hints[name], f"{where} {name}") for name, value in values.items()}


def _checked(value: Any, hint: object, where: str) -> object:
    """A value of TOML as one of the hinted type; "none" stands for None where that is allowed."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    choices = [choice for option in options if get_origin(option) is Literal for choice in get_args(option)]
    if value in choices:
        return value
    if value == "none" and type(None) in options:
        return None
    if choices:
        raise ValueError(f"{where} = {value!r}: choose one of {', '.join(map(repr, choices))}")
    for option in options:
        if get_origin(option) is tuple and isinstance(value, list):
            return tuple(_checked(item, get_args(option)[0], where) for item in value)
        if option is float and type(value) in (int, float):
            return float(value)
        if type(value) is option:
            return value
    wanted = " or ".join(getattr(option, "__name__", str(option)) for option in options)
    raise ValueError(f"{where} = {value!r}: {wanted} is needed")
