"""Moving a model to other classes: the rows of the heads that belong to a class go with its name.

Four tensors of a Mask R-CNN have a row (or a few) for every class: the classifier's scores, the box
regression, the masks, and the keypoint head's heatmaps. Classes that both models name keep theirs
whatever their number; everything else is copied as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from core.model.mask_rcnn import MaskRCNN
from core.model.roi_heads.box import BoxPredictor
from core.model.roi_heads.keypoint import KeypointHead
from core.model.roi_heads.mask import MaskPredictor, MlpMaskHead
from core.structures import Category, named_categories
from core.training.class_groups import ClassGroups, class_groups


def read_synonyms(synonyms: Sequence[str], base: Sequence[Category], data: Sequence[Category]) -> dict[str, str]:
    """Names of the data's classes with those that the base model has for them, from "pedestrian=person".

    A class that the base knows by the data's own name needs no synonym, and one that the data does not
    have is passed over, so that one table serves several data sets. Raises ValueError where an entry is
    no pair, or the base has no class of that name.
    """
    known, wanted = {category["name"] for category in base}, {category["name"] for category in data}
    found: dict[str, str] = {}
    for entry in synonyms:
        name, equals, other = (part.strip() for part in entry.partition("="))
        if not (name and equals and other):
            raise ValueError(f"synonyms: {entry!r} is no pair; write the data's name, =, and the model's name")
        if name in wanted and name not in known:
            if other not in known:
                raise ValueError(f"synonyms: {entry!r}, but the model has no class {other!r}")
            found[name] = other
    return found


def merge_categories(
    base: Sequence[Category], data: Sequence[Category], keep_base: bool, synonyms: Mapping[str, str] | None = None
) -> list[Category]:
    """The categories of a model that knows `base` and goes on to learn `data`, in the order of its labels.

    Base categories keep their order, and new ones follow; rows of published weights that stand for
    nothing are left behind. With `keep_base` False only those of the data remain, in their own
    order. A category that both name, by a synonym too, is described as the data describes it, and keeps the base's
    keypoints where the data has none. Ids are
    the data's; a base category whose id is taken gets a free one. Raises ValueError where the data names two categories
    alike.
    """
    names = [category["name"] for category in data]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two categories of the annotations are named {name!r}: rename one")
    if not keep_base:
        return [_copy(category) for category in data]
    by_name = {category["name"]: category for category in data}
    taken = {category["id"] for category in data}
    # One keypoint head stands for one list of keypoints: where the data brings another, it takes over.
    other_keypoints = keypoint_names(data) not in ([], keypoint_names(base))
    name_in_data = {other: name for name, other in (synonyms or {}).items() if other not in by_name}
    merged: list[Category] = []
    for category in named_categories(base):
        name = name_in_data.get(category["name"], category["name"])
        kept = _copy(by_name.pop(name, category))
        if category.get("keypoints") and not kept.get("keypoints") and not other_keypoints:
            kept.update(_keypoints_of(category))
        if kept["name"] not in names:
            if kept["id"] in taken:
                kept["id"] = 1 + max(taken | {other["id"] for other in base})
            if other_keypoints:
                kept.pop("keypoints", None)
                kept.pop("skeleton", None)
        taken.add(kept["id"])
        merged.append(kept)
    return merged + [_copy(category) for category in by_name.values()]


def keypoint_names(categories: Sequence[Category]) -> list[str]:
    """The longest list of keypoint names among the categories: what the channels of a keypoint head stand for."""
    return max((list(category.get("keypoints") or ()) for category in categories), key=len, default=[])


def move_to_categories(
    model: MaskRCNN,
    categories: Sequence[Category],
    synonyms: Mapping[str, str] | None = None,
    learned: Collection[str] | None = None,
) -> MaskRCNN:
    """A model for `categories` with the weights of `model`; rows of classes are moved by name, new ones initialised.

    `synonyms` has the model's name of a class for names that it does not know. A new class begins as
    the mean of the known ones in box regression and masks, which is the shape of an object in general,
    and with its own small random weights in the classifier. The keypoint head is kept where the longest
    list of keypoint names stays the same; else a new one is made for it. An attached keypoint model
    stays attached while there are persons.

    The classes called `learned` get heads of their own (`ModelConfig.class_groups`): copies of those that know most of
    them. All heads of `model` stay as they are for the other classes that they know. None is one set of heads for all.
    """
    new_names = keypoint_names(categories)
    has_keypoints = model.describing_model is not None
    keeps_keypoints = new_names == keypoint_names(model.categories) and has_keypoints
    num_keypoints = model.config.num_keypoints if keeps_keypoints else len(new_names)
    names = [category["name"] for category in categories]
    groups = groups_for(model, categories, synonyms, names if learned is None else learned)
    config = replace(
        model.config, num_classes=len(categories), num_keypoints=num_keypoints, class_groups=groups.for_config
    )
    moved = model.blank(config, list(categories))
    moved.score_thresholds = model.score_thresholds.of_classes(names, _known_as(model, categories, synonyms))

    old, new = model.state_dict(), moved.state_dict()
    by_class = _class_tensors(moved)
    fresh = () if keeps_keypoints else tuple(_keypoint_head(moved))
    with torch.no_grad():
        for name, tensor in new.items():
            source, learns = groups.source_of(name)
            if name in by_class and learns:
                leading, mean = by_class[name]
                before = [old[groups.name_before(name, group)] for group in range(len(groups.row_counts))]
                _move_rows(before, tensor, groups, leading, mean)
            elif not name.startswith(fresh):
                tensor.copy_(old[source])
    if model.keypoint_model is not None and keeps_keypoints:
        moved.attach_keypoint_model(model.keypoint_model)
    return moved


def groups_for(
    base: MaskRCNN, categories: Sequence[Category], synonyms: Mapping[str, str] | None, learned: Collection[str]
) -> ClassGroups:
    """The sets of heads that a model for `categories` has, of which those called `learned` learn, after `base`."""
    before, names = ([category["name"] for category in model] for model in (base.categories, categories))
    known_as = _known_as(base, categories, synonyms)
    return class_groups(before, base.config.class_groups, names, known_as, learned)


def _known_as(base: MaskRCNN, categories: Sequence[Category], synonyms: Mapping[str, str] | None) -> list[str | None]:
    """What the base calls each of the categories; None for a class that it does not know."""
    before = {category["name"] for category in base.categories}
    names = [category["name"] for category in categories]
    bases = [name if name in before else (synonyms or {}).get(name) for name in names]
    return [base if base in before else None for base in bases]


def class_parameters(model: MaskRCNN) -> list[tuple[nn.Parameter, int]]:
    """The parameters with rows for classes, each with the number of rows (background's) that come before them.

    Of several sets of heads (`ModelConfig.class_groups`) those of all.
    """
    parameters = dict(model.named_parameters())
    return [(parameters[name], leading) for name, (leading, _) in _class_tensors(model).items()]


def has_other_rows(model: MaskRCNN, categories: Sequence[Category]) -> bool:
    """Whether the heads that learn have rows of classes that `categories` do not name.

    Heads that are for the classes of `categories` alone (`ModelConfig.class_groups`) have none.
    """
    named = {category["name"] for category in categories}
    return not model.config.class_groups and any(category["name"] not in named for category in model.categories)


@contextmanager
def other_rows_held(model: MaskRCNN, categories: Sequence[Category]) -> Iterator[None]:
    """Within it the rows of classes that `categories` do not name stay as they are while the model learns.

    Their gradients are set to zero. Small ones would do: Adam makes a full step of any gradient, and
    a dozen images without a single object of a class are enough to forget it.
    """
    named = {category["name"] for category in categories}
    learns = torch.tensor([category["name"] in named for category in model.categories])
    held = class_parameters(model) if has_other_rows(model, categories) else []
    # A frozen parameter has no gradient, and takes no hook.
    hooks = [
        parameter.register_hook(partial(torch.mul, _learning_rows(parameter, leading, learns)))
        for parameter, leading in held
        if parameter.requires_grad
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _learning_rows(parameter: Tensor, leading: int, learns: Tensor) -> Tensor:
    """1 for the rows that learn, 0 for the others; `leading` rows (background's) come first and learn."""
    rows = torch.ones(len(parameter), dtype=parameter.dtype, device=parameter.device)
    each = (len(parameter) - leading) // len(learns)
    rows[leading:] = learns.repeat_interleave(each).to(rows)
    return rows.reshape(-1, *[1] * (parameter.dim() - 1))


def _move_rows(before: Sequence[Tensor], new: Tensor, groups: ClassGroups, leading: int, mean: bool) -> None:
    """Copy the rows of classes to `new` from a tensor of each of the base's groups, `before`.

    `leading` rows (background's) come first, and are those of the group that the heads begin as. A class that another
    group knows has its row from there: heads of one model were one set once, so it says nearly the same here. One that
    none knows gets the mean row of the group's classes if `mean`, else keeps the fresh row that `new` came with.
    """
    each = (len(new) - leading) // len(groups.rows)  # rows a class: 4 of the box regression, M² of a dense mask
    old_rows = [old[leading:].unflatten(0, (count, each)) for old, count in zip(before, groups.row_counts, strict=True)]
    new[:leading] = before[groups.begins_as][:leading]
    new_rows = new[leading:].unflatten(0, (len(groups.rows), each))
    for index, place in enumerate(groups.rows):
        if place is not None:
            new_rows[index] = old_rows[place[0]][place[1]]
        elif mean:
            new_rows[index] = old_rows[groups.begins_as].mean(dim=0)


def _class_tensors(model: MaskRCNN) -> dict[str, tuple[int, bool]]:
    """Names of the tensors with rows for classes: rows before them, whether new ones begin as the mean."""
    tensors: dict[str, tuple[int, bool]] = {}
    for name, module in model.named_modules():
        if isinstance(module, BoxPredictor):
            tensors |= _weight_and_bias(f"{name}.scores", 1, mean=False)
            tensors |= _weight_and_bias(f"{name}.deltas", 0, mean=True)
        elif isinstance(module, MaskPredictor | MlpMaskHead) and not model.config.mask_class_agnostic:
            tensors |= _weight_and_bias(f"{name}.logits", int(model.config.mask_loss == "softmax"), mean=True)
    return tensors


def _weight_and_bias(name: str, leading: int, mean: bool) -> dict[str, tuple[int, bool]]:
    return {f"{name}.weight": (leading, mean), f"{name}.bias": (leading, mean)}


def _keypoint_head(model: nn.Module) -> list[str]:
    """The names that the keypoint head's tensors begin with."""
    return [f"{name}." for name, module in model.named_modules() if isinstance(module, KeypointHead)]


def _keypoints_of(category: Category) -> Category:
    fields = ("keypoints", "skeleton", "flip_pairs", "sigmas")
    return cast(Category, {name: value for name, value in category.items() if name in fields})


def without_keypoints(category: Category) -> Category:
    """A category without the names of its keypoints."""
    own = _keypoints_of(category)
    return cast(Category, {name: value for name, value in category.items() if name not in own})


def _copy(category: Category) -> Category:
    return Category(**category)
