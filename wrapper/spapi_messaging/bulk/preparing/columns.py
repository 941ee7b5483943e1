"""What each column of a report is taken for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spapi_messaging.bulk.job_files.names import ORDER_ELSEWHERE, key_of, name_of
from spapi_messaging.bulk.job_files.orders_in_names import are_no_headings
from spapi_messaging.errors import ConfigurationError

__all__ = ["STATUS", "Columns", "columns_of", "heading_shown", "is_known", "require_one"]

_SHOWN_AT_MOST = 40

#: The state of an order, which is not taken over.
STATUS = "status"

# Headings of Amazon's reports, as key_of gives them, by our names. The first that is there counts.
_GUESSES = {
    "order": ("amazon_order_id", "order_id", "order", *ORDER_ELSEWHERE),
    "marketplace": ("sales_channel", "marketplace", "marketplace_id", "marketplace_name"),
    "document": ("document", "invoice_number", "vat_invoice_number"),
    "account": ("account",),
    "type": ("message_type",),
    "due": ("due",),
    "not_before": ("not_before",),
    STATUS: ("order_status",),
}


@dataclass(frozen=True)
class Columns:
    """What each column of a report is taken for.

    Args:
        used: the report's heading, by our name.
        kept: headings that are taken over as they are, for templates.
        left: the other headings.
    """

    used: Mapping[str, str]
    kept: tuple[str, ...]
    left: tuple[str, ...]


def columns_of(report: str, headings: Sequence[str], given: Mapping[str, str], kept: Iterable[str]) -> Columns:
    """The columns of a report: those that were given, and guesses for the rest.

    Args:
        report: the report's name.
        headings: its headings.
        given: headings by our names.
        kept: headings that are taken over for templates.

    Raises:
        ConfigurationError: there is no such column, or none with order ids.
    """
    if are_no_headings(headings):
        told = f"The first line of {report} holds an order id, and no headings."
        raise ConfigurationError(f"{told} Write a line before it that names the columns, such as order.")
    there = _by_key(headings)
    used = {name: _found(report, heading, headings, there) for name, heading in given.items()}
    taken = set(used.values())
    for name, guesses in _GUESSES.items():
        guess = next((each for each in guesses if each in there), None)
        if name in used or guess is None or taken.intersection(there[guess]):
            continue
        require_one(report, name, there[guess])
        used[name] = there[guess][0]
    if "order" not in used:
        raise ConfigurationError(
            f"{report} has no column with order ids. Its columns: {_listed(headings)}. "
            "Say which it is: --column order=HEADING."
        )
    over = tuple(dict.fromkeys(_found(report, heading, headings, there) for heading in kept))
    if own := [each for each in over if name_of(key_of(each)) is not None]:
        told = f"A job file has a column {own[0]!r} of its own, so that --keep cannot take it over."
        raise ConfigurationError(f"{told} Use --column, or rename the column in {report}.")
    rest = tuple(each for each in headings if each and each not in used.values() and each not in over)
    return Columns(used, over, rest)


def is_known(heading: str) -> bool:
    """Whether a heading is one that we guess from."""
    return any(key_of(heading) in guesses for guesses in _GUESSES.values())


def _by_key(headings: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for heading in headings:
        found.setdefault(key_of(heading), []).append(heading)
    return found


def _found(report: str, heading: str, headings: Sequence[str], there: Mapping[str, list[str]]) -> str:
    """The heading as the report writes it."""
    if headings.count(heading) == 1:
        return heading
    near = there.get(key_of(heading), [])
    if not near:
        raise ConfigurationError(f"{report} has no column {heading!r}. Its columns: {_listed(headings)}.")
    require_one(report, heading, near)
    return near[0]


def require_one(report: str, name: str, found: Sequence[str]) -> None:
    """Raises ConfigurationError if several columns could be meant."""
    if len(found) > 1:
        raise ConfigurationError(
            f"{report} has {len(found)} columns that could be {name!r}: {_listed(found)}. Rename all but one."
        )


def heading_shown(heading: str) -> str:
    """A heading as people are shown it. It may be anything: a text, or codes that move the cursor."""
    return heading if len(heading) <= _SHOWN_AT_MOST and heading.isprintable() else f"[{len(heading)} characters]"


def _listed(headings: Sequence[str]) -> str:
    return ", ".join(map(heading_shown, headings[:60])) + (", …" if len(headings) > 60 else "")
