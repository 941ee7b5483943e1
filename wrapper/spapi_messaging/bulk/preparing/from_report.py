"""From an order report to candidates for jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spapi_messaging.bulk.job_files.spreadsheets import mended_order
from spapi_messaging.bulk.preparing.attached_urls import AttachedUrls
from spapi_messaging.bulk.preparing.attaching import AttachedFiles
from spapi_messaging.bulk.preparing.candidates import Candidate
from spapi_messaging.bulk.preparing.channels import is_outside_amazon, marketplace_of
from spapi_messaging.bulk.preparing.columns import STATUS
from spapi_messaging.bulk.preparing.defaults import Defaults
from spapi_messaging.bulk.preparing.findings import Findings
from spapi_messaging.bulk.preparing.order_ids import shown_order
from spapi_messaging.bulk.preparing.reading import Report, Row
from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["CANCELLED", "OUTSIDE", "from_report", "order_of", "reason_to_leave_out"]

CANCELLED = "the order was cancelled"
OUTSIDE = "the order was not made on Amazon"


def from_report(
    report: Report, defaults: Defaults, attached: Sequence[AttachedFiles | AttachedUrls], findings: Findings
) -> Iterator[Candidate]:
    """A candidate for each line.

    Args:
        report: the report.
        defaults: what holds where a line does not say it.
        attached: where the files of a line are.
        findings: takes what is wrong with lines, and what is left out.
    """
    for row in report.rows(findings):
        if (reason := reason_to_leave_out(row)) is not None:
            findings.leave_out(reason, row.place)
        elif (cells := _cells(row, defaults, findings)) is not None:
            # What a pattern for files may use: the columns of the report, and those of the job file.
            values = {**row.cells, **cells}
            found = [each.find(values, row.place, findings) for each in attached]
            sound = [each for each in found if each is not None]
            if len(sound) == len(found):
                files = dict.fromkeys(path for each in sound for path in each.paths)
                own = frozenset(path for each in sound if not each.are_certain for path in each.paths)
                yield Candidate(row.place, cells, tuple(files), own)


def reason_to_leave_out(row: Row) -> str | None:
    """Why no message is to be sent for a line. None: there is no reason."""
    if row.cell(STATUS).casefold() in ("cancelled", "canceled"):
        return CANCELLED
    return OUTSIDE if is_outside_amazon(row.cell("marketplace")) else None


def order_of(row: Row, findings: Findings) -> str | None:
    """The order of a line. None: the findings say what is wrong."""
    order, damage = mended_order(row.cell("order"))
    if damage is not None:
        findings.wrong(f"{row.place}, order", damage.message, damage.rule, damage.remedy)
    elif re.fullmatch(ORDER_ID_PATTERN, order):
        return order
    else:
        told = f"{shown_order(order)} is not an order id."
        findings.wrong(f"{row.place}, order", told, "order-id", "An order id looks like 303-1234567-1234567.")
    return None


def _cells(row: Row, defaults: Defaults, findings: Findings) -> dict[str, str] | None:
    if (order := order_of(row, findings)) is None:
        return None
    cells = {name: row.cell(name) for name in row.columns.used if name != STATUS} | {"order": order}
    if channel := cells.get("marketplace"):
        if (marketplace := marketplace_of(channel, row.place, findings)) is None:
            return None
        cells["marketplace"] = marketplace.name
    completed = defaults.completed(cells, row.place, findings)
    if completed is None:
        return None
    return completed | {heading: row.cells[heading] for heading in row.columns.kept}
