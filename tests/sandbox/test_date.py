"""The `Date` of every answer follows the sandbox's clock."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from tests.sandbox.conftest import Caller


@pytest.mark.parametrize("path", ["/", "/messaging/v1/orders/303-1234567-1234567", "/auth/o2/token", "/_sandbox/inbox"])
def test_date_moves_with_the_clock(caller: Caller, path: str) -> None:
    caller.sandbox.clock.advance(7200)
    answer = caller.http.get(path)

    assert answer.headers.get_list("date") == [answer.headers["date"]]
    assert parsedate_to_datetime(answer.headers["date"]) == caller.sandbox.clock.today().replace(microsecond=0)


def test_a_date_of_one_s_own_stays(caller: Caller) -> None:
    date = "Thu, 01 Jan 2004 00:00:00 GMT"
    caller.sandbox.faults.answer(503, "", {"Date": date})

    assert caller.actions().headers.get_list("date") == [date]
