"""Heads that get a share of the base's weights again: the base's, an average, or what was learned, class by class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from core import MaskRCNN, load_model, train
from core.model.weights import save_model
from core.structures import Category
from core.training.checkpoints import CHECKPOINT
from core.training.class_groups import place_of
from core.training.class_transfer import groups_for, merge_categories, move_to_categories
from core.training.learning.base_share import FEW_OBJECTS, BaseShare
from tests.core.toy_data import toy_config, write_toy_data
from tests.core.training.test_class_groups import NEW, OLD, Stop, base_model, names_of

MANY = 100


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    write_toy_data(folder, FEW_OBJECTS)  # as many discs and squares
    return folder


def learning(base: MaskRCNN, data: list[Category], *, keep_base: bool = True) -> MaskRCNN:
    """The model that learns the classes of `data` after `base`, at step 0."""
    merged = merge_categories(base.categories, data, keep_base=keep_base)
    return move_to_categories(base, merged, learned={category["name"] for category in data})


def shared_after(
    base: MaskRCNN, model: MaskRCNN, data: list[Category], objects: Mapping[int, int], share: float = 0.5
) -> tuple[MaskRCNN, MaskRCNN]:
    """A model whose heads have gone somewhere else, and what becomes of it."""
    groups = groups_for(base, model.categories, {}, [category["name"] for category in data])
    kept = BaseShare.at_start(model, base, groups, objects, share)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if place_of(name) == len(groups.kept):
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model, kept.shared(model)


def tensors(model: MaskRCNN, place: int) -> dict[str, torch.Tensor]:
    """The tensors of one set of heads, by their names within it."""
    prefix = f"groups.{place}." if model.config.class_groups else ""
    return {
        name.replace(prefix, "", 1): tensor for name, tensor in model.state_dict().items() if place_of(name) == place
    }


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_known_classes_have_the_average_and_new_ones_what_they_learned() -> None:
    base = base_model()
    start = tensors(learning(base, NEW), 1)
    torch.manual_seed(7)
    model, shared = shared_after(base, learning(base, NEW), NEW, {2: MANY, 3: MANY}, share=0.25)
    assert names_of(shared) == ["cat", "disc", "square"]
    assert shared.config.class_groups == ((1, 0), (2, 0), (0, 3))
    assert same(tensors(shared, 0), tensors(base, 0))
    assert same(tensors(shared, 2), tensors(model, 1))
    learned = tensors(model, 1)
    for name, tensor in tensors(shared, 1).items():
        if not name.startswith("roi_heads.box_predictor.scores"):  # a new class's row begins at random
            torch.testing.assert_close(tensor, 0.25 * start[name] + 0.75 * learned[name])


def test_classes_with_hardly_an_object_go_back_to_their_rows_in_the_bases_heads() -> None:
    base = base_model()
    model, shared = shared_after(base, learning(base, NEW), NEW, {2: FEW_OBJECTS - 1, 3: 1})
    assert shared.config.class_groups == ((1, 2), (0, 3))
    assert same(tensors(shared, 0), tensors(base, 0))
    assert same(tensors(shared, 1), tensors(model, 1)), "a new class is learned from however few there are"


def test_the_bases_heads_are_kept_where_all_of_its_classes_learned() -> None:
    base, both = base_model(), [*OLD, NEW[1]]
    model, shared = shared_after(base, learning(base, both), both, {1: 1, 2: MANY, 3: MANY})
    assert model.config.class_groups == ()
    assert shared.config.class_groups == ((1, 0), (0, 2, 0), (0, 0, 3))
    assert same(tensors(shared, 0), tensors(base, 0))
    assert same(tensors(shared, 2), tensors(model, 0))


def test_classes_that_all_stay_have_the_rows_that_they_had() -> None:
    base, other_order = base_model(), OLD[::-1]
    _, shared = shared_after(base, learning(base, other_order, keep_base=False), other_order, {1: 1, 2: 1})
    assert names_of(shared) == ["disc", "cat"]
    assert shared.config.class_groups == ((2, 1),)
    assert same(tensors(shared, 0), tensors(base, 0))


def test_what_learned_so_learns_on_and_stays_where_it_has_hardly_an_object() -> None:
    dog: Category = {"id": 9, "name": "dog"}
    base, data = base_model([*OLD, dog]), [*NEW, dog]
    _, first = shared_after(base, learning(base, data), data, {2: MANY, 3: 1, 4: 1})
    assert names_of(first) == ["cat", "disc", "dog", "square"]
    assert first.config.class_groups == ((1, 0, 3), (2, 0, 0), (0, 0, 4))
    _, second = shared_after(first, learning(first, data), data, {2: MANY, 3: 1, 4: 1})
    assert second.config.class_groups == ((1, 0, 3), (0, 0, 4), (2, 0, 0))
    assert same(tensors(second, 0), tensors(first, 0)), "the dog is in the heads that knew it from the beginning"
    assert same(tensors(second, 1), tensors(first, 2)), "the square was new, and is known now"


def test_known_classes_alone_stay_one_set_of_heads() -> None:
    base = base_model()
    model, shared = shared_after(base, learning(base, NEW[:1]), NEW[:1], {})
    assert shared.config == model.config
    assert same(tensors(shared, 0), tensors(base, 0))
    assert not same(tensors(shared, 1), tensors(model, 1))
    alone, of_all = shared_after(base, learning(base, NEW[:1], keep_base=False), NEW[:1], {})
    assert alone.config.class_groups == of_all.config.class_groups == ()


def test_what_all_share_and_the_rest_of_a_model_go_with_it() -> None:
    person: Category = {"id": 2, "name": "person"}
    base = base_model([OLD[0], person])
    points: Category = {"id": 1, "name": "person", "keypoints": ["nose", "tail"], "skeleton": []}
    base.attach_keypoint_model(base_model([points], num_keypoints=2))
    model, shared = shared_after(base, learning(base, NEW), NEW, {})
    assert model.keypoint_model is not None
    ours = model.state_dict()
    others = {name: tensor for name, tensor in shared.state_dict().items() if place_of(name) is None}
    assert others
    assert all(torch.equal(tensor, ours[name]) for name, tensor in others.items())
    assert shared.keypoint_model is model.keypoint_model
    assert shared.score_thresholds is model.score_thresholds
    assert shared.training == model.training


def test_a_run_writes_the_shared_heads_and_resumes_to_the_same(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    fields = {"model": str(tmp_path / "base"), "own_heads": True, "base_share": 0.5, "steps": 3, "select_by": "last"}
    fields |= {"val_images": str(toy / "images"), "val_annotations": str(toy / "annotations.json")}
    train(toy_config(toy, tmp_path / "once", **fields))
    assert train(toy_config(toy, tmp_path / "twice", **fields), callbacks=[Stop(1)]).stopped
    train(toy_config(toy, tmp_path / "twice", resume=True, **fields))
    once, twice = load_model(tmp_path / "once"), load_model(tmp_path / "twice")
    assert once.config.class_groups == ((1, 0), (2, 0), (0, 3))
    assert all(torch.equal(tensor, twice.state_dict()[name]) for name, tensor in once.state_dict().items())


def written_before_base_share(run: Path) -> None:
    """Take out of a run's files what it did not have when there was no `base_share`."""
    checkpoint = torch.load(run / CHECKPOINT, weights_only=True)
    del checkpoint["base_share"], checkpoint["options"]["base_share"]
    torch.save(checkpoint, run / CHECKPOINT)


