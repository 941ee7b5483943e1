"""Which marketplace an order belongs to, from an order report."""

from __future__ import annotations

from spapi_messaging.bulk.job_files.spreadsheets import mended_order
from spapi_messaging.bulk.preparing.channels import marketplace_of
from spapi_messaging.bulk.preparing.findings import Findings, shown
from spapi_messaging.bulk.preparing.from_report import order_of, reason_to_leave_out
from spapi_messaging.bulk.preparing.reading import Report
from spapi_messaging.errors import ConfigurationError

__all__ = ["OrderList"]


class OrderList:
    """The orders of a report.

    Args:
        report: the report.
        findings: takes what is wrong with its lines.

    Raises:
        ConfigurationError: no column names the marketplace.
    """

    def __init__(self, report: Report, findings: Findings) -> None:
        if "marketplace" not in report.columns.used:
            raise ConfigurationError(
                f"{report.name} has no column that names the marketplace. Say which: --column marketplace=HEADING."
            )
        self._name = report.name
        self._marketplaces: dict[str, str] = {}
        self._left_out: dict[str, str] = {}
        for row in report.rows(findings, f"{shown(report.name)} line {{0}}"):
            if (reason := reason_to_leave_out(row)) is not None:
                self._left_out[mended_order(row.cell("order"))[0]] = reason
            elif (order := order_of(row, findings)) is None:
                continue
            elif channel := row.cell("marketplace"):
                self._put(order, channel, row.place, findings)

    def _put(self, order: str, channel: str, place: str, findings: Findings) -> None:
        found = marketplace_of(channel, place, findings)
        if found is not None and self._marketplaces.setdefault(order, found.name) != found.name:
            told = f"order {order} belongs to {self._marketplaces[order]} in a line before this one."
            findings.wrong(f"{place}, marketplace", told, "marketplace", "Correct one of them.")

    def marketplace(self, order: str, place: str, otherwise: str | None, findings: Findings) -> str | None:
        """The marketplace of an order. None: its file is left out, and the findings say why.

        Args:
            order: the order.
            place: its file.
            otherwise: the marketplace of orders that the report does not name.
            findings: takes what is left out, and an order that nobody knows.
        """
        if (reason := self._left_out.get(order)) is not None and order not in self._marketplaces:
            findings.leave_out(reason, place)
            return None
        if (found := self._marketplaces.get(order, otherwise)) is None:
            told = f"{self._name} does not say which marketplace the order belongs to."
            remedy = "Take a report of a longer time, or give --marketplace for all orders that it does not name."
            findings.wrong(place, told, "marketplace", remedy)
        return found
