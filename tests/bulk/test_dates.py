"""Days begin and end in the marketplace's zone, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import Marketplace
from spapi_messaging.bulk.storage.dates import BadDate, begin_of, end_of, from_milliseconds, iso, span_of_day, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600_000


def test_a_day_ends_in_its_zone() -> None:
    assert iso(begin_of("2026-12-24", BERLIN)) == "2026-12-23T23:00:00.000Z"
    assert iso(end_of("2026-12-24", BERLIN)) == "2026-12-24T22:59:59.999Z"
    assert iso(end_of(date(2026, 12, 24), ZoneInfo("America/Los_Angeles"))) == "2026-12-25T07:59:59.999Z"


@pytest.mark.parametrize(
    ("day", "begin", "end", "hours"),
    [
        ("2026-10-25", "2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999Z", 25),
        ("2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.999Z", 23),
        ("2026-07-01", "2026-06-30T22:00:00.000Z", "2026-07-01T21:59:59.999Z", 24),
    ],
)
def test_days_on_which_the_clocks_change(day: str, begin: str, end: str, hours: int) -> None:
    assert (iso(begin_of(day, BERLIN)), iso(end_of(day, BERLIN))) == (begin, end)
    assert end_of(day, BERLIN) - begin_of(day, BERLIN) + 1 == hours * HOUR


@given(st.dates(date(2000, 1, 2), date(2100, 1, 1)), st.sampled_from(list(Marketplace)))
def test_one_day_begins_when_the_other_ends(day: date, marketplace: Marketplace) -> None:
    zone = zone_of(marketplace)

    assert span_of_day(day, zone)[0] == span_of_day(day - timedelta(days=1), zone)[1] + 1


@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_time_with_a_zone_is_that_time(moment: datetime) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=30)))
    expected = moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    for value in (moment, elsewhere, elsewhere.isoformat()):
        assert from_milliseconds(end_of(value, BERLIN)) == expected
        assert from_milliseconds(begin_of(value, BERLIN)) == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (datetime(2026, 12, 24, 18), "no zone"),
        ("2026-12-24T18:00:00", "no zone"),
        ("24.12.2026", "ISO 8601"),
        ("2026-13-24", "ISO 8601"),
        ("2026-W43-7", "ISO 8601"),
        ("0026-12-24", "before the year 2000"),
        ("9999-12-31", "no such day"),
        (20261224, "int"),
        (object(), "object"),
    ],
)
def test_what_is_no_date_is_refused(value: Any, told: str) -> None:
    with pytest.raises(BadDate, match=told) as refused:
        end_of(value, BERLIN)

    assert "2026-10-25" in refused.value.remedy


@pytest.mark.parametrize("read", [begin_of, end_of])
def test_a_time_that_is_beyond_the_calendar_in_utc_is_refused(read: Any) -> None:
    """Nobody could read it back: neither the outcomes of a ledger nor a sender."""
    with pytest.raises(BadDate):
        read(datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-5))), BERLIN)
    latest = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert from_milliseconds(read(latest, BERLIN)) == latest
