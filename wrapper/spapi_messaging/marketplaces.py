"""Amazon's marketplaces, the regions they belong to and the endpoints of each region. Does no I/O."""

from __future__ import annotations

from enum import StrEnum

from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["Marketplace", "Region"]


class Region(StrEnum):
    """A selling region: a refresh token authorises exactly one of them."""

    NA = "na"
    EU = "eu"
    FE = "fe"

    @property
    def endpoint(self) -> str:
        """Base URL of the Selling Partner API in this region."""
        return f"https://sellingpartnerapi-{self.value}.amazon.com"

    @property
    def sandbox_endpoint(self) -> str:
        """Base URL of Amazon's static sandbox of this region."""
        return f"https://sandbox.sellingpartnerapi-{self.value}.amazon.com"


class Marketplace(StrEnum):
    """A marketplace; its value is Amazon's marketplace id. ``Marketplace("DE")`` works as well."""

    CA = "A2EUQ1WTGCTBG2"
    US = "ATVPDKIKX0DER"
    MX = "A1AM78C64UM0Y8"
    BR = "A2Q3Y263D00KWC"
    IE = "A28R8C7NBKEWEA"
    ES = "A1RKKUPIHCS9HS"
    UK = "A1F83G8C2ARO7P"
    GB = "A1F83G8C2ARO7P"
    FR = "A13V1IB3VIYZZH"
    BE = "AMEN7PMS3EDWL"
    NL = "A1805IZSGTT6HS"
    DE = "A1PA6795UKMFR9"
    IT = "APJ6JRA9NG5V4"
    SE = "A2NODRKZP88ZB9"
    ZA = "AE08WJ6YKNBMC"
    PL = "A1C3SOZRARQ6R3"
    EG = "ARBP9OOSHTCHU"
    TR = "A33AVAJ2PDY3EV"
    SA = "A17E79C6D8DWNP"
    AE = "A2VIGQ35RCS4UG"
    IN = "A21TJRUUN4KGV"
    SG = "A19VAU5U5O7RUS"
    AU = "A39IBJ37TRP1C6"
    JP = "A1VC38T7YXB528"

    @classmethod
    def parse(cls, value: str) -> Marketplace:
        """The marketplace of a country code or a marketplace id.

        Args:
            value: such as ``"DE"``, ``"de"`` or ``"A1PA6795UKMFR9"``.

        Raises:
            ConfigurationError: the marketplace is unknown.
        """
        found = cls._missing_(value)
        if found is None:
            known = ", ".join(cls.__members__)
            raise ConfigurationError(
                f"There is no marketplace {quoted(value)}. Give a country code ({known}) or a marketplace id."
            )
        return found

    @classmethod
    def _missing_(cls, value: object) -> Marketplace | None:
        wanted = value.strip().upper() if isinstance(value, str) else None
        return next((member for code, member in cls.__members__.items() if wanted in (code, member.value)), None)

    @property
    def country(self) -> str:
        """Its country's code by ISO 3166, such as ``"DE"``; ``"GB"`` for the United Kingdom."""
        return "GB" if self is Marketplace.UK else self.name

    @property
    def region(self) -> Region:
        """The selling region that the marketplace belongs to."""
        if self.name in {"CA", "US", "MX", "BR"}:
            return Region.NA
        if self.name in {"SG", "AU", "JP"}:
            return Region.FE
        return Region.EU

    @property
    def time_zone(self) -> str:
        """The IANA name of the zone in which the marketplace's day ends, such as ``"Europe/Berlin"``.

        A country with several zones has the one that Amazon's own dates go by (Pacific Time in the United States and in
        Canada), or else that of its capital or largest city.
        """
        return _TIME_ZONES[self.name]


# Amazon's own dates in the United States and Canada are those of Pacific Time. Sellers of Mexico, Brazil and Australia
# go by the time in which most people of the country live; Spain's is that of the mainland.
_TIME_ZONES = {
    "CA": "America/Los_Angeles",
    "US": "America/Los_Angeles",
    "MX": "America/Mexico_City",
    "BR": "America/Sao_Paulo",
    "IE": "Europe/Dublin",
    "ES": "Europe/Madrid",
    "UK": "Europe/London",
    "FR": "Europe/Paris",
    "BE": "Europe/Brussels",
    "NL": "Europe/Amsterdam",
    "DE": "Europe/Berlin",
    "IT": "Europe/Rome",
    "SE": "Europe/Stockholm",
    "ZA": "Africa/Johannesburg",
    "PL": "Europe/Warsaw",
    "EG": "Africa/Cairo",
    "TR": "Europe/Istanbul",
    "SA": "Asia/Riyadh",
    "AE": "Asia/Dubai",
    "IN": "Asia/Kolkata",
    "SG": "Asia/Singapore",
    "AU": "Australia/Sydney",
    "JP": "Asia/Tokyo",
}
