"""Marketplaces, their regions, and the endpoints of each."""

from __future__ import annotations

import json
import pickle
import zoneinfo
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import ConfigurationError, InvalidMessageError, Marketplace, Region
from tests.support.amazon import ORDER, TEXT, Amazon, Shop, both

REGIONS = {
    "na": "CA US MX BR",
    "eu": "IE ES UK GB FR BE NL DE IT SE ZA PL EG TR SA AE IN",
    "fe": "SG AU JP",
}


@pytest.mark.parametrize(("region", "codes"), REGIONS.items())
def test_each_marketplace_belongs_to_a_region(region: str, codes: str) -> None:
    for code in codes.split():
        assert Marketplace.parse(code).region is Region(region)


def test_there_are_no_other_marketplaces() -> None:
    assert set(Marketplace.__members__) == set(" ".join(REGIONS.values()).split())
    assert len(set(Marketplace)) == 23
    assert Marketplace.parse("GB").name == "UK"


def test_each_region_has_its_endpoints() -> None:
    assert Region.EU.endpoint == "https://sellingpartnerapi-eu.amazon.com"
    assert Region.FE.sandbox_endpoint == "https://sandbox.sellingpartnerapi-fe.amazon.com"


@pytest.mark.parametrize("marketplace", Marketplace)
def test_each_marketplace_has_a_time_zone_that_python_knows(marketplace: Marketplace) -> None:
    assert zoneinfo.ZoneInfo(marketplace.time_zone).key == marketplace.time_zone


@pytest.mark.parametrize(
    ("code", "zone"),
    [("DE", "Europe/Berlin"), ("GB", "Europe/London"), ("CA", "America/Los_Angeles"), ("US", "America/Los_Angeles")],
)
def test_a_day_ends_where_amazon_counts_it(code: str, zone: str) -> None:
    assert Marketplace.parse(code).time_zone == zone


@pytest.mark.parametrize("value", ["DE", "de", " De ", "A1PA6795UKMFR9", Marketplace.DE, "a1pa6795ukmfr9"])
def test_a_code_or_an_id_is_understood(value: str) -> None:
    assert Marketplace.parse(value) is Marketplace.DE


def test_a_marketplace_is_its_id_wherever_a_string_is_wanted() -> None:
    assert json.dumps(Marketplace.DE) == '"A1PA6795UKMFR9"'
    assert f"{Marketplace.DE}" == "A1PA6795UKMFR9"
    assert pickle.loads(pickle.dumps(Marketplace.DE)) is Marketplace.DE


@given(value=st.text(max_size=20))
def test_an_unknown_marketplace_is_refused_with_a_list_of_the_known_ones(value: str) -> None:
    try:
        found = Marketplace.parse(value)
    except ConfigurationError as error:
        assert "no marketplace" in str(error)
        assert "DE" in str(error)
    else:
        assert value.strip().upper() in {found.name, found.value, "GB"}


@both
@pytest.mark.parametrize("marketplace", ["", "XX", None, 5, b"DE", ["DE"]])
def test_a_client_needs_a_known_marketplace(kind: str, marketplace: Any) -> None:
    with pytest.raises(ConfigurationError, match="arketplace"):
        Shop(kind, Amazon(), marketplace=marketplace)


@both
def test_another_marketplace_of_the_region_can_be_written_to(kind: str) -> None:
    shop = Shop(kind, Amazon(), marketplace="DE")
    shop.say()
    receipt = shop.create_confirm_order_details(ORDER, text=TEXT, marketplace="fr")

    assert [seen.url.params["marketplaceIds"] for seen in shop.amazon.calls] == ["A1PA6795UKMFR9", "A13V1IB3VIYZZH"]
    assert receipt.marketplace_id == "A13V1IB3VIYZZH"


@both
@pytest.mark.parametrize("marketplace", ["US", "ATVPDKIKX0DER", Marketplace.JP])
def test_a_marketplace_of_another_region_is_refused(kind: str, marketplace: str) -> None:
    shop = Shop(kind, Amazon(), marketplace="DE")
    for act in (shop.create_confirm_order_details, shop.create_unexpected_problem):
        with pytest.raises(InvalidMessageError, match="a refresh token authorises one region"):
            act(ORDER, text=TEXT, marketplace=marketplace)
    with pytest.raises(InvalidMessageError, match="a refresh token authorises one region") as raised:
        shop.get_attributes(ORDER, marketplace=marketplace)

    assert [problem.field for problem in raised.value.problems] == ["marketplace"]

    assert shop.amazon.calls == shop.amazon.token_calls == []


@both
@pytest.mark.parametrize("marketplace", ["", "XX", 5, b"DE", TEXT])
def test_an_unknown_marketplace_is_a_problem_of_the_message(kind: str, marketplace: Any) -> None:
    """One bad row is not a broken program."""
    shop = Shop(kind, Amazon(), marketplace="DE")
    for call in (shop.get_attributes, partial(shop.create_confirm_order_details, text="Hello")):
        with pytest.raises(InvalidMessageError, match="There is no marketplace") as raised:
            call(ORDER, marketplace=marketplace)
        assert [problem.field for problem in raised.value.problems] == ["marketplace"]
        assert TEXT not in str(raised.value)
        assert raised.value.__context__ is None

    assert shop.amazon.token_calls == []
