"""The paper's tables load, are complete, and hold the paper's figures."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from tests.conftest import module_of_file

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FILES = sorted((NOTEBOOKS / "paper").glob("*.csv"))


@pytest.fixture(scope="module")
def paper_tables() -> ModuleType:
    return module_of_file(NOTEBOOKS / "paper_tables.py")


def test_every_table_is_there() -> None:
    names = {file.stem for file in FILES}
    assert names == {*(f"table_{number}" for number in range(1, 8)), "appendix_b", "timing"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_row_names_its_source_and_figures_are_percentages(file: Path) -> None:
    table = pd.read_csv(file)
    assert len(table) > 1
    assert table["source"].str.startswith("arXiv:1703.06870v3").all()
    figures = table[[column for column in table if "AP" in column]]
    assert figures.empty or figures.dtypes.map(pd.api.types.is_numeric_dtype).all()
    filled = figures.stack().dropna()
    assert filled.between(1, 100).all()


def test_the_systems_that_the_paper_compares_with() -> None:
    systems = " ".join(
        system for number in (1, 3, 4, 7) for system in pd.read_csv(NOTEBOOKS / f"paper/table_{number}.csv")["system"]
    )
    for name in ("MNC", "FCIS", "FCIS+++", "Faster R-CNN+++", "G-RMI", "TDM", "CMU-Pose"):
        assert name in systems
    for name in ("InstanceCut", "DWT", "SAIS", "DIN"):
        assert name in systems


@pytest.mark.parametrize(
    ("table", "row", "column", "figure"),
    [
        ("1", {"backbone": "ResNeXt-101-FPN"}, "AP", 37.1),
        ("1", {"system": "MNC"}, "APS", 4.7),
        ("2a", {"backbone": "ResNet-50-FPN"}, "AP75", 35.3),
        ("2b", {"setting": "softmax"}, "AP", 24.8),
        ("2b", {"setting": "sigmoid class-agnostic"}, "AP", 29.7),
        ("2c", {"setting": "RoIWarp average"}, "AP50", 48.9),
        ("2c", {"setting": "RoIAlign max"}, "AP75", 31.8),
        ("appendix_b", {"backbone": "ResNeXt-152-FPN"}, "box AP75", 48.4),
        ("appendix_b", {"description": "data distillation: 120k unlabelled images"}, "keypoint APM", 64.1),
        ("2d", {"setting": "RoIPool"}, "box AP75", 26.9),
        ("2e", {"setting": "MLP fc 1024→1024→80·28²"}, "AP", 31.5),
        ("3", {"system": "Faster R-CNN w TDM"}, "box AP", 36.8),
        ("4", {"system": "CMU-Pose+++"}, "keypoint APL", 68.2),
        ("5", {"system": "Mask R-CNN, mask-only"}, "person mask AP", 45.8),
        ("6", {"setting": "RoIAlign"}, "keypoint AP", 64.2),
        ("7", {"training data": "fine + COCO"}, "rider", 27.0),
        ("timing", {"backbone": "ResNet-101-FPN", "hours": 44}, "hours", 44),
    ],
)
def test_spot_figures(paper_tables: ModuleType, table: str, row: dict[str, object], column: str, figure: float) -> None:
    found = paper_tables.paper_table(table)
    for key, value in row.items():
        found = found[found[key] == value]
    assert found[column].tolist() == [figure]


def test_each_enhancement_of_appendix_b_adds_to_the_one_before(paper_tables: ModuleType) -> None:
    table = paper_tables.paper_table("appendix_b")
    steps = table.groupby("part")["step"].apply(list).to_dict()
    assert steps == {"detection": list(range(8)), "keypoints": list(range(6))}
    for part, figure, gain in (
        ("detection", "AP", 5.1),
        ("detection", "box AP", 7.7),
        ("keypoints", "keypoint AP", 6.2),
    ):
        figures = table[table["part"] == part][figure]
        assert figures.is_monotonic_increasing
        assert figures.iloc[-1] - figures.iloc[0] == pytest.approx(gain)  # 5.1 and 7.7 are in the paper's text too


@pytest.mark.parametrize("name", ["8", "2f", "1a", "", "appendix"])
def test_a_table_that_is_not_there_is_named(paper_tables: ModuleType, name: str) -> None:
    with pytest.raises(ValueError, match="table"):
        paper_tables.paper_table(name)
