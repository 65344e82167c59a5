"""Nothing lands on the wrong picture: a looser match of a name counts only where one file alone can be meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.coco.names import FileNames, picture_folders, plain_name


def found(name: str, present: list[str], listed: list[str] | None = None) -> list[str]:
    names = [plain_name(other) for other in (listed or [name])]
    return [present[place] for place in FileNames(present).find(name, names)]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a.png", "a.png"),
        ("train\\a.png", "train/a.png"),
        ("./train/a.png", "train/a.png"),
        ("images/Capture_d%C3%A9cran%201.png", "Capture_décran 1.png"),
        ("e\u0301.png", "é.png"),
        ("a b.png", "a%20b.png"),
        ("images/a.png", "a.png"),
        ("a.png", "photos/a.png"),
        ("JPEGImages/a", "a.jpg"),
        ("C:\\data\\imgs\\a.png", "imgs/a.png"),
        ("https://x.org/z/a.png?sig=1#top", "a.png"),
        ("images\\3f2a1b9c-a.png", "a.png"),  # Label Studio's name of an upload
        ("3f2a1b9c-a.png", "photos/a.png"),
        ("IMG_1.jpg", "IMG_1.JPG"),  # as cameras have it
        ("train/IMG_1.JPG", "train/IMG_1.jpg"),
        ("IMG_1.JPG", "photos/IMG_1.jpg"),
    ],
)
def test_spellings_of_one_name(name: str, file: str) -> None:
    assert found(name, [file, "other.png"]) == [file]


def test_the_exact_name_goes_before_what_it_decodes_to() -> None:
    assert found("a%20b.png", ["a b.png", "a%20b.png"]) == ["a%20b.png"]


@pytest.mark.parametrize(
    ("name", "present", "listed"),
    [
        ("val/0001.png", ["train/0001.png"], ["train/0001.png", "val/0001.png"]),  # the file says it is another image
        ("b/0001.png", ["0001.png"], ["a/0001.png", "b/0001.png"]),  # either could be meant
        ("0001.png", ["a/0001.png", "b/0001.png"], None),
        ("val/0001.png", ["train/0001.png"], None),  # parts of a data set
        ("a.png", ["a.jpg"], None),
        ("A.png", ["a.png"], None),
        ("C:\\one\\a.png", ["a.png"], ["C:\\one\\a.png", "D:\\two\\a.png"]),
        ("sub/a.png", ["x/sub/a.png", "y/sub/a.png"], None),
        ("one/sub/a.png", ["sub/a.png"], ["one/sub/a.png", "two/sub/a.png"]),
        ("a.png", ["images/sub/a.png"], ["sub/a.png", "a.png"]),
        ("3f2a1b9c-a.png", ["a.png"], ["3f2a1b9c-a.png", "77777777-a.png"]),  # two uploads of one name
        ("3f2a1b9c-a.png", ["a.png"], ["3f2a1b9c-a.png", "a.png"]),
        ("3f2a1b9c-a.png", ["x/a.png", "y/a.png"], None),
        ("val/3f2a1b9c-a.png", ["train/a.png"], None),
        ("portrait-a.png", ["a.png"], None),
        ("a.JPG", ["x/a.jpg", "y/a.jpg"], None),
        ("a.JPG", ["a.jpg"], ["a.JPG", "a.jpg"]),
        ("a.JPG", ["a.jpg"], ["a.JPG", "a.Jpg"]),
        ("val/a.JPG", ["train/a.jpg"], None),
    ],
)
def test_where_it_is_not_certain_nothing_is_found(name: str, present: list[str], listed: list[str] | None) -> None:
    assert found(name, present, listed) == []


def test_folders_that_one_of_both_lacks_do_not_matter_where_the_rest_is_alike() -> None:
    present = ["images/default/one/a.png", "images/default/two/a.png"]
    for part in ("one", "two"):
        assert found(f"{part}/a.png", present, ["one/a.png", "two/a.png"]) == [f"images/default/{part}/a.png"]


@pytest.mark.parametrize("file", ["valid/_annotations.coco.json", "annotations/instances_valid.json"])
def test_pictures_lie_where_the_annotation_file_is_or_what_it_is_about(file: str) -> None:
    near = picture_folders(file)
    assert FileNames(["train/a.png", "images/valid/a.png"]).find("a.png", ["a.png"], near) == [1]
    assert FileNames(["train/a.png"]).find("a.png", ["a.png"], near) == []  # another part's


def test_folders_tell_pictures_apart_whose_endings_are_in_other_letters() -> None:
    """A camera's numbers begin anew in each folder: both pictures were left out, and those of a split."""
    listed = ["cam1/IMG_1.jpg", "cam2/IMG_1.jpg"]
    for above in ("", "images/"):
        present = [f"{above}cam1/IMG_1.JPG", f"{above}cam2/IMG_1.JPG"]
        assert [found(name, present, listed) for name in listed] == [[name] for name in present]
    present = ["train/IMG_1.JPG", "valid/IMG_1.JPG"]
    assert FileNames(present).find("IMG_1.jpg", ["IMG_1.jpg"], ["valid"]) == [1]
    assert found("IMG_1.jpg", ["cam1/IMG_1.JPG"], ["IMG_1.jpg", "cam1/IMG_1.jpg"]) == []  # the other one's


def test_a_name_is_not_taken_from_the_image_that_is_listed_under_it() -> None:
    assert FileNames(["train/a.png"]).find("a.png", ["a.png", "train/a.png"], ["train"]) == []


def test_files_of_the_very_same_name_are_all_found() -> None:
    assert FileNames(["a.png", "b.png", "a.png"]).find("a.png") == [0, 2]


@given(st.lists(st.text("ab/.\\% é2", min_size=1, max_size=8), min_size=1, max_size=5, unique=True))
def test_what_is_there_by_its_own_name_is_found_under_it(present: list[str]) -> None:
    names = FileNames(present)
    for name in present:
        assert name in [present[place] for place in names.find(name, [plain_name(other) for other in present])]
