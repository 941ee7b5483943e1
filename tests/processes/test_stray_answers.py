"""Bytes behind an answer: nobody asked for them, and they do not answer the next request."""

from __future__ import annotations

from typing import Any

import pytest

from spapi_messaging import ApiError, RetryPolicy
from tests.support.amazon import both
from tests.support.canned import canned_server
from tests.support.programs import ORDER, Program
from tests.support.servers import Request, Server, amazon, reply, reply_head

STRAYS = {
    "a success": reply(201, {}),
    "an answer to a read": reply(200, {"buyer": {"locale": "xx-STRAY"}}),
    "a refusal": reply(400, {"errors": [{"code": "InvalidInput", "message": "stray"}]}),
    "no HTTP": b"stray bytes\r\n\r\n",
}


def followed_by(stray: bytes) -> Any:
    """Answers as Amazon does, and the first request with more than that."""
    answered: list[Request] = []

    def answer(request: Request) -> bytes:
        answered.append(request)
        return amazon(request) + (stray if len(answered) == 1 else b"")

    return answer


@both
@pytest.mark.parametrize("name", STRAYS)
@pytest.mark.parametrize("options", [{}, {"deadline": 30}], ids=["", "deadline"])
def test_a_stray_answer_is_nobodys(kind: str, name: str, options: Any) -> None:
    given = {"retry": RetryPolicy(attempts=2, base=0.0), **options}
    with Server(followed_by(STRAYS[name])) as server, Program(kind, server.url, **given) as program:
        assert program.run(lambda: program.client.get_attributes("first")).locale == "first"
        receipt = program.run(lambda: program.client.send("second", "confirmOrderDetails", text="Hello"))
        assert program.run(lambda: program.client.get_attributes("third")).locale == "third"

    assert receipt.amazon_order_id == "second"
    assert [request.order for request in server.requests] == ["first", "second", "third"]


@both
@pytest.mark.parametrize("status", [400, 403, 404, 413, 429])
@pytest.mark.parametrize("options", [{}, {"deadline": 30}], ids=["", "deadline"])
def test_a_refusal_whose_rest_is_lost_is_a_refusal(kind: str, status: int, options: Any) -> None:
    cut = reply_head(status, 1000) + b'{"errors": [{"co'
    with (
        canned_server(cut) as server,
        Program(kind, server.url, **options) as program,
        pytest.raises(ApiError, match=f"Amazon answered {status}") as raised,
    ):
        program.run(lambda: program.client.create_confirm_order_details(ORDER, text="Hello"))

    assert raised.value.status_code == status
    assert "was not sent" in str(raised.value)
