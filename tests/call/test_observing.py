"""What of an exchange may be shown: decided without a client, for every kind of value in every kind of place."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from spapi_messaging import ObservedExchange
from spapi_messaging._call.effects import Purpose
from spapi_messaging._call.observing import Observation
from spapi_messaging.errors import HIDDEN
from spapi_messaging.messages import OPERATIONS, Operation
from tests.support.amazon import API, CREDENTIALS, ORDER, answer, raw
from tests.support.hand import SEND, call_by_hand

WARRANTY = OPERATIONS["CreateWarranty"]
# No message has one of a fixed list now; any may get one.
LISTED = WARRANTY._replace(fields=(WARRANTY.fields[1]._replace(kind="other", enum=("YEARS", "MONTHS")),))
FILE = {"uploadDestinationId": "d-1", "fileName": "warranty.pdf"}
PATH = f"{API}/messaging/v1/orders/{ORDER}"


def seen_of(
    request: httpx.Request, response: httpx.Response, *secrets: str, service: Any = "api", operation: Any = SEND
) -> ObservedExchange:
    """What an observer is told of an exchange with these secrets."""
    told: list[ObservedExchange] = []
    purpose = Purpose(service, operation, ORDER)
    Observation(told.append, request, purpose, lambda: 0.0, secrets, set(), "seller").end(response)
    (exchange,) = told
    return exchange


def body_of(operation: Operation, name: str, value: object) -> object:
    """What is shown of one value in a body."""
    seen = seen_of(httpx.Request("POST", PATH, json={name: value}), answer(201, {}), operation=operation)
    assert seen.body is not None
    return seen.body[name]


@pytest.mark.parametrize(
    ("operation", "name", "value"),
    [
        (WARRANTY, "coverageStartDate", "2026-11-21T01:00:00.000Z"),
        (WARRANTY, "attachments", [FILE, FILE]),
        (LISTED, "coverageStartDate", "MONTHS"),
    ],
)
def test_dates_files_and_words_of_a_list_are_shown(operation: Operation, name: str, value: object) -> None:
    assert body_of(operation, name, value) == value


@pytest.mark.parametrize(
    ("operation", "name", "value"),
    [
        (SEND, "text", "Where shall we leave it?"),
        (SEND, "texte", "a field that no operation has"),
        (WARRANTY, "coverageStartDate", {"text": "no date"}),
        (WARRANTY, "attachments", "no list of files"),
        (WARRANTY, "attachments", ["no file"]),
        (WARRANTY, "attachments", [FILE, {"fileName": {"text": "no name"}}]),
        (LISTED, "coverageStartDate", "WEEKS"),
    ],
)
def test_what_may_be_a_text_is_hidden(operation: Operation, name: str, value: object) -> None:
    assert body_of(operation, name, value) == HIDDEN


def test_a_secret_in_what_may_be_shown_is_hidden() -> None:
    files = [{**FILE, "fileName": "the-client-secret"}]
    request = httpx.Request("POST", PATH, json={"attachments": files, "coverageStartDate": "the-client-secret"})
    seen = seen_of(request, answer(201, {}), "the-client-secret", operation=WARRANTY)

    assert seen.body == {"attachments": [{**FILE, "fileName": HIDDEN}], "coverageStartDate": HIDDEN}


def test_the_secrets_of_a_seller_are_hidden() -> None:
    told: list[ObservedExchange] = []
    hand = call_by_hand(SEND, observer=told.append)
    hand.go_on()
    hand.finish(answer(201, {}, server=f"{CREDENTIALS.client_secret} {CREDENTIALS.refresh_token} token-1"))

    assert told[0].response_headers["server"] == " ".join([HIDDEN] * 3)


def test_of_a_query_the_known_parameters_are_shown_as_they_were_sent() -> None:
    url = f"{PATH}?marketplaceIds=A%2F1%26&note=hello"

    assert seen_of(httpx.Request("GET", url), answer(200, {})).url == f"{PATH}?marketplaceIds=A%2F1%26&note={HIDDEN}"


def test_a_secret_in_a_known_parameter_is_hidden() -> None:
    request = httpx.Request("GET", f"{PATH}?marketplaceIds=the-client-secret")

    assert seen_of(request, answer(200, {}), "the-client-secret").url == f"{PATH}?marketplaceIds={HIDDEN}"


def test_an_encoded_value_that_is_no_secret_is_shown() -> None:
    assert seen_of(httpx.Request("GET", PATH), raw(200, b"", server="a%20b")).response_headers["server"] == "a%20b"


def test_a_header_whose_name_quotes_a_secret_does_not_show_it() -> None:
    response = httpx.Response(200, headers={"X-The-Client-Secret": "1", "X-Other": "2"})
    shown = seen_of(httpx.Request("GET", PATH), response, "The-Client-Secret").response_headers

    assert "the-client-secret" not in str(shown)
    assert shown["x-other"] == "2"


def test_a_token_that_login_with_amazon_gives_is_hidden_in_its_headers() -> None:
    request = httpx.Request("POST", "https://api.amazon.com/auth/o2/token", content=b"grant_type=refresh_token")
    for name in ("access_token", "refresh_token"):
        response = httpx.Response(200, json={name: "given-just-now"}, headers={"server": "for given-just-now"})

        shown = seen_of(request, response, service="lwa", operation=None)
        assert shown.response_headers["server"] == f"for {HIDDEN}"
        assert shown.body == {"grant_type": "refresh_token"}


PRIVATE = 'Flat 5 "B" & bell <Schmidt>'
ECHOES = {
    "as it is": PRIVATE,
    "a piece": PRIVATE[4:19],
    "its end": PRIVATE[-12:],
    "with other white space": PRIVATE.replace(" ", "\t "),
    "in a path": quote(PRIVATE),
    "in a query": quote_plus(PRIVATE),
    "encoded twice": quote(quote(PRIVATE)),
    "in HTML": html.escape(PRIVATE),
    "in JSON": json.dumps(PRIVATE).strip('"'),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("field", ["text", "note"])
def test_no_header_quotes_what_was_sent(field: str, echo: str) -> None:
    request = httpx.Request("POST", PATH, json={field: PRIVATE})
    shown = seen_of(request, raw(201, b"", server=f"got {echo}!", via="1.1 proxy")).response_headers

    assert "Schmidt" not in str(shown) and "bell" not in str(shown) and "Flat" not in str(shown)
    assert shown["via"] == "1.1 proxy"


def test_of_a_body_that_is_not_shown_its_size_is() -> None:
    def streamed() -> Iterator[bytes]:
        yield b"12345"

    put = httpx.Request("PUT", "https://s3.example/key?X-Amz-Signature=1", content=b"12345")
    stream = httpx.Request("POST", PATH, content=streamed(), headers={"content-length": "5"})
    words = httpx.Request("POST", PATH, content=b"12345")

    assert seen_of(put, raw(200, b""), service="storage").body == {"size": 5}
    assert [seen_of(each, answer(201, {})).body for each in (stream, words)] == [{"size": 5}, {"size": 5}]
    assert seen_of(httpx.Request("GET", PATH), answer(200, {})).body is None


def test_a_header_that_comes_twice_is_shown_in_one_line() -> None:
    response = httpx.Response(200, headers=[("via", "one"), ("via", "two")])

    assert seen_of(httpx.Request("GET", PATH), response).response_headers == {"via": "one, two"}


@pytest.mark.parametrize("query", ["", "?marketplaceIds=", "?marketplaceIds=a%3Fb"])
def test_a_url_is_shown_as_it_was_sent(query: str) -> None:
    assert seen_of(httpx.Request("GET", PATH + query), answer(200, {})).url == PATH + query


def test_only_tokens_of_an_answer_are_hidden() -> None:
    request = httpx.Request("POST", "https://api.amazon.com/auth/o2/token", content=b"grant_type=&scope=x")
    response = httpx.Response(200, json={"token_type": "bearer-kind", "n_token": 7}, headers={"server": "bearer-kind"})
    shown = seen_of(request, response, service="lwa", operation=None)

    assert shown.response_headers["server"] == "bearer-kind"
    assert shown.body == {"grant_type": "", "scope": HIDDEN}
