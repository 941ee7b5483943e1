"""What the page shows of a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from spapi_messaging.cli.bulk.status_page.charts import Chart, chart_of
from spapi_messaging.cli.bulk.status_page.pace import Pace, pace_of
from spapi_messaging.cli.bulk.status_page.reasons import Reason, grouped

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger, Status

__all__ = ["Facts", "facts_of"]

#: Messages that are named one by one; beyond these they are counted.
MAX_LISTED = 100
#: Lines of a table by account and type.
MAX_LINES = 100
#: Hours and days in the pictures.
HOURS, DAYS = 48, 92
#: Lines that say until when messages wait.
MAX_WAITING = 24
#: Reasons of rejections.
MAX_REASONS = 25

# The states in the order in which a person wants to hear of them.
_ORDER = (
    "unknown",
    "parked",
    "rejected",
    "given_up",
    "pending",
    "claimed",
    "sending",
    "waiting",
    "sent",
    "cancelled",
    "skipped",
)
_TROUBLE = ("unknown", "parked", "rejected", "given_up")


@dataclass(frozen=True)
class Line:
    """The messages of one account and type, by state."""

    account: str | None
    message_type: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many messages there are."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Facts:
    """What the page shows.

    Attributes:
        ledger: where the ledger is, without a password.
        name: its name in short.
        made_at: when the page was made, in UTC.
        selection: which messages are shown, by the name of the option. Empty: all.
        status: how they stand.
        states: how many are in each state that occurs, in the order of interest.
        lines: by account and type, those with trouble first.
        charts: what was finished when: by hour, and by day if that shows more.
        waiting: until when how many messages wait.
        late: the first of the late messages.
        unknown: the first of the unknown ones.
        reasons: why messages were rejected or given up.
        pace: what takes longest.
        url: what `--ledger` was given.
    """

    ledger: str
    name: str
    made_at: datetime
    selection: Mapping[str, str]
    status: Status
    states: Mapping[str, int]
    lines: list[Line]
    charts: list[Chart]
    waiting: list[tuple[datetime, int]]
    late: list[Mapping[str, Any]]
    unknown: list[Mapping[str, Any]]
    reasons: list[Reason]
    pace: Pace | None
    url: str | None

    @property
    def left(self) -> int:
        """How many messages a sender would send now, or prepare."""
        return sum(self.states.get(state, 0) for state in ("pending", "claimed")) - self.status.later


def facts_of(ledger: Ledger, selection: Mapping[str, Any], made_at: datetime, url: str | None) -> Facts:
    """Asks a ledger for all that the page shows.

    Args:
        ledger: the ledger.
        selection: keywords of `Ledger.status`. None or empty: any.
        made_at: now, in UTC.
        url: what `--ledger` was given.
    """
    chosen = {name: value for name, value in selection.items() if value}
    status = ledger.status(**chosen)
    counts = {state.value: count for state, count in status.states.items()}
    unknown: dict[str, Any] = {**chosen, "state": "unknown"}
    rejected = [state for state in ("rejected", "given_up") if state in counts]
    database = ledger.database
    return Facts(
        ledger=database.url_shown,
        name=database.path.name if database.path else database.url_shown.rpartition("/")[2],
        made_at=made_at,
        selection={name: _shown(value) for name, value in chosen.items()},
        status=status,
        states={state: counts[state] for state in _ORDER if state in counts},
        lines=_lines(status),
        charts=_charts(ledger, chosen, made_at),
        waiting=_waiting(ledger, chosen, made_at),
        late=list(islice(ledger.late(**chosen), MAX_LISTED)) if status.late else [],
        unknown=list(islice(ledger.export(**unknown), MAX_LISTED)) if "unknown" in counts else [],
        reasons=grouped(ledger.export(**{**chosen, "state": rejected})) if rejected else [],
        pace=pace_of(status.counts),
        url=url,
    )


def _lines(status: Status) -> list[Line]:
    """Those with trouble first, and each kind in the order of names."""
    found = [
        Line(account, message_type, {each.state.value: each.count for each in counts})
        for (account, message_type), counts in groupby(
            status.counts, key=lambda each: (each.account, each.message_type)
        )
    ]
    return sorted(found, key=lambda line: not any(state in line.counts for state in _TROUBLE))


def _charts(ledger: Ledger, chosen: Mapping[str, Any], made_at: datetime) -> list[Chart]:
    """What was finished lately, by hour; and by day, if there is more."""
    hour = made_at.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    first_hour, first_day = hour - timedelta(hours=HOURS - 1), day - timedelta(days=DAYS - 1)
    hours = chart_of(ledger.timeline(begin=first_hour, **chosen), "hour", first_hour, hour)
    spans = ledger.timeline(step="day", begin=first_day, **chosen)
    days = None
    if spans and spans[0].begin < first_hour.replace(hour=0):
        days = chart_of(spans, "day", min(spans[0].begin, day - timedelta(days=13)), day)
    return [chart for chart in (hours, days) if chart]


def _waiting(ledger: Ledger, chosen: Mapping[str, Any], made_at: datetime) -> list[tuple[datetime, int]]:
    """The hour in which a time lies until which messages wait, and how many messages they are."""
    spans = ledger.timeline("not_before", begin=made_at, **chosen)
    waiting = [span for span in spans if span.state in ("pending", "waiting", "parked")]
    return [
        (begin, sum(span.count for span in found)) for begin, found in groupby(waiting, key=lambda span: span.begin)
    ]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(map(str, value))
