"""One request without secrets to a server: name, connection, TLS, answer. The only file here that uses the network."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from spapi_messaging import __version__
from spapi_messaging.preflight.printable import printable
from spapi_messaging.proxies import Proxies, ProxyTypes, url_of

PHASE_SECONDS = 10.0
"""The longest time of each phase, in seconds: to connect, to write, to read."""
MIN_CONNECT_SECONDS = 3.0
"""The shortest time for one address, in seconds. A server's addresses are tried one after the other, and share the time
to connect.
"""

Resolve = Callable[[str, int], list[str]]
VerifyTypes = bool | str | ssl.SSLContext

_CERTIFICATES = {
    9: "tls-not-yet-valid",
    10: "tls-expired",
    18: "tls-self-signed",
    19: "tls-unknown-authority",
    20: "tls-unknown-authority",
    21: "tls-unknown-authority",
    62: "tls-wrong-host",
    64: "tls-wrong-host",
}
"""OpenSSL's reasons to refuse a certificate, by number. They do not change."""


@dataclass(frozen=True)
class Target:
    """What to ask.

    Attributes:
        service: "api", "lwa" or "storage".
        url: Its URL.
        method: The HTTP method.
    """

    service: str
    url: str
    method: str = "GET"


@dataclass(frozen=True)
class Probe:
    """The result of asking.

    Attributes:
        target: What was asked.
        proxy: Host and port of the proxy on the way. None: there is no proxy.
        addresses: The addresses of the server, or of the proxy.
        tls: The version of TLS. Empty: the connection does not use TLS.
        issuer: Who issued the certificate; empty if that is unknown.
        valid_until: When the certificate expires.
        status: The status of the answer.
        server_date: The server's time, by the answer's `Date`, and this machine's at the same moment.
        failure: One of the codes of the step "network"; empty if the server answered.
        detail: The status, or what the system said about the failure; may be empty.
    """

    target: Target
    proxy: str | None = None
    addresses: tuple[str, ...] = ()
    tls: str = ""
    issuer: str = ""
    valid_until: datetime | None = None
    status: int | None = None
    server_date: tuple[datetime, datetime] | None = None
    failure: str = ""
    detail: str = ""

    @property
    def host(self) -> str:
        """The server's host, and its port where that is not the usual one."""
        url = httpx.URL(self.target.url)
        return url.host if url.port is None else f"{url.host}:{url.port}"


def utc_now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def probe(
    target: Target,
    *,
    proxy: ProxyTypes | None = None,
    verify: VerifyTypes = True,
    resolve: Resolve = resolve,
    now: Callable[[], datetime] = utc_now,
) -> Probe:
    """Asks a server something that needs no secret.

    Args:
        target: What to ask.
        proxy: A proxy; by default the one that the environment names for this server.
        verify: Whether the server's certificate must be valid.
        resolve: Finds the addresses of a host.
        now: This machine's time.

    Returns:
        What the server answered, or why it did not. No failure of the network is raised.
    """
    url, found = httpx.URL(target.url), Probe(target)
    try:
        chosen = Proxies(proxy).choose(url)
        between = None if chosen is None else url_of(chosen)
        transport = httpx.HTTPTransport(verify=verify, proxy=chosen)
    except (httpx.InvalidURL, ImportError, ValueError):
        return replace(found, failure="proxy-invalid")
    except OSError:  # the file of certificates that the environment names
        return replace(found, failure="tls-failed", detail="the certificates that SSL_CERT_FILE names cannot be read")
    with transport:
        nearest = between or url
        if between is not None:
            found = replace(found, proxy=f"{between.host}{f':{between.port}' if between.port else ''}")
        try:
            addresses = resolve(nearest.host, nearest.port or _default_port(nearest))
            found = replace(found, addresses=tuple(addresses))
            return _judged(found, transport.handle_request(_request(target, len(addresses))), now)
        except (httpx.HTTPError, OSError) as error:
            code = _failure(error, proxied=between is not None)
            return replace(found, failure=code, detail=_detail(error, code))


