"""Many sellers beside each other: one that is slow or broken holds up no one."""

from __future__ import annotations

from spapi_messaging.bulk import State
from tests.support.runs import Shop, job


def test_sellers_come_one_after_the_other_when_one_is_served_at_a_time(any_shop: Shop) -> None:
    """The run does not end between two of them."""
    any_shop.add(*(job(number, account=f"shop-{number}") for number in range(40)))
    accounts = {f"shop-{number}": any_shop.client(f"shop-{number}") for number in range(40)}

    any_shop.run(accounts, sellers=1)

    assert any_shop.states() == {State.SENT: 40}
