"""Which proxy a request goes through: what httpx would decide, and that the proxy is below the flow."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from spapi_messaging import ConfigurationError, NetworkError, RetryPolicy
from spapi_messaging.proxies import Proxies
from tests.support.amazon import CREDENTIALS, Amazon, Shop, both
from tests.support.canned import canned_server

P, Q = "http://p.example:1", "http://q.example:2"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


# The chooser beside httpx's own

ENVIRONMENTS = [
    {},
    *({name: P} for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy")),
    {"HTTPS_PROXY": P, "HTTP_PROXY": Q},
    {"HTTPS_PROXY": P, "ALL_PROXY": Q},
    {"HTTPS_PROXY": P, "https_proxy": ""},
    *({"HTTPS_PROXY": proxy} for proxy in ("", "p.example:1", "https://p.example", "http://user:password@p.example:1")),
    {"HTTPS_PROXY": P, "no_proxy": "amazon.com"},
    *(
        {"ALL_PROXY": P, "NO_PROXY": exempt}
        for exempt in (
            *(
                "*",
                "",
                "com",
                "amazon.com",
                "AMAZON.com",
                "api.amazon.com",
                "*.amazon.com",
                "amazon.com.",
                "amazon.com,",
            ),
            *(" amazon.com , example.com", ".amazon.com", "amazon.com:8443", "10.0.0.1", "10.0.0.0/8", "localhost"),
        )
    ),
]
HOSTS = [
    *("https://api.amazon.com", "https://API.Amazon.com", "https://notamazon.com", "https://amazon.com."),
    *("https://api.amazon.com:443", "https://api.amazon.com:8443", "http://api.amazon.com:8443", "https://10.0.0.1"),
    *("https://s3.eu-west-1.amazonaws.com/key?X-Amz-Expires=900", "https://[fd00::1]", "https://[fd00::1]:8443"),
]


def set_environment(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def ours(url: str) -> httpx.URL | None:
    proxy = Proxies(None).choose(httpx.URL(url))
    return None if proxy is None else httpx.Proxy(str(proxy)).url


def theirs(url: str) -> httpx.URL | None:
    with httpx.Client(trust_env=True, verify=False) as client:
        transport: Any = client._transport_for_url(httpx.URL(url))
    proxy = getattr(transport._pool, "_proxy_url", None)
    return None if proxy is None else httpx.URL(scheme=proxy.scheme.decode(), host=proxy.host.decode(), port=proxy.port)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_the_same_proxy_is_chosen_as_by_httpx(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, environment)

    assert {url: ours(url) for url in HOSTS} == {url: theirs(url) for url in HOSTS}


@pytest.mark.parametrize(
    ("exempt", "url"),
    [
        ("example.com,*", "https://api.amazon.com"),
        ("fd00::1", "https://[fd00::1]"),
        ("https://amazon.com", "https://amazon.com"),
    ],
)
def test_what_goes_through_the_proxy_by_the_rules_of_urllib_although_httpx_exempts_it(
    exempt: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, {"ALL_PROXY": P, "NO_PROXY": exempt})

    assert (ours(url), theirs(url)) == (httpx.URL(P), None)


@pytest.mark.parametrize(
    ("exempt", "url"),
    [
        # A proxy cannot reach this machine's loopback.
        *(("", url) for url in ("http://127.0.0.1:8765", "http://127.9.9.9", "http://localhost:1", "http://[::1]:80")),
        ("", "http://sandbox.localhost"),
        (".amazon.com", "https://amazon.com"),  # as with curl and urllib
    ],
)
def test_what_is_direct_on_purpose_although_httpx_takes_a_proxy(
    exempt: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, {"ALL_PROXY": P, "NO_PROXY": exempt})

    assert (ours(url), theirs(url)) == (None, httpx.URL(P))


def test_an_explicit_proxy_is_for_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, {"ALL_PROXY": P, "NO_PROXY": "*"})

    assert {Proxies(Q).choose(httpx.URL(url)) for url in HOSTS} == {Q}


def test_the_environment_is_read_when_the_chooser_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, {"ALL_PROXY": P})
    proxies = Proxies(None)
    set_environment(monkeypatch, {"ALL_PROXY": Q})

    assert proxies.choose(httpx.URL(HOSTS[0])) == P


# Through the clients: a proxy that refuses every tunnel shows where a request would have gone

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


def shop_of(kind: str, **arguments: Any) -> Shop:
    """A client with connections of its own."""
    given = {"retry": RetryPolicy(attempts=2, base=0), "token_provider": lambda: "the-token", **arguments}
    return Shop(kind, Amazon(), transport=None, **given)


def asked(requests: list[bytes]) -> set[bytes]:
    return {request.split(b"\r\n")[0] for request in requests}


@both
@pytest.mark.parametrize("where", ["argument", "environment", "both"])
def test_a_call_goes_through_the_proxy_below_the_flow(kind: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with canned_server(REFUSAL) as proxy:
        if where != "argument":
            monkeypatch.setenv("HTTPS_PROXY", proxy.url if where == "environment" else "http://127.0.0.1:9")
        shop = shop_of(kind, proxy=None if where == "environment" else proxy.url)
        with pytest.raises(NetworkError, match=r"Could not connect .*Nothing was sent"):
            shop.say()
        shop.close()

    assert asked(proxy.requests) == {b"CONNECT sellingpartnerapi-eu.amazon.com:443 HTTP/1.1"}
    assert len(proxy.requests) == 2  # the flow tried again, so it is above the proxy
    assert not any(b"the-token" in request for request in proxy.requests)


@both
def test_the_token_request_goes_through_the_proxy_as_well(kind: str) -> None:
    with canned_server(REFUSAL) as proxy:
        shop = shop_of(kind, proxy=proxy.url, token_provider=None, lwa_endpoint=None)
        with pytest.raises(NetworkError, match="Login with Amazon gave no answer"):
            shop.say()
        shop.close()

    assert asked(proxy.requests) == {b"CONNECT api.amazon.com:443 HTTP/1.1"}
    assert not any(CREDENTIALS.client_secret.encode() in request for request in proxy.requests)


@both
def test_this_machine_is_talked_to_directly(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 28\r\n\r\n{"buyer":{"locale":"de-DE"}}'
    with canned_server(REFUSAL) as proxy, canned_server(answer) as server:
        set_environment(monkeypatch, {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url})
        shop = shop_of(kind, endpoint=server.url)
        assert shop.read().locale == "de-DE"
        shop.close()

    assert proxy.requests == []


@both
@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://user:the-password@p.example",
        "no proxy",
        7,
        ["http://p.example"],
        "http://user:the-password@:8080",
        "http://user:12/the-password@proxy.example:8080",
        "http://user:the-password@proxy..example:8080",
        f"http://user:the-password@{'a' * 64}.example:8080",
    ],
)
def test_an_invalid_proxy_is_refused_at_once_and_its_password_is_not_shown(kind: str, proxy: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"proxy cannot be used|proxy is one URL") as raised:
        shop_of(kind, proxy=proxy)

    assert "the-password" not in str(raised.value)
    assert raised.value.__context__ is None


@both
@pytest.mark.parametrize("proxy", ["gopher://proxy.example", "http://proxy..example:8080"])
def test_an_invalid_proxy_of_the_environment_is_no_unknown_delivery(
    kind: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    shop = shop_of(kind)
    with pytest.raises(ConfigurationError, match=r"proxy cannot be used|proxy is one URL"):
        shop.say()
    shop.close()