def test_a_run_from_before_the_share_goes_on_with_it_as_if_it_had_begun_so(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    fields = {"model": str(tmp_path / "base"), "own_heads": True, "base_share": 0.5, "steps": 2, "select_by": "last"}
    train(toy_config(toy, tmp_path / "once", **fields))
    assert train(toy_config(toy, tmp_path / "older", **fields), callbacks=[Stop(1)]).stopped
    written_before_base_share(tmp_path / "older")
    train(toy_config(toy, tmp_path / "older", resume=True, **fields))
    once, older = load_model(tmp_path / "once"), load_model(tmp_path / "older")
    assert older.config == once.config
    assert all(torch.equal(tensor, older.state_dict()[name]) for name, tensor in once.state_dict().items())


def test_where_the_base_is_gone_it_is_said_that_an_older_run_goes_on_without_the_share(
    toy: Path, tmp_path: Path
) -> None:
    save_model(base_model(), tmp_path / "base")
    fields = {"model": str(tmp_path / "base"), "own_heads": True, "base_share": 0.5, "steps": 2, "select_by": "last"}
    assert train(toy_config(toy, tmp_path / "older", **fields), callbacks=[Stop(1)]).stopped
    written_before_base_share(tmp_path / "older")
    (tmp_path / "base").rename(tmp_path / "elsewhere")
    with pytest.warns(UserWarning, match="began before base_share and goes on without it: .*base") as warned:
        train(toy_config(toy, tmp_path / "older", resume=True, **fields))
    assert "\n" not in str(warned[0].message)
    assert load_model(tmp_path / "older").config.num_classes == 3


def test_heads_of_another_base_of_the_same_name_are_not_given_to_an_older_run(toy: Path, tmp_path: Path) -> None:
    """A newer version of a model may have its name: its heads would answer on features that are not theirs."""
    base = base_model()
    save_model(base, tmp_path / "base")
    fields = {"model": str(tmp_path / "base"), "own_heads": True, "base_share": 0.5, "steps": 2, "select_by": "last"}
    assert train(toy_config(toy, tmp_path / "older", **fields), callbacks=[Stop(1)]).stopped
    written_before_base_share(tmp_path / "older")
    with torch.no_grad():
        for parameter in base.parameters():
            parameter.add_(0.01)
    save_model(base, tmp_path / "base")
    with pytest.warns(UserWarning, match="goes on without it: .*base has other features than the run began with"):
        train(toy_config(toy, tmp_path / "older", resume=True, **fields))


def test_a_new_class_alone_takes_nothing_of_the_base(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(OLD[:1]), tmp_path / "base")
    config = {"model": str(tmp_path / "base"), "own_heads": True, "steps": 2}
    train(toy_config(toy, tmp_path / "without", **config))
    train(toy_config(toy, tmp_path / "with", base_share=0.5, **config))
    without, shared = load_model(tmp_path / "without"), load_model(tmp_path / "with")
    assert without.config == shared.config
    assert all(torch.equal(tensor, shared.state_dict()[name]) for name, tensor in without.state_dict().items())


def test_validation_losses_are_of_the_heads_that_learn(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    fields = {"model": str(tmp_path / "base"), "own_heads": True, "steps": 1, "validation_losses": True}
    fields |= {"val_images": str(toy / "images"), "val_annotations": str(toy / "annotations.json")}
    losses = []
    for name, share in (("without", 0.0), ("with", 0.5)):
        train(toy_config(toy, tmp_path / name, base_share=share, **fields))
        lines = map(json.loads, (tmp_path / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
        losses.append(next(line["losses"] for line in lines if line["kind"] == "validation"))
    assert losses[0] == losses[1], "of all classes that learn, as in training"


def test_a_validation_that_writes_the_model_makes_its_heads_once(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(base_model(), tmp_path / "base")
    made: list[int] = []

    def counted(share: BaseShare, model: MaskRCNN) -> MaskRCNN:
        made.append(1)
        return shared(share, model)

    shared = BaseShare.shared
    monkeypatch.setattr(BaseShare, "shared", counted)
    fields = {"model": str(tmp_path / "base"), "own_heads": True, "base_share": 0.5, "steps": 1}
    fields |= {"val_images": str(toy / "images"), "val_annotations": str(toy / "annotations.json")}
    train(toy_config(toy, tmp_path / "run", **fields))
    assert made == [1]
