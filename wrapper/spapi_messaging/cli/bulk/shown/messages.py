"""Messages of a ledger, as a person reads them. Their texts are not among what is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spapi_messaging.cli.bulk.shown.one_line import one_line
from spapi_messaging.cli.columns import wrapped

__all__ = ["listed", "named", "time_shown"]

MAX_ERROR = 160  # characters
LEFT = ("sending", "unknown", "sent")
"""States of messages that are on their way, or were."""


def listed(rows: Iterable[Mapping[str, Any]], width: int) -> list[str]:
    """Messages as `Ledger.export` gives them, in two lines or three each."""
    return [line for row in rows for line in _lines(row, width)]


def named(row: Mapping[str, Any]) -> str:
    """A message by its type, its document and its account."""
    document = f" {one_line(row['document'])}" if row["document"] else ""
    account = f" of {one_line(row['account'])}" if row["account"] else ""
    return f"{row['message_type']}{document}{account}"


def time_shown(moment: str | None) -> str:
    """A time that a ledger gives, to the minute."""
    return f"{moment[:16].replace('T', ' ')} UTC" if moment else "-"


def _lines(row: Mapping[str, Any], width: int) -> Iterable[str]:
    has_left = row["sending_at"] and row["state"] in LEFT  # of one that is to be sent again, it is an earlier time
    left = f", sent off {time_shown(row['sending_at'])}" if has_left else ""
    yield f"  {one_line(row['amazon_order_id'] or '(forgotten)')}  {named(row)}: {row['state']}{left}"
    if row["error"] or row["error_type"]:
        told = one_line(f"{row['error_type']}: {row['error'] or ''}", MAX_ERROR)
        yield from (f"      {line}" for line in wrapped(told, max(20, width - 6)))
