"""What a person waits for goes before what is done ahead of time, also where that has begun."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.inference.model_thread import Haste, ModelThread


@pytest.fixture
def thread() -> Iterator[ModelThread]:
    thread = ModelThread(may_give_way=lambda: True)
    yield thread
    thread.close()


def hold(thread: ModelThread) -> threading.Event:
    """Keep the thread busy until the event is set."""
    entered, release = threading.Event(), threading.Event()
    thread.submit(lambda: (entered.set(), release.wait(20)), Haste.AHEAD)
    assert entered.wait(10)
    return release


def test_the_most_urgent_goes_first_and_equals_as_they_came(thread: ModelThread) -> None:
    release = hold(thread)
    order: list[int] = []
    hastes = [Haste.IDLE, Haste.AHEAD, Haste.AHEAD, Haste.SOON, Haste.AT_ONCE, Haste.AT_ONCE]
    futures = [thread.submit(lambda n=n: order.append(n), haste) for n, haste in enumerate(hastes)]
    release.set()
    for future in futures:
        future.result(timeout=10)
    assert order == [4, 5, 3, 1, 2, 0]


def test_work_gives_way_where_it_can_pause_and_goes_on(thread: ModelThread) -> None:
    begun, answered = threading.Event(), threading.Event()
    order: list[str] = []

    def batch() -> str:
        order.append("begun")
        begun.set()
        end = time.monotonic() + 20
        while not answered.is_set() and time.monotonic() < end:
            thread.give_way()
        return "done"

    done = thread.submit(batch, Haste.AHEAD)
    assert begun.wait(10)
    later = thread.submit(lambda: order.append("another image"), Haste.SOON)
    thread.submit(lambda: (order.append("click"), answered.set()), Haste.AT_ONCE).result(timeout=10)
    assert done.result(timeout=10) == "done"
    later.result(timeout=10)
    assert order == ["begun", "click", "another image"]


def test_a_click_does_not_wait_for_all_that_has_waited_long(
    thread: ModelThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd of predictions, some of them due for longer than a click that comes now."""
    release = hold(thread)
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() - 100)
    order: list[str] = []

    def predict() -> None:
        thread.give_way()  # between two layers
        order.append("prediction")

    crowd = [thread.submit(predict, Haste.SOON) for _ in range(3)]
    monkeypatch.setattr(time, "monotonic", now)
    click = thread.submit(lambda: order.append("click"), Haste.AT_ONCE)
    release.set()
    for future in (click, *crowd):
        future.result(timeout=10)
    assert order == ["click", *["prediction"] * 3]


def test_it_does_not_give_way_where_the_model_is_not_the_one_in_use() -> None:
    thread = ModelThread(may_give_way=lambda: False)
    tried: list[object] = []

    def batch() -> None:
        click = thread.submit(lambda: tried.append("click"), Haste.AT_ONCE)
        thread.give_way()
        tried.append(click.done())

    thread.submit(batch, Haste.AHEAD).result(timeout=10)
    thread.close()
    assert tried[0] is False


def test_an_error_is_that_of_whoever_waits(thread: ModelThread) -> None:
    with pytest.raises(ZeroDivisionError):
        thread.submit(lambda: 1 / 0, Haste.SOON).result(timeout=10)
    assert thread.submit(lambda: 1, Haste.SOON).result(timeout=10) == 1


def test_what_waits_at_the_end_is_cancelled(thread: ModelThread) -> None:
    release = hold(thread)
    left = thread.submit(lambda: 1, Haste.SOON)
    threading.Timer(0.2, release.set).start()
    thread.close()
    assert left.cancelled()


def test_what_comes_after_the_end_is_cancelled(thread: ModelThread) -> None:
    thread.close()
    assert thread.submit(lambda: 1, Haste.AT_ONCE).cancelled()
