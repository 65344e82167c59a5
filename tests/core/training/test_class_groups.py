"""New classes with heads of their own: what the base knows besides stays to the bit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core import MaskRCNN, ModelConfig, load_model, train
from core.config.model import ProposalCounts
from core.model.freezing import MapMemory
from core.model.images import batch_images
from core.model.roi_heads import RoiHeads
from core.model.roi_heads.grouped import GroupedRoiHeads
from core.model.weights import save_model
from core.structures import Category
from core.training.callbacks import Callback
from core.training.class_groups import class_groups
from core.training.class_transfer import merge_categories, move_to_categories
from core.training.run import Run
from core.training.samples import TargetsForModel
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data

OLD: list[Category] = [{"id": 1, "name": "cat"}, {"id": 2, "name": "disc"}]
NEW: list[Category] = [{"id": 3, "name": "disc"}, {"id": 7, "name": "square"}]  # as `write_toy_data` has them
ROIS = [torch.tensor([[4.0, 4, 60, 70], [10, 20, 90, 80]]), torch.tensor([[0.0, 0, 50, 50]])]
POINTS = {"keypoints": ["tip", "tail"], "skeleton": []}


def base_model(categories: list[Category] = OLD, **fields: object) -> MaskRCNN:
    """A model whose random answers are sure of themselves."""
    torch.manual_seed(0)
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": len(categories)} | fields), categories)
    with torch.no_grad():
        model.roi_heads.box_predictor.scores.weight.normal_(std=1.0)
    return model.eval()


def with_own_heads(model: MaskRCNN, data: list[Category]) -> MaskRCNN:
    merged = merge_categories(model.categories, data, keep_base=True)
    return move_to_categories(model, merged, learned={category["name"] for category in data}).eval()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    write_toy_data(folder, 4)
    return folder


def names_of(model: MaskRCNN) -> list[str]:
    return [category["name"] for category in model.categories]


# -- which heads are for which classes ------------------------------------------------------------------


def test_classes_that_learn_leave_the_heads_that_knew_them() -> None:
    groups = class_groups(["cat", "disc"], (), ["cat", "disc", "square"], ["cat", "disc", None], {"disc", "square"})
    assert groups.for_config == ((1, 0), (2, 3))
    assert (groups.begins_as, groups.rows, groups.row_counts) == (0, [(0, 1), None], (2,))


def test_where_no_class_is_kept_there_is_one_set_of_heads() -> None:
    groups = class_groups(["cat", "disc"], (), ["disc"], ["disc"], {"disc"})
    assert groups.for_config == ()
    assert groups.source_of("roi_heads.box_head.fc.0.weight") == ("roi_heads.box_head.fc.0.weight", True)


def test_heads_without_a_class_left_go_and_those_that_know_most_are_copied() -> None:
    before, groups = ["cat", "disc", "square"], ((1, 0), (2, 3))
    after = class_groups(before, groups, [*before, "fig"], [*before, None], {"disc", "square", "fig"})
    assert after.for_config == ((1, 0), (2, 3, 4))
    assert (after.begins_as, after.rows) == (1, [(1, 0), (1, 1), None])
    assert after.source_of("rpn.groups.1.head.deltas.bias") == ("rpn.groups.1.head.deltas.bias", True)
    assert after.source_of("rpn.groups.0.head.deltas.bias") == ("rpn.groups.0.head.deltas.bias", False)
    assert after.source_of("roi_heads.keypoint_head.deconv.bias")[1] is False


def test_a_class_that_another_set_of_heads_knows_begins_with_its_row_there() -> None:
    first = with_own_heads(base_model(), NEW)
    split = first.blank(replace(first.config, class_groups=((1, 0), (2, 0), (0, 3))), first.categories)
    merged = merge_categories(split.categories, NEW, keep_base=True)
    again = move_to_categories(split, merged, learned={"disc", "square"})
    assert again.config.class_groups == ((1, 0), (2, 3))
    before, after = split.state_dict(), again.state_dict()
    for part, leading, each in (("scores", 1, 1), ("deltas", 0, 4)):
        ours = after[f"roi_heads.groups.1.box_predictor.{part}.weight"]
        theirs = [before[f"roi_heads.groups.{group}.box_predictor.{part}.weight"] for group in (1, 2)]
        assert torch.equal(ours[:leading], theirs[1][:leading])
        assert torch.equal(ours[leading : leading + each], theirs[0][leading : leading + each]), "disc"
        assert torch.equal(ours[leading + each :], theirs[1][leading + each :]), "square"


def test_a_synonym_is_the_bases_class() -> None:
    groups = class_groups(["cat", "disc"], (), ["cat", "circle"], ["cat", "disc"], {"circle"})
    assert groups.for_config == ((1, 0), (2,))
    assert groups.rows == [(0, 1)]


@pytest.mark.parametrize("groups", [((1,), (3,)), ((1, 2), (2,)), ((1, 2), (0,)), ((1,),), (1, 2)])
def test_each_class_is_one_set_of_heads(groups: object) -> None:
    with pytest.raises(ValueError, match=r"class_groups=.* each of the labels 1\.\.2 is needed once"):
        ModelConfig.from_dict(TINY_MODEL | {"num_classes": 2, "class_groups": groups})


# -- what such a model says -----------------------------------------------------------------------------


def said_by(model: MaskRCNN, heads: RoiHeads, label: int) -> list[Tensor]:
    """What heads say of three RoIs on two images: probabilities with background, deltas, masks of a label."""
    image = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(1))
    batch = batch_images([image, image.flip(-1)], model.config)
    with torch.no_grad():
        maps = model.features(batch.tensor)
        logits, deltas = heads.classify(maps, ROIS)
        return [logits.softmax(dim=1), deltas, heads.describe(maps, ROIS, torch.full((3,), label))["masks"]]


def heads_alone(model: MaskRCNN, group: int) -> list[Tensor]:
    """What one set of heads says; masks of the last of the base's two classes."""
    heads = model.roi_heads.groups[group] if model.config.class_groups else model.roi_heads  # type: ignore[attr-defined]
    return said_by(model, heads, 2)


