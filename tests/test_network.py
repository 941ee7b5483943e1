"""Connections: proxies belong below the flow, and secrets do not leave this machine unencrypted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from spapi_messaging import ConfigurationError, NetworkError, RetryPolicy
from spapi_messaging._transport import network
from spapi_messaging._urls import is_safe
from tests.support.amazon import CREDENTIALS, Amazon, Shop, both
from tests.support.canned import canned_server

PROXIES = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def shop_of(kind: str, **arguments: Any) -> Shop:
    """A client with connections of its own."""
    given = {"retry": RetryPolicy(attempts=2, base=0), "token_provider": lambda: "the-token", **arguments}
    return Shop(kind, Amazon(), transport=None, **given)


# A proxy that refuses every tunnel: what it is asked shows where a request would have gone

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


def asked(requests: list[bytes]) -> set[bytes]:
    return {request.split(b"\r\n")[0] for request in requests}


@both
@pytest.mark.parametrize("how", ["explicit", "environment"])
def test_a_call_goes_through_the_proxy_below_the_flow(kind: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with canned_server(REFUSAL) as proxy:
        if how == "environment":
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        shop = shop_of(kind, **({"proxy": proxy.url} if how == "explicit" else {}))
        with pytest.raises(NetworkError, match=r"Could not connect .*Nothing was sent"):
            shop.say()
        shop.close()

    assert asked(proxy.requests) == {b"CONNECT sellingpartnerapi-eu.amazon.com:443 HTTP/1.1"}
    assert len(proxy.requests) == 2  # the flow retried, so it is above the proxy
    assert not any(b"the-token" in request for request in proxy.requests)


@both
def test_the_token_request_goes_through_the_proxy_as_well(kind: str) -> None:
    with canned_server(REFUSAL) as proxy:
        shop = shop_of(kind, proxy=proxy.url, token_provider=None, lwa_endpoint=None)
        with pytest.raises(NetworkError, match="Login with Amazon could not be reached"):
            shop.say()
        shop.close()

    assert asked(proxy.requests) == {b"CONNECT api.amazon.com:443 HTTP/1.1"}
    assert not any(CREDENTIALS.client_secret.encode() in request for request in proxy.requests)


@both
def test_an_explicit_proxy_comes_before_that_of_the_environment(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with canned_server(REFUSAL) as proxy:
        shop = shop_of(kind, proxy=proxy.url)
        with pytest.raises(NetworkError):
            shop.say()
        shop.close()

    assert len(proxy.requests) == 2


@both
@pytest.mark.parametrize("url", ["http://127.0.0.1:{}", "http://localhost:{}"])
def test_this_machine_is_talked_to_directly(kind: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{"buyer":{"locale":"de-DE"}}\n'
    with canned_server(REFUSAL) as proxy, canned_server(answer) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        shop = shop_of(kind, endpoint=url.format(server.url.rpartition(":")[2]))
        assert shop.read().locale == "de-DE"
        shop.close()

    assert proxy.requests == []


@pytest.mark.parametrize(
    ("environment", "host", "proxy"),
    [
        ({"https_proxy": "http://p.example:1"}, "api.amazon.com", "http://p.example:1"),
        ({"HTTPS_PROXY": "p.example:1"}, "api.amazon.com", "http://p.example:1"),
        ({"ALL_PROXY": "http://p.example:1"}, "api.amazon.com", "http://p.example:1"),
        (
            {"HTTPS_PROXY": "http://p.example:1", "ALL_PROXY": "http://q.example:1"},
            "api.amazon.com",
            "http://p.example:1",
        ),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "amazon.com"}, "api.amazon.com", None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": ".amazon.com"}, "api.amazon.com", None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "*"}, "api.amazon.com", None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "amazon.com"}, "s3.amazonaws.com", "http://p.example:1"),
        ({"HTTP_PROXY": "http://p.example:1"}, "api.amazon.com", None),
    ],
)
def test_the_environment_says_which_hosts_go_through_which_proxy(
    environment: dict[str, str], host: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made: list[Any] = []

    def make(wanted: Any) -> httpx.HTTPTransport:
        made.append(wanted)
        return httpx.HTTPTransport()

    choice = network._Choice(make)
    transport = choice.for_url(httpx.URL(f"https://{host}/"))

    assert made == [proxy]
    assert choice.for_url(httpx.URL(f"https://{host}/again")) is transport


@both
def test_connections_through_proxies_are_closed_with_the_client(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with canned_server(REFUSAL) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        shop = shop_of(kind)
        with pytest.raises(NetworkError):
            shop.say()
        shop.close()
        shop.close()


@both
@pytest.mark.parametrize("proxy", ["ftp://user:the-password@p.example", "no proxy", 7, ["http://p.example"]])
def test_a_proxy_that_is_none_is_refused_without_showing_its_password(kind: str, proxy: Any) -> None:
    with pytest.raises(ConfigurationError, match="proxy cannot be used") as raised:
        shop_of(kind, proxy=proxy)

    assert "the-password" not in str(raised.value)
    assert raised.value.__context__ is None


@both
def test_a_proxy_of_the_environment_that_is_none_is_no_unknown_delivery(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy.example")
    shop = shop_of(kind)
    with pytest.raises(ConfigurationError, match="proxy cannot be used"):
        shop.say()
    shop.close()


@both
@pytest.mark.parametrize("verify", ["/no/such/file.pem", "/no/such/folder/"])
def test_certificates_that_are_not_there_are_named(kind: str, verify: str) -> None:
    with pytest.raises(ConfigurationError, match="/no/such/"):
        shop_of(kind, verify=verify)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://api.amazon.com", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]", True),
        ("http://sandbox.localhost", True),
        ("http://api.amazon.com", False),
        ("http://127.0.0.1.example", False),
        ("https://", False),
        ("ftp://localhost", False),
    ],
)
def test_where_secrets_may_go(url: str, safe: bool) -> None:
    assert is_safe(httpx.URL(url)) is safe
