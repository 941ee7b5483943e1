"""Rejected messages, grouped by why they were rejected. Does no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Reason", "grouped"]

#: Groups that are told apart. Beyond these, all is one.
MAX_GROUPS = 1000
MAX_EXAMPLES = 5
MAX_WORDS = 400
# A quote inside of a word is an apostrophe.
_QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"")


@dataclass
class Reason:
    """Messages that were rejected for the same reason.

    Attributes:
        words: what was said of the first of them. None: they are the rest, with different reasons.
        error_type: the class of the error.
        status_code: Amazon's answer, where there was one.
        count: how many.
        examples: the first few of them.
    """

    words: str | None
    error_type: str | None
    status_code: int | None
    count: int = 0
    examples: list[Mapping[str, Any]] = field(default_factory=list)


def grouped(rows: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """The reasons of messages, the most frequent first. What differs in numbers and names alone is one reason.

    Args:
        rows: messages, as `Ledger.export` gives them.
    """
    found: dict[tuple[Any, ...], Reason] = {}
    rest = Reason(None, None, None)
    for row in rows:
        error = row["error"] or ""
        key = (row["error_type"], row["status_code"], _comparable(row, error))
        if key in found or len(found) < MAX_GROUPS:
            reason = found.setdefault(key, Reason(shortened(error), row["error_type"], row["status_code"]))
        else:
            reason = rest
        reason.count += 1
        if len(reason.examples) < MAX_EXAMPLES:
            reason.examples.append(row)
    reasons = sorted(found.values(), key=lambda reason: -reason.count)
    return [*reasons, rest] if rest.count else reasons


def shortened(words: str, most: int = MAX_WORDS) -> str:
    """The words, or their beginning."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _comparable(row: Mapping[str, Any], error: str) -> str:
    """The words without what is different in each message: its ids, quoted names and numbers."""
    for name in ("amazon_order_id", "request_id", "document", "key"):
        if value := row[name]:
            error = error.replace(value, "#")
    return re.sub(r"\d+", "#", _QUOTED.sub("#", error))