def whole(model: MaskRCNN, label: int) -> list[Tensor]:
    """What all heads say together."""
    return said_by(model, model.roi_heads, label)


def test_a_class_scores_as_in_its_own_heads_where_the_others_see_background() -> None:
    model = with_own_heads(base_model(), [{"id": 9, "name": "square"}])
    assert model.config.class_groups == ((1, 2), (3,))
    groups = model.roi_heads.groups  # type: ignore[attr-defined]
    with torch.no_grad():
        groups[1].box_predictor.scores.weight.zero_()
        groups[1].box_predictor.scores.bias.copy_(torch.tensor([30.0, 0.0]))
    alone, joined = heads_alone(model, 0), whole(model, 2)
    torch.testing.assert_close(joined[0][:, :3], alone[0], atol=1e-5, rtol=0)
    assert float(joined[0][:, 3].max()) < 1e-6
    torch.testing.assert_close(joined[1][:, :2], alone[1])
    torch.testing.assert_close(joined[2], alone[2])


def test_what_heads_answer_for_no_more_counts_as_background() -> None:
    model = with_own_heads(base_model(), NEW)
    assert model.config.class_groups == ((1, 0), (2, 3))
    groups = model.roi_heads.groups  # type: ignore[attr-defined]
    with torch.no_grad():
        groups[1].box_predictor.scores.weight.zero_()
        groups[1].box_predictor.scores.bias.copy_(torch.tensor([30.0, 0.0, 0.0]))
    alone, joined = heads_alone(model, 0)[0], whole(model, 1)[0]
    torch.testing.assert_close(joined[:, 1], alone[:, 1], atol=1e-5, rtol=0)
    torch.testing.assert_close(joined[:, 0], alone[:, 0] + alone[:, 2], atol=1e-5, rtol=0)


