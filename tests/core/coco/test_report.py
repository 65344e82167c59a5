"""One line for one fact, however many annotations share it."""

from __future__ import annotations

from core.coco.report import Problem, grouped


def test_three_and_more_annotations_share_a_line() -> None:
    problems = [Problem(f"annotation {n}", "iscrowd is 'true'", "becomes 1", n) for n in range(1, 13)]
    (line,) = grouped(problems)
    assert str(line) == ("annotations 1, 2, 3, 4, 5, 6, 7, 8 and 4 more: iscrowd is 'true' [repair: becomes 1]")


def test_messages_that_differ_in_numbers_alone_are_one_fact() -> None:
    problems = [
        Problem(f"annotation {n}", f"area is {n}, but the object has {n * n} pixels", None, n) for n in (3, 4, 5)
    ]
    assert [str(line) for line in grouped(problems)] == [
        "annotations 3, 4, 5: area is 3, but the object has 9 pixels (the first of them)"
    ]


def test_other_facts_and_single_ones_keep_their_lines() -> None:
    problems = [
        Problem("annotation 1", "has no id"),
        Problem("image 1", "has no id"),
        Problem("annotation 2", "has no id"),
    ]
    assert grouped(problems) == [problems[0], problems[2], problems[1]]
