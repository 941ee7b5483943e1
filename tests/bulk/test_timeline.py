"""`Ledger.timeline` and `Ledger.late`: what was finished when, what waits until when, and what is late."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Ledger, State
from tests.support.amazon import TEXT
from tests.support.ledgers import NOON, Clock, a_text, in_every_state, order, park, set_columns

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=Clock()) as made:
        yield made


def at(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def finish(ledger: Ledger, number: int, state: str, moment: str, account: str = "a") -> None:
    ledger.add(a_text(order(number), account=account))
    set_columns(ledger, order(number), state=state, finished_at=at(moment))


def told(spans: Any) -> list[tuple[str, str | None, str, int]]:
    return [(f"{each.begin:%d %H:%M}", each.account, each.state.value, each.count) for each in spans]


def test_nothing_was_finished(ledger: Ledger) -> None:
    ledger.add(a_text())
    assert ledger.timeline() == ()


def test_what_was_finished_in_each_hour_and_day(ledger: Ledger) -> None:
    finish(ledger, 1, "sent", "2026-11-21T23:59:59.999+00:00")
    finish(ledger, 2, "sent", "2026-11-22T00:00+00:00")
    finish(ledger, 3, "sent", "2026-11-22T01:59:59.999+01:00")
    finish(ledger, 4, "rejected", "2026-11-22T00:10+00:00")
    finish(ledger, 5, "sent", "2026-11-22T00:10+00:00", account="b")
    finish(ledger, 6, "unknown", "2026-11-22T03:00+00:00", account="")

    assert told(ledger.timeline()) == [
        ("21 23:00", "a", "sent", 1),
        ("22 00:00", "a", "rejected", 1),
        ("22 00:00", "a", "sent", 2),
        ("22 00:00", "b", "sent", 1),
        ("22 03:00", None, "unknown", 1),
    ]
    assert told(ledger.timeline(step="day", account="a")) == [
        ("21 00:00", "a", "sent", 1),
        ("22 00:00", "a", "rejected", 1),
        ("22 00:00", "a", "sent", 2),
    ]
    assert ledger.timeline()[0].begin.tzinfo is UTC


def test_from_begin_until_before_end(ledger: Ledger) -> None:
    for number, moment in enumerate(["2026-11-20T23:59+00:00", "2026-11-21T00:00+00:00", "2026-11-22T00:00+00:00"]):
        finish(ledger, number, "sent", moment)

    assert told(ledger.timeline(begin="2026-11-21", end=date(2026, 11, 22))) == [("21 00:00", "a", "sent", 1)]
    assert told(ledger.timeline(begin="2026-11-22T01:00+01:00")) == [("22 00:00", "a", "sent", 1)]


def test_what_is_due_and_what_waits_until_when(ledger: Ledger) -> None:
    ledger.add([a_text(account="a"), a_text(order(1), account="a", due="2026-11-24T10:00Z", not_before="2026-11-23")])
    park(ledger, "a")

    assert told(ledger.timeline("due")) == [("24 10:00", "a", "parked", 1)]
    assert told(ledger.timeline("not_before")) == [("22 23:00", "a", "parked", 1)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"of": "added_on"}, "of cannot be"),
        ({"step": "week"}, "step cannot be 'week'. Use one of hour, day."),
        ({"begin": "yesterday"}, "begin: this is not a date"),
        ({"end": datetime(2026, 11, 22)}, "end: this time has no zone."),
        ({"state": "done"}, "There is no state 'done'."),
    ],
)
def test_what_cannot_be_counted_is_said(ledger: Ledger, given: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ledger.timeline(**given)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    finished=st.lists(
        st.tuples(st.sampled_from(["sent", "rejected", "unknown"]), st.integers(at("2026-01-01T00:00Z"), NOON * 1000)),
        max_size=8,
    ),
    step=st.sampled_from(["hour", "day"]),
)
def test_each_message_is_counted_once_where_it_belongs(
    ledger: Ledger, finished: list[tuple[str, int]], step: Any
) -> None:
    orders = [order(number) for number in range(8)]
    ledger.add(a_text(order_id) for order_id in orders)  # known already, after the first example
    set_columns(ledger, state="pending", finished_at=None)
    for order_id, (state, moment) in zip(orders, finished, strict=False):
        set_columns(ledger, order_id, state=state, finished_at=moment)
    length = timedelta(milliseconds=HOUR if step == "hour" else DAY)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = Counter(
        (epoch + timedelta(milliseconds=moment) // length * length, State(state)) for state, moment in finished
    )

    spans = ledger.timeline(step=step)
    assert {(each.begin, each.state): each.count for each in spans} == expected
    assert list(spans) == sorted(spans, key=lambda each: each.begin)


def test_late_ones_are_named_without_their_text(ledger: Ledger) -> None:
    ledger.add([a_text(due="2026-11-21", account="a"), a_text(order(1), due="2026-11-23"), a_text(order(2))])
    ledger.add(a_text(order(3), due="2026-11-21"))
    set_columns(ledger, order(3), state="sent")

    (late,) = ledger.late()
    assert (late["due"], late["account"], late["state"]) == ("2026-11-21T22:59:59.999Z", "a", "pending")
    assert TEXT not in json.dumps(late)
    assert list(ledger.late(account="b")) == []


def test_late_ones_are_as_many_as_the_status_says(ledger: Ledger) -> None:
    in_every_state(ledger, due="2026-11-21")
    assert len(list(ledger.late())) == ledger.status().late == 4
