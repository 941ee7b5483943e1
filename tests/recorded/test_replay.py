"""What a replay refuses: a request that differs from the recorded one, whichever client sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import vcr  # type: ignore[import-untyped]
from vcr.cassette import Cassette  # type: ignore[import-untyped]

from spapi_messaging import DeliveryUnknownError
from tests.recorded.conftest import CASSETTES, Target
from tests.recorded.recording import LWA_PATH, MATCH_ON, ORIGIN
from tests.recorded.test_simulated_mode import NOTE, ORDER, PDF

NOT_RECORDED = "CannotOverwriteExistingCassetteException|no recorded interaction matches"


@pytest.fixture(autouse=True)
def cassette_is_used_up() -> None:
    """Not here."""


@pytest.fixture
def cassette() -> str:
    """The cassette to play."""
    return "test_throttled"


@pytest.fixture
def played(target: Target, cassette: str) -> Iterator[Cassette]:
    filters = {
        "before_record_request": target.scrubber.request,
        "before_record_response": target.scrubber.answer,
    }
    path = CASSETTES / "test_simulated_mode" / f"{cassette}.yaml"
    with vcr.use_cassette(str(path), record_mode="none", match_on=MATCH_ON, **filters) as playing:
        yield playing


def test_the_recorded_request_is_answered_once(played: Cassette, client: Any) -> None:
    client.create_confirm_order_details(ORDER, text="one")
    assert not played.all_played
    with pytest.raises(DeliveryUnknownError, match=NOT_RECORDED):
        client.create_confirm_order_details(ORDER, text="one")


@pytest.mark.parametrize(
    ("order", "text", "marketplace"),
    [(ORDER, "other", "US"), ("303-7654321-7654321", "one", "US"), (ORDER, "one", "CA")],
)
def test_a_request_that_was_not_recorded_is_refused(
    played: Cassette, client: Any, order: str, text: str, marketplace: str
) -> None:
    with pytest.raises(DeliveryUnknownError, match=NOT_RECORDED):
        client.create_confirm_order_details(order, text=text, marketplace=marketplace)


class Change(NamedTuple):
    """A header that requests of this method get, or lose (None)."""

    method: str
    header: str
    value: str | None

    def __str__(self) -> str:
        return f"{self.header}: {self.value}"


class Changing(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Makes a change to each request. Token requests stay as they are."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._threads = httpx.HTTPTransport()
        self._asyncio = httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._threads.handle_request(self._changed(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._asyncio.handle_async_request(self._changed(request))

    def _changed(self, request: httpx.Request) -> httpx.Request:
        method, header, value = self._change
        if request.method == method and request.url.path != LWA_PATH:
            request.headers.pop(header, None)
            if value is not None:
                request.headers[header] = value
        return request


@pytest.fixture
def change() -> Change | None:
    return None


@pytest.fixture
def options(change: Change | None) -> dict[str, Any]:
    return {"transport": Changing(change)} if change else {}


@pytest.mark.parametrize(
    "change",
    [
        Change("POST", "accept", "*/*"),
        Change("POST", "accept", None),
        Change("POST", "content-type", "text/plain"),
        Change("POST", "content-type", "application/json; charset=utf-8"),
        Change("POST", "user-agent", "Cassettes/1.1 (Language=Python/3.11)"),
        Change("POST", "x-amz-access-token", "scrubbed-2"),
        Change("POST", "x-amz-access-token", "Atza|unknown"),
        Change("POST", "x-more", "1"),
    ],
    ids=str,
)
def test_another_header_is_refused(played: Cassette, client: Any, change: Change) -> None:
    with pytest.raises(DeliveryUnknownError, match=NOT_RECORDED):
        client.create_confirm_order_details(ORDER, text="one")


@pytest.mark.parametrize(
    ("cassette", "change"),
    [
        ("test_upload_and_send", Change("PUT", "content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")),
        ("test_upload_and_send", Change("PUT", "x-amz-server-side-encryption", None)),
        ("test_upload_and_send", Change("PUT", "transfer-encoding", "chunked")),
    ],
    ids=str,
)
def test_another_header_of_an_upload_is_refused(played: Cassette, client: Any, change: Change) -> None:
    with pytest.raises(Exception, match=NOT_RECORDED):
        client.send_invoice(ORDER, attachments=[PDF, NOTE])


@pytest.mark.parametrize(
    "change",
    [
        Change("POST", "accept-encoding", "identity"),
        Change("POST", "connection", "close"),
        Change("POST", "content-length", None),
        Change("POST", "host", "localhost"),
        Change("POST", "user-agent", "Cassettes/1.0 (Language=Python/9.9; Platform=another)"),
    ],
    ids=str,
)
def test_headers_of_the_connection_and_the_machine_do_not_count(played: Cassette, client: Any, change: Change) -> None:
    assert client.create_confirm_order_details(ORDER, text="one").status_code == 201


@pytest.mark.parametrize("header", [("user-agent", "Cassettes/1.0"), ("accept", "*/*")])
def test_a_request_for_a_token_is_compared_too(played: Cassette, header: tuple[str, str]) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "i", "client_secret": "s"}
    asked = httpx.Request("POST", ORIGIN + LWA_PATH, data=form, headers={"accept": "application/json"})
    other = httpx.Request("POST", ORIGIN + LWA_PATH, data=form, headers=dict([("accept", "application/json"), header]))
    with httpx.HTTPTransport() as transport:
        with pytest.raises(Exception, match=NOT_RECORDED):
            transport.handle_request(other)
        assert transport.handle_request(asked).status_code == 200
