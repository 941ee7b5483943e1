"""From a folder of files that are named after their orders to candidates for jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from spapi_messaging.bulk.job_files.orders_in_names import orders_in
from spapi_messaging.bulk.job_files.spreadsheets import mended_order
from spapi_messaging.bulk.preparing.candidates import Candidate
from spapi_messaging.bulk.preparing.channels import marketplace_named
from spapi_messaging.bulk.preparing.defaults import Defaults
from spapi_messaging.bulk.preparing.findings import MAX_EXAMPLES, Findings
from spapi_messaging.bulk.preparing.folders import FoundFile, files_below, is_sound
from spapi_messaging.bulk.preparing.order_ids import is_like_an_order, shown_order
from spapi_messaging.bulk.preparing.order_list import OrderList
from spapi_messaging.bulk.preparing.patterns import Pattern
from spapi_messaging.errors import quoted

__all__ = ["DEFAULT_PATTERNS", "from_folder"]

#: How files are named where nobody says it. The first that fits counts.
DEFAULT_PATTERNS = ("{order}_{document}.pdf", "{order}.pdf")

FITS_NO_PATTERN = "file-pattern"


def from_folder(
    folder: Path,
    patterns: Sequence[Pattern],
    defaults: Defaults,
    orders: OrderList | None,
    findings: Findings,
    *,
    ignored: Path | None = None,
) -> Iterator[Candidate]:
    """A candidate for each file whose name fits.

    Args:
        folder: where the files are.
        patterns: how they are named; the first that fits counts.
        defaults: what holds where the names do not say it.
        orders: the marketplaces of orders; None: nobody gave a list.
        findings: takes what is wrong with files.
        ignored: a file that does not count: the job file itself.
    """
    own = str(ignored) if ignored else None
    for file in files_below(folder, max(pattern.depth for pattern in patterns), findings):
        if file.path == own:
            continue
        said = next((found for each in patterns if (found := each.match(file.parts)) is not None), None)
        if said is None:
            told, rule, remedy = _misnamed(file, patterns)
            most = MAX_EXAMPLES if rule == FITS_NO_PATTERN else None
            findings.wrong(file.place, told, rule, remedy, most=most)
        elif len(named := orders_in(*file.parts)) > 1:
            told = f"the name holds two order ids, {named[0]} and {named[1]}."
            findings.wrong(file.place, told, "order-ambiguous", "Name it, and its folder, by the order that it is for.")
        elif is_sound(file, folder, findings) and (cells := _cells(file, said, defaults, orders, findings)) is not None:
            yield Candidate(file.place, cells, (file.path,))


def _misnamed(file: FoundFile, patterns: Sequence[Pattern]) -> tuple[str, str, str]:
    """What is wrong with a file's name, by which rule, and what to do."""
    for each in patterns:
        order = (each.match_any_order(file.parts) or {}).get("order", "")
        if is_like_an_order(order):
            meant, damage = mended_order(order)
            example = meant if meant != order else "303-1234567-1234567"
            told = damage.message if damage else f"{shown_order(order)} is not an order id."
            return told, "order-id", f"Name the file by the order, such as {example}."
    known = " or ".join(each.written for each in patterns)
    return f"the name does not fit {known}.", FITS_NO_PATTERN, "Rename it, remove it, or give another --pattern."


def _cells(
    file: FoundFile, said: Mapping[str, str], defaults: Defaults, orders: OrderList | None, findings: Findings
) -> dict[str, str] | None:
    cells = dict(said)
    if "marketplace" in cells:
        if (named := marketplace_named(cells["marketplace"])) is None:
            told = f"{quoted(cells['marketplace'])} is not a marketplace."
            findings.wrong(file.place, told, "marketplace", "Write a country code in the name, such as DE.")
            return None
        cells["marketplace"] = named.name
    elif orders is not None:
        if (found := orders.marketplace(cells["order"], file.place, defaults.marketplace, findings)) is None:
            return None
        cells["marketplace"] = found
    return defaults.completed(cells, file.place, findings)
