"""Step 6: this machine's clock against the server's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding

# Calls work with any clock: tokens and usage plans go by the time since the machine was started. But receipts and
# ledgers keep the time of each message, and what is due later goes out by it.
NOTICEABLE = timedelta(seconds=60)
# With a larger difference, AWS refuses signed requests, such as those to AWS Secrets Manager, and certificates begin to
# look expired, or not valid yet.
HARMFUL = timedelta(minutes=15)

_REMEDY = "Let the system set its clock by itself (NTP)."


def clock(examination: Examination) -> Iterator[Finding]:
    """How far the clock is off."""
    if examination.server_date is None:
        told = "No server told its time, because none answered as Amazon does."
        yield Finding("clock-not-tried", told, remedy="Correct what the step network says.")
        return
    server, own = examination.server_date
    off = own - server
    facts = {"seconds": round(off.total_seconds())}
    if abs(off) <= NOTICEABLE:
        yield Finding("clock-ok", "This machine's clock agrees with the server's, to the minute.", facts=facts)
        return
    told = f"This machine's clock is {_shown(abs(off))} {'ahead of' if off > timedelta() else 'behind'} the server's."
    meaning = "Receipts and ledgers keep wrong times, and what is due later goes out at a wrong time."
    if abs(off) <= HARMFUL:
        yield Finding("clock-off", told, meaning, _REMEDY, facts)
    else:
        more = " Certificates can look expired or not yet valid, and AWS Secrets Manager refuses requests."
        yield Finding("clock-wrong", told, meaning + more, _REMEDY, facts)


def _shown(off: timedelta) -> str:
    """A length of time in its largest unit."""
    seconds = off.total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
