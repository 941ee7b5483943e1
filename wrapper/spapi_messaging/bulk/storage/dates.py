"""Days and times of jobs, as milliseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spapi_messaging.errors import ConfigurationError
from spapi_messaging.marketplaces import Marketplace

__all__ = ["BadDate", "begin_of", "end_of", "from_milliseconds", "iso", "moment_of", "span_of_day", "zone_of"]

_REMEDY = 'Give a date such as "2026-10-25", or a time with a zone such as "2026-10-25T18:00:00+01:00".'


class BadDate(ValueError):
    """What is wrong with a date, as a sentence.

    Attributes:
        remedy: what to do.
    """

    remedy = _REMEDY


def end_of(value: object, zone: ZoneInfo) -> int:
    """The last millisecond of a day in this zone, or that of a time.

    Raises:
        BadDate: this is not a date, or a time without a zone.
    """
    parsed = _parsed(value)
    return milliseconds(parsed) if isinstance(parsed, datetime) else span_of_day(parsed, zone)[1]


def begin_of(value: object, zone: ZoneInfo) -> int:
    """The first millisecond of a day in this zone, or that of a time.

    Raises:
        BadDate: as for ``end_of``.
    """
    parsed = _parsed(value)
    return milliseconds(parsed) if isinstance(parsed, datetime) else span_of_day(parsed, zone)[0]


def moment_of(argument: str, value: object) -> int:
    """The millisecond that a caller's argument means: a time with a zone, or the beginning of a day in UTC.

    Args:
        argument: its name, for the error.
        value: a date, a datetime, or either as an ISO 8601 string.

    Raises:
        ConfigurationError: it is not such a time.
    """
    try:
        return begin_of(value, ZoneInfo("UTC"))
    except BadDate as bad:
        told = f"{argument}: {bad} {bad.remedy}"
    raise ConfigurationError(told)


@lru_cache(1024)
def span_of_day(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The first and the last millisecond of a day, which has 23 or 25 hours when the clocks change."""
    try:
        begin, end = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
        return milliseconds(begin), milliseconds(end) - 1
    except OverflowError:
        raise BadDate("there is no such day.") from None


@lru_cache(64)
def zone_of(marketplace: Marketplace) -> ZoneInfo:
    """The zone in which a marketplace's day ends.

    Raises:
        ConfigurationError: this machine knows no time zones.
    """
    try:
        return ZoneInfo(marketplace.time_zone)
    except ZoneInfoNotFoundError:
        pass
    raise ConfigurationError("This machine knows no time zones, so a day has no end: pip install tzdata")


def milliseconds(moment: datetime) -> int:
    """A time with a zone as milliseconds, without the errors of floating point."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_milliseconds(moment: int) -> datetime:
    """The time, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)


def iso(moment: int | None) -> str | None:
    """The time in ISO 8601 and UTC, like ``2026-10-25T18:00:00.000Z``; None stays None."""
    if moment is None:
        return None
    return from_milliseconds(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(value: object) -> date:
    if isinstance(value, str):
        value = _read(value.strip())
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise BadDate("this time has no zone.")
        value = _in_utc(value)
    elif not isinstance(value, date):
        raise BadDate(f"this is {type(value).__name__}, not a date.")
    if value.year < 2000:
        raise BadDate("this is before the year 2000.")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadDate("there is no such time.") from None


def _read(written: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
            return date.fromisoformat(written)
        if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d", written, re.ASCII):
            return datetime.fromisoformat(written)
    except ValueError:
        pass
    raise BadDate("this is not a date as ISO 8601 writes it.")