def _default_port(url: httpx.URL) -> int:
    return 443 if url.scheme == "https" else 80


def _request(target: Target, addresses: int) -> httpx.Request:
    connect = max(MIN_CONNECT_SECONDS, PHASE_SECONDS / max(1, addresses))
    return httpx.Request(
        target.method,
        target.url,
        headers={"user-agent": f"spapi-messaging-doctor/{__version__}", "accept": "application/json"},
        data={} if target.method == "GET" else {"grant_type": ""},
        extensions={"timeout": dict.fromkeys(("read", "write", "pool"), PHASE_SECONDS) | {"connect": connect}},
    )


def _judged(found: Probe, response: httpx.Response, now: Callable[[], datetime]) -> Probe:
    """What an answer tells."""
    at = now()
    try:
        found = replace(found, status=response.status_code, **_tls(response))
        begin = _begin(response)
    finally:
        response.close()
    if response.status_code == 407:
        return replace(found, failure="proxy-password")
    if response.status_code >= 500 or response.status_code == 429:  # Amazon answers these with pages too
        return replace(found, failure="server-trouble", detail=f"status {response.status_code}")
    if _is_foreign(response, begin):
        return replace(found, failure="foreign-answer", detail=f"status {response.status_code}")
    if (date := _date(response)) is not None:
        found = replace(found, server_date=(date, at))
    return found


def _date(response: httpx.Response) -> datetime | None:
    """The server's time. None: the answer has no valid one."""
    with suppress(KeyError, OverflowError, TypeError, ValueError):
        date = parsedate_to_datetime(response.headers["date"])
        return date if date.tzinfo else date.replace(tzinfo=UTC)  # "-0000" means UTC too
    return None


def _tls(response: httpx.Response) -> dict[str, Any]:
    stream = response.extensions.get("network_stream")
    line = stream.get_extra_info("ssl_object") if stream is not None else None
    if line is None:
        return {}
    certificate = line.getpeercert() or {}
    names = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    until = certificate.get("notAfter")
    return {
        "tls": line.version() or "",
        "issuer": printable(names.get("organizationName") or names.get("commonName") or ""),
        "valid_until": datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if until else None,
    }


def _begin(response: httpx.Response) -> bytes:
    """The first piece of the content. Nobody needs more, and it may never end."""
    assert isinstance(response.stream, httpx.SyncByteStream)
    return next((chunk for chunk in response.stream if chunk.strip()), b"")


def _is_foreign(response: httpx.Response, begin: bytes) -> bool:
    """Whether something else than Amazon answered: a page, or a redirect to one, and no request id of Amazon's."""
    if any(name in response.headers for name in ("x-amzn-requestid", "x-amz-request-id")):
        return False
    is_page = response.headers.get("content-type", "").lower().startswith("text/html") or begin.lstrip()[:1] == b"<"
    return is_page or 300 <= response.status_code < 400


def _failure(error: Exception, *, proxied: bool) -> str:
    """The code of a failure."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATES.get(cause.verify_code, "tls-failed")
    if isinstance(error, httpx.ProxyError):
        return "proxy-password" if str(error).startswith("407") else "proxy-refused"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls-failed"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "proxy-unreachable" if proxied else "dns-failed"
    if proxied and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return "proxy-unreachable"
    if isinstance(error, httpx.TimeoutException):
        return "connection-timeout"
    refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes)
    return "connection-refused" if refused else "connection-failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _detail(error: Exception, code: str) -> str:
    """What the system said. Of a proxy's answer only the status: it may quote what it was sent."""
    if code in ("proxy-password", "proxy-refused"):
        return f"status {str(error)[:3]}" if str(error)[:3].isdigit() else ""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, ssl.SSLError):
            return cause.reason or type(cause).__name__
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return type(error).__name__
