"""The marketplace that a report's cell names."""

from __future__ import annotations

import pytest

from spapi_messaging import Marketplace
from spapi_messaging.bulk.preparing.channels import _BY_DOMAIN, is_outside_amazon, marketplace_named


@pytest.mark.parametrize(
    ("cell", "marketplace"),
    [
        ("Amazon.de", Marketplace.DE),
        ("amazon.co.uk", Marketplace.UK),
        ("Amazon.com", Marketplace.US),
        ("Amazon.com.be", Marketplace.BE),
        ("www.amazon.co.jp", Marketplace.JP),
        ("de", Marketplace.DE),
        ("GB", Marketplace.UK),
        ("A1PA6795UKMFR9", Marketplace.DE),
        ("Amazon.xy", None),
        ("ebay.de", None),
        ("", None),
    ],
)
def test_a_web_site_a_country_or_an_id_names_it(cell: str, marketplace: Marketplace | None) -> None:
    assert marketplace_named(cell) == marketplace


def test_each_marketplace_has_a_web_site_of_its_own() -> None:
    assert set(_BY_DOMAIN.values()) == set(Marketplace)


def test_orders_of_other_shops_are_known() -> None:
    assert is_outside_amazon("Non-Amazon")
    assert is_outside_amazon("Non-Amazon DE")
    assert not is_outside_amazon("Amazon.de")
