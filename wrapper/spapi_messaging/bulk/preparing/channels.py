"""The marketplace that a cell of an order report names: by its web site, its country code or its id."""

from __future__ import annotations

from functools import lru_cache

from spapi_messaging.bulk.preparing.findings import Findings
from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.marketplaces import Marketplace

__all__ = ["is_outside_amazon", "marketplace_named", "marketplace_of"]

# Web sites that are not named after the country alone.
_DOMAINS = {
    "US": "com",
    "UK": "co.uk",
    "MX": "com.mx",
    "BR": "com.br",
    "BE": "com.be",
    "TR": "com.tr",
    "ZA": "co.za",
    "AU": "com.au",
    "JP": "co.jp",
}
_BY_DOMAIN = {f"amazon.{_DOMAINS.get(each.name, each.name.lower())}": each for each in Marketplace}


def is_outside_amazon(cell: str) -> bool:
    """Whether the order was made in another shop, such as ``Non-Amazon DE``. Amazon only ships it."""
    return cell.strip().casefold().startswith("non-amazon")


@lru_cache(1024)
def marketplace_named(cell: str) -> Marketplace | None:
    """The marketplace of a cell such as ``Amazon.de``, ``DE`` or ``A1PA6795UKMFR9``. None: it names none."""
    name = cell.strip().casefold().removeprefix("www.")
    if (found := _BY_DOMAIN.get(name)) is not None:
        return found
    try:
        return Marketplace.parse(cell)
    except ConfigurationError:
        return None


def marketplace_of(channel: str, place: str, findings: Findings) -> Marketplace | None:
    """The marketplace that a line of a report names. None: the findings say what is wrong.

    Args:
        channel: the cell.
        place: the line.
        findings: takes the problem.
    """
    found = marketplace_named(channel)
    if found is None:
        told = f"{quoted(channel)} is not a marketplace of Amazon."
        remedy = "Write its web site or its country code, such as Amazon.de or DE."
        findings.wrong(f"{place}, marketplace", told, "marketplace", remedy)
    return found
