"""Slow work is done side by side, and its results come in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk.adding import side_by_side
from spapi_messaging.bulk.adding.side_by_side import MAX_THREADS, in_order
from tests.support.servers import PATIENCE


@given(st.lists(st.tuples(st.integers(), st.booleans()), max_size=200))
def test_results_come_in_order(items: list[tuple[int, bool]]) -> None:
    done = [(item, result()) for item, result in in_order(lambda item: -item[0], items, lambda item: item[1])]

    assert done == [(item, -item[0]) for item in items]


def test_without_slow_items_there_are_no_threads() -> None:
    names = {result() for _, result in in_order(lambda _: threading.current_thread(), range(9), lambda _: False)}

    assert names == {threading.current_thread()}


def test_slow_items_are_in_work_at_once() -> None:
    together = threading.Barrier(MAX_THREADS)

    def wait(_: int) -> int:
        return together.wait(PATIENCE)

    found = [result() for _, result in in_order(wait, range(MAX_THREADS), lambda _: True)]
    assert sorted(found) == list(range(MAX_THREADS))


def test_an_error_comes_in_its_place() -> None:
    results = dict(in_order(lambda item: 1 // item, [1, 0, 1], lambda _: True))

    with pytest.raises(ZeroDivisionError):
        results[0]()
    assert results[1]() == 1


def test_items_are_taken_only_a_few_ahead() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    ordered = in_order(lambda item: item, endless(), lambda _: True)
    for expected in range(1, 300):
        assert next(ordered)[1]() == expected
        assert taken <= expected + 4 * MAX_THREADS
    ordered.close()  # type: ignore[attr-defined]


def test_whoever_leaves_early_leaves_no_threads() -> None:
    before = threading.active_count()
    ordered = in_order(lambda item: item, range(1000), lambda _: True)
    next(ordered)
    ordered.close()  # type: ignore[attr-defined]

    for thread in threading.enumerate():
        if thread.name == "spapi-messaging-files":
            thread.join(PATIENCE)
    assert threading.active_count() <= before


def test_an_item_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "MAX_FETCH_SECONDS", 0.01)
    hang = threading.Event()
    ordered = in_order(lambda _: hang.wait(PATIENCE), [1], lambda _: True)
    _, result = next(ordered)

    with pytest.raises(TimeoutError):
        result()
    hang.set()
