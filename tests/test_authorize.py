"""`client.authorize()`: an access token without a call."""

from __future__ import annotations

import inspect

import httpx
import pytest

from spapi_messaging import (
    AsyncMessagingClient,
    AuthorizationError,
    ClientClosedError,
    ConfigurationError,
    Credentials,
    MessagingClient,
    NetworkError,
    RetryPolicy,
)
from tests.support.amazon import API, Amazon, Shop, both, sent, token


@both
def test_a_token_is_fetched_once_and_used_by_the_next_call(kind: str) -> None:
    amazon = Amazon(sent())
    shop = Shop(kind, amazon)

    first, second = shop.authorize(), shop.authorize()
    shop.say()

    assert first == second
    assert 3000 < first <= 3600
    assert len(amazon.token_calls) == 1
    assert [call.token for call in amazon.calls] == ["token-1"]


@both
def test_nothing_is_asked_of_the_api(kind: str) -> None:
    amazon = Amazon()
    Shop(kind, amazon).authorize()

    assert amazon.calls == []


@both
def test_what_lwa_says_is_raised(kind: str) -> None:
    refusal = httpx.Response(401, json={"error": "invalid_client", "error_description": "Client authentication failed"})

    with pytest.raises(AuthorizationError, match="180 days"):
        Shop(kind, Amazon(tokens=[refusal])).authorize()


@both
def test_an_outage_is_the_networks(kind: str) -> None:
    with pytest.raises(NetworkError):
        Shop(kind, Amazon(tokens=[httpx.Response(503)]), retry=RetryPolicy(attempts=1)).authorize()


@both
def test_a_token_provider_is_asked(kind: str) -> None:
    asked: list[int] = []

    def provider() -> str:
        asked.append(1)
        return "a-token"

    assert Shop(kind, Amazon(), credentials=None, token_provider=provider).authorize() is None
    assert asked == [1]


@both
def test_an_application_alone_has_no_token(kind: str) -> None:
    with pytest.raises(ConfigurationError, match="no refresh token"):
        Shop(kind, Amazon(), credentials=Credentials.of_application("id", "secret")).authorize()


@both
def test_a_closed_client_asks_nobody(kind: str) -> None:
    amazon = Amazon(tokens=[token("t")])
    shop = Shop(kind, amazon)
    shop.close()

    with pytest.raises(ClientClosedError):
        shop.authorize()
    assert amazon.token_calls == []


@both
def test_the_client_says_where_it_goes_and_cannot_be_sent_elsewhere(kind: str) -> None:
    client = Shop(kind, Amazon(), lwa_endpoint="https://lwa.example/token").client

    assert (client.endpoint, client.lwa_endpoint) == (API, "https://lwa.example/token")
    for name in ("endpoint", "lwa_endpoint"):
        with pytest.raises(AttributeError, match=f"The {name} of a client cannot be changed"):
            setattr(client, name, "https://elsewhere.example")


def test_both_kinds_are_described_alike() -> None:
    assert inspect.getdoc(MessagingClient.authorize) == inspect.getdoc(AsyncMessagingClient.authorize)