def test_each_rois_mask_is_that_of_its_classs_heads() -> None:
    model = with_own_heads(base_model(), NEW)
    image = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(3))
    batch = batch_images([image, image], model.config)
    rois, heads = ROIS, model.roi_heads
    assert isinstance(heads, GroupedRoiHeads)
    with torch.no_grad():
        for parameter in heads.learning.mask_head.parameters():  # type: ignore[union-attr]
            parameter.mul_(-1.5)
        maps = model.features(batch.tensor)
        mixed = heads.describe(maps, rois, torch.tensor([3, 1, 2]))["masks"]
        old, new, disc = (heads.describe(maps, rois, torch.full((3,), label))["masks"] for label in (1, 3, 2))
        sure = torch.tensor([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
        weighted = heads.describe(maps, rois, torch.tensor([3, 1, 2]), sure)["masks"]
        recorded = heads.describe_without_branches(maps, rois, torch.tensor([3, 1, 2]))["masks"]  # for export
    torch.testing.assert_close(mixed, torch.stack([new[0], old[1], disc[2]]))
    torch.testing.assert_close(weighted, mixed)
    torch.testing.assert_close(recorded, mixed)


def test_proposals_come_from_every_rpn_and_training_takes_those_of_the_last() -> None:
    model = with_own_heads(base_model(), NEW)
    batch = batch_images([torch.rand(3, 96, 96)], model.config)
    with torch.no_grad():
        maps = model.features(batch.tensor)
        output = model.rpn_output(maps, batch)
        (every,), _ = model.rpn.proposals(output, batch)
        (taught,), _ = model.rpn.proposals(output, batch, model.config.training_proposals)
        first, last = model.rpn.groups  # type: ignore[attr-defined]
        (of_last,), _ = last.proposals(output[-1], batch, model.config.training_proposals)  # type: ignore[index]
        share = ProposalCounts(model.config.proposals_before_nms_test, model.config.proposals_test // 2)
        shares = [rpn.proposals(said, batch, share)[0][0] for rpn, said in zip((first, last), output, strict=True)]  # type: ignore[call-overload]
    assert len(every) > 0
    torch.testing.assert_close(every, torch.cat(shares))
    torch.testing.assert_close(taught, of_last)


# -- learning ------------------------------------------------------------------------------------------


class Stop(Callback):
    """Ends a run after some steps."""

    def __init__(self, after: int) -> None:
        self.after = after

    def on_step(self, run: Run, losses: object) -> None:  # type: ignore[override]
        if run.done >= self.after:
            run.stop()


def learned(toy: Path, base: Path, output: Path, **changes: object) -> MaskRCNN:
    train(toy_config(toy, output, model=str(base), own_heads=True, steps=3, **changes))
    return load_model(output)


def test_nothing_of_the_other_classes_changes(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    before = load_model(tmp_path / "base")
    model = learned(toy, tmp_path / "base", tmp_path / "run")
    assert names_of(model) == ["cat", "disc", "square"]
    assert model.config.class_groups == ((1, 0), (2, 3))
    for alone, kept in zip(heads_alone(before, 0), heads_alone(model, 0), strict=True):
        assert torch.equal(alone, kept)
    old, new = before.state_dict(), model.state_dict()
    for name, tensor in old.items():
        heads, dot, rest = name.partition(".")
        kept_name = f"{heads}.groups.0.{rest}" if heads in ("rpn", "roi_heads") else name
        assert dot
        assert torch.equal(tensor, new[kept_name]), name
    moved = [name for name in new if ".groups.1." in name and "bias" not in name]
    began = with_own_heads(before, NEW).state_dict()
    assert all(not torch.equal(began[name], new[name]) for name in moved if "scores" not in name), "nothing learned"


def test_a_run_that_goes_on_comes_to_the_same(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    config = toy_config(toy, tmp_path / "a", model=str(tmp_path / "base"), own_heads=True, steps=3)
    train(config)
    halves = toy_config(toy, tmp_path / "b", model=str(tmp_path / "base"), own_heads=True, steps=3)
    assert train(halves, callbacks=[Stop(1)]).stopped
    train(toy_config(toy, tmp_path / "b", model=str(tmp_path / "base"), own_heads=True, steps=3, resume=True))
    once, twice = load_model(tmp_path / "a").state_dict(), load_model(tmp_path / "b").state_dict()
    assert all(torch.equal(once[name], twice[name]) for name in once)


def test_a_model_with_own_heads_learns_again(toy: Path, tmp_path: Path) -> None:
    save_model(base_model([*OLD, {"id": 4, "name": "fig"}]), tmp_path / "base")
    first = learned(toy, tmp_path / "base", tmp_path / "first")
    annotations = json.loads((toy / "annotations.json").read_text())
    squares = [category for category in annotations["categories"] if category["name"] == "square"]
    annotations["categories"] = [{**squares[0], "name": "fig"}]
    annotations["annotations"] = [a for a in annotations["annotations"] if a["category_id"] == squares[0]["id"]]
    (toy / "figs.json").write_text(json.dumps(annotations))
    # Without being asked: the features are those of all its heads.
    train(
        toy_config(toy, tmp_path / "second", model=str(tmp_path / "first"), steps=2, annotations=str(toy / "figs.json"))
    )
    second = load_model(tmp_path / "second")
    assert names_of(second) == ["cat", "disc", "fig", "square"]
    assert second.config.class_groups == ((1, 0, 0), (2, 4), (3,))
    old, new = first.state_dict(), second.state_dict()
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_the_same_classes_once_more_go_on_from_their_heads(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    first = learned(toy, tmp_path / "base", tmp_path / "first")
    merged = merge_categories(first.categories, NEW, keep_base=True)
    again = move_to_categories(first, merged, learned={"disc", "square"})
    assert again.config == first.config
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in first.state_dict().items())
    alone = move_to_categories(
        first, merge_categories(first.categories, NEW, keep_base=False), learned={"disc", "square"}
    )
    assert alone.config.class_groups == ()
    assert torch.equal(alone.rpn.head.deltas.bias, first.rpn.groups[1].head.deltas.bias)  # type: ignore[attr-defined]


def test_keypoints_of_a_class_that_learns_without_any_stay(toy: Path, tmp_path: Path) -> None:
    categories: list[Category] = [{"id": 1, "name": "cat"}, {"id": 2, "name": "disc", **POINTS}]  # type: ignore[typeddict-item]
    base = base_model(categories, num_keypoints=2)
    save_model(base, tmp_path / "base")
    model = learned(toy, tmp_path / "base", tmp_path / "run")
    assert model.categories[1].get("keypoints") == POINTS["keypoints"]
    assert model.roi_heads.keypoint_head is not None
    assert base.roi_heads.keypoint_head is not None
    ours, theirs = model.roi_heads.keypoint_head.state_dict(), base.roi_heads.keypoint_head.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_objects_whose_heads_do_not_learn_teach_nothing_and_are_no_targets() -> None:
    model = with_own_heads(base_model(), [{"id": 9, "name": "square"}])
    target = {"boxes": torch.tensor([[4.0, 4, 40, 40], [10, 10, 50, 50]]), "labels": torch.tensor([1, 2])}
    (prepared,) = TargetsForModel([{"id": 1, "name": "cat"}, {"id": 2, "name": "square"}], model)([target])
    assert prepared["labels"].tolist() == [3]  # type: ignore[attr-defined]
    model.train()
    bitmaps = torch.zeros((2, 64, 64), dtype=torch.uint8)
    with pytest.raises(ValueError, match="label 1 is of a class whose heads do not learn any more"):
        model([torch.rand(3, 64, 64)], [{**target, "masks": bitmaps}])


def test_own_heads_learn_together_on_a_bases_features(toy: Path, tmp_path: Path) -> None:
    save_model(base_model(), tmp_path / "base")
    base = str(tmp_path / "base")
    with pytest.raises(ValueError, match="own_heads learn together: training='alternating'"):
        train(toy_config(toy, tmp_path / "run", model=base, own_heads=True, training="alternating"))
    with pytest.raises(ValueError, match="own_heads learn on a base model's features: give model with them"):
        train(toy_config(toy, tmp_path / "run", own_heads=True))


# -- maps that are remembered ---------------------------------------------------------------------------


def test_frozen_layers_look_at_an_image_once() -> None:
    seen: list[int] = []

    def layers(images: Tensor) -> list[Tensor]:
        seen.append(len(images))
        return [images.mean(dim=1, keepdim=True), images[..., ::2, ::2]]

    first, second = (torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    memory = MapMemory(most_bytes=4 * (64 + 3 * 16))  # of one image
    for image in (first, first.clone(), second, second, first):
        for level, expected in zip(memory.maps(image, layers), layers(image), strict=True):
            assert torch.equal(level, expected)
    assert seen == [1] * 5 + [1] * 3, "the first image was computed once, the second, for which there is no room, twice"
    memory.maps(torch.cat([first, second]), layers)
    assert seen[-1] == 2, "a batch is computed as it is"


def test_remembered_maps_teach_the_same(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(base_model(), tmp_path / "base")
    config = {"model": str(tmp_path / "base"), "own_heads": True, "steps": 12, "batch_size": 1, "horizontal_flip": 0.0}
    train(toy_config(toy, tmp_path / "a", **config))
    monkeypatch.setattr("core.training.run.MapMemory", lambda: MapMemory(most_bytes=0))
    train(toy_config(toy, tmp_path / "b", **config))
    once, anew = load_model(tmp_path / "a").state_dict(), load_model(tmp_path / "b").state_dict()
    assert all(torch.equal(once[name], anew[name]) for name in once)
