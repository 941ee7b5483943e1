"""What a call meets seldom: odd objects, another release of httpx, a token that another thread has renewed by now."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from spapi_messaging._call import limiting, observing, requests
from spapi_messaging._call.arguments import provider_hears
from spapi_messaging._call.effects import Purpose
from spapi_messaging._call.lwa import AccessToken
from spapi_messaging._call.misuse import explained
from spapi_messaging._call.token_cell import TokenCell
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.messages import operation_for


def test_a_provider_that_was_not_written_in_python_is_called_without_arguments() -> None:
    """Python does not tell its parameters."""
    assert provider_hears(max) is False


class BareTicket:
    """Its methods are attributes of the object, as those of a mock are."""

    def __init__(self) -> None:
        self.remaining = self.cancel = self.answered = lambda *_: 0.0


def test_a_ticket_may_have_its_methods_on_the_object() -> None:
    ticket: Any = BareTicket()

    assert limiting._checked(ticket) is ticket
    del ticket.remaining
    with pytest.raises(ConfigurationError, match="BareTicket, which is not a ticket"):
        limiting._checked(ticket)


class Shop:
    @explained
    def open(self, *, day: str) -> str:
        return day


def test_an_argument_that_is_missing_is_said_as_python_says_it() -> None:
    with pytest.raises(TypeError, match=r"^Shop\.open\(\) missing 1 required keyword-only argument: 'day'$"):
        Shop().open()  # type: ignore[call-arg]


@pytest.mark.parametrize("content", [b"[1, 2]", b"3", b"not JSON", b"[" * 100_000])
def test_a_token_answer_of_another_shape_has_no_token_to_hide(content: bytes) -> None:
    assert list(observing._issued(Purpose("lwa"), httpx.Response(200, content=content))) == []


def test_a_field_that_the_model_does_not_know_is_hidden() -> None:
    operation = operation_for("confirmOrderDetails")

    assert observing._hidden({"text": "a text", "nobodyKnowsIt": "a secret"}, operation) == ["a text", "a secret"]


class OtherURL(httpx.URL):
    """A URL of a release of httpx that keeps its parts elsewhere."""

    @property
    def _uri_reference(self) -> Any:
        raise AttributeError("_uri_reference")

    @_uri_reference.setter
    def _uri_reference(self, value: Any) -> None:
        self.kept = value

    def __str__(self) -> str:
        return "https://api.example/base/"


@pytest.mark.parametrize("query", ["", "a=%20b"])
def test_another_release_of_httpx_gives_the_same_url(query: str) -> None:
    known = requests._url(httpx.URL("https://api.example/base/"), "/orders/1%2F2", query)

    assert str(requests._url(OtherURL("https://api.example/base/"), "/orders/1%2F2", query)) == str(known)


def test_who_comes_for_a_renewal_that_is_done_by_now_gets_none() -> None:
    cell = TokenCell(threading.RLock)
    renewal, lead = cell.join(0.0, None, "one client", alone=False)
    assert renewal is not None
    assert lead
    cell.end(renewal, AccessToken("a", renew_at=10.0))

    assert cell.join(0.0, None, "another client", alone=False) == (None, False)
