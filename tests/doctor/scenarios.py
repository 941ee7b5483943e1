"""One scenario for each code of the examination: what has to be wrong, so that it is found."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from spapi_messaging import Credentials, MessagingClient
from spapi_messaging.credentials import CredentialsSource
from spapi_messaging.doctor import CODES, Finding
from spapi_messaging.doctor.steps import STEPS
from spapi_messaging.errors import AccessDeniedError, ApiError
from spapi_messaging.messages import OPERATIONS
from spapi_messaging.sandbox import Sandbox
from tests.doctor.certificates import DAY
from tests.doctor.conftest import ORDER, World
from tests.support.amazon import CREDENTIALS, TEMPLATE, Amazon, refused
from tests.support.servers import make_certificate

Scenario = Callable[[World], list[Finding]]
SCENARIOS: dict[str, Scenario] = {}

SOURCE = CredentialsSource.of(CREDENTIALS, "the environment")
APPLICATION = Credentials.of_application("amzn1.application-oa2-client.x", "the-client-secret")
HTML = {"content-type": "text/html"}
NEVER = 10_000.0


def shows(code: str) -> Callable[[Scenario], Scenario]:
    """Says which code a scenario shows."""

    def remember(scenario: Scenario) -> Scenario:
        assert code not in SCENARIOS
        SCENARIOS[code] = scenario
        return scenario

    return remember


def simply(code: str, scenario: Scenario) -> None:
    """The same, for a scenario of one line."""
    shows(code)(scenario)


# Versions and credentials

simply("versions", lambda world: world.run())
simply("credentials-given", lambda world: world.run())
simply("credentials-found", lambda world: world.run(source=SOURCE))
simply("credentials-local", lambda world: world.run(source=CredentialsSource.of(world.sandbox.credentials, "a place")))
simply("credentials-no-seller", lambda world: world.run(source=CredentialsSource.of(APPLICATION, "a place")))
simply("credentials-unusable", lambda world: world.run(source=CredentialsSource("", problem="No credentials.")))


@shows("credentials-suspect")
def _(world: World) -> list[Finding]:
    pasted = Credentials(CREDENTIALS.client_id, CREDENTIALS.client_secret, "Atza|an-access-token")
    return world.run(source=CredentialsSource.of(pasted, "a place"))


# Endpoint

PRODUCTION: dict[str, Any] = {"credentials": CREDENTIALS, "lwa_endpoint": None}
simply("endpoint-local", lambda world: world.run())
simply("endpoint-production", lambda world: world.offline(production(world, Amazon(refused(403)))))
simply("endpoint-other", lambda world: world.offline(world.elsewhere("https://gateway.example")))
simply("endpoint-refused", lambda world: world.run(world.client(endpoint="http://gateway.example")))
simply("endpoint-not-tried", lambda world: world.run(MessagingClient))


@shows("endpoint-amazon-sandbox")
def _(world: World) -> list[Finding]:
    return world.offline(world.elsewhere(None, sandbox=True))


def production(world: World, answers: Amazon) -> Callable[[], MessagingClient]:
    """Makes a client of production. Nothing leaves this machine."""
    return world.client(endpoint=None, lwa_endpoint=None, credentials=CREDENTIALS, transport=answers)


# Network

simply("network-no-tls", lambda world: world.run())
simply("network-not-tried", lambda world: world.run(MessagingClient))
simply("dns-failed", lambda world: world.offline(world.elsewhere("https://gateway.example")))
simply("connection-refused", lambda world: world.run(world.elsewhere(f"http://127.0.0.1:{world.closed_port()}")))
simply("connection-failed", lambda world: world.run(world.elsewhere(world.server(lambda request: None).url)))
simply("tls-failed", lambda world: world.run(world.elsewhere(f"https://localhost:{world.sandbox.port}")))
simply("proxy-invalid", lambda world: world.run(proxy="foo://127.0.0.1:1"))
simply("proxy-unreachable", lambda world: world.run(proxy=f"http://127.0.0.1:{world.closed_port()}"))


@shows("network-ok")
def _(world: World) -> list[Finding]:
    server = world.server(certificate=world.authority.certificate())
    return world.run(world.elsewhere(server.url), verify=world.authority.trust)


@shows("connection-timeout")
def _(world: World) -> list[Finding]:
    def late(*_: Any) -> httpx.Response:
        raise httpx.ConnectTimeout("timed out")

    make = world.elsewhere("https://gateway.example")
    world.patch.setattr(httpx.HTTPTransport, "handle_request", late)
    world.patch.setattr("socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("127.0.0.1", 443))])
    return world.run(make)


@shows("tls-self-signed")
def _(world: World) -> list[Finding]:
    return world.run(world.elsewhere(world.server(certificate=make_certificate(world.folder)).url))


@shows("tls-unknown-authority")
def _(world: World) -> list[Finding]:
    return world.run(world.elsewhere(world.server(certificate=world.authority.certificate()).url))


def with_certificate(world: World, **changes: Any) -> list[Finding]:
    """A certificate of a known authority, with something else wrong."""
    server = world.server(certificate=world.authority.certificate(**changes))
    return world.run(world.elsewhere(server.url), verify=world.authority.trust)


simply("tls-expired", lambda world: with_certificate(world, begins=-3 * DAY, ends=-DAY))
simply("tls-not-yet-valid", lambda world: with_certificate(world, begins=DAY, ends=3 * DAY))
simply("tls-wrong-host", lambda world: with_certificate(world, host="other.example"))


@shows("proxy-password")
def _(world: World) -> list[Finding]:
    proxy = world.canned(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
    return world.run(world.elsewhere("https://gateway.example"), proxy=proxy)


@shows("proxy-refused")
def _(world: World) -> list[Finding]:
    proxy = world.canned(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
    return world.run(world.elsewhere("https://gateway.example"), proxy=proxy)


@shows("foreign-answer")
def _(world: World) -> list[Finding]:
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>Sign in</html>"
    return world.run(proxy=world.canned(page))


@shows("server-trouble")
def _(world: World) -> list[Finding]:
    world.sandbox.faults.add("unavailable", on="api", times=None)
    return world.run()


# Authorization


def lwa(world: World, kind: str) -> list[Finding]:
    """Login with Amazon answers with an error."""
    world.sandbox.faults.add(kind, on="token", times=None)
    return world.run()


simply("authorization-ok", lambda world: world.run())
simply("authorization-provider", lambda world: world.run(world.client(token_provider=lambda: "a-token")))
simply("authorization-failed", lambda world: world.run(world.client(credentials=APPLICATION)))
simply("authorization-not-tried", lambda world: world.run(MessagingClient))
simply("lwa-invalid-client", lambda world: lwa(world, "invalid_client"))
simply("lwa-invalid-grant", lambda world: lwa(world, "invalid_grant"))
simply("lwa-refused", lambda world: lwa(world, "unauthorized_client"))
simply("lwa-trouble", lambda world: lwa(world, "error"))


# Clock


def after(world: World, off: timedelta) -> list[Finding]:
    """The server's clock is ahead."""
    world.sandbox.clock.advance(off.total_seconds())
    return world.run()


simply("clock-ok", lambda world: world.run())
simply("clock-off", lambda world: after(world, timedelta(minutes=3)))
simply("clock-wrong", lambda world: after(world, timedelta(days=2)))
simply("clock-not-tried", lambda world: world.offline(world.client()))


# Region

simply("region-ok", lambda world: world.offline(production(world, Amazon())))
simply("region-unknown", lambda world: world.run())
simply("region-not-tried", lambda world: world.run(MessagingClient))
simply("marketplace-unusable", lambda world: world.run(world.client(marketplace=None)))


@shows("region-suspect")
def _(world: World) -> list[Finding]:
    world.sandbox.orders.set(ORDER, marketplace="FR")
    return world.run()


# Order

READS = {operation.answer: operation for operation in OPERATIONS.values() if operation.answer}
ACTIONS, ATTRIBUTES = (READS[answer].operation_id for answer in ("AvailableActions", "OrderAttributes"))


def answering(world: World, status: int, body: str, on: str = ACTIONS) -> list[Finding]:
    """A read is answered in another way."""
    world.sandbox.faults.answer(status, body, {"content-type": "application/json"}, on=on, times=None)
    return world.run()


def fault(world: World, kind: str, on: str) -> list[Finding]:
    """Something goes wrong each time."""
    world.sandbox.faults.add(kind, on=on, times=None)
    return world.run()


simply("order-ok", lambda world: world.run())
simply("order-empty", lambda world: answering(world, 200, "{}"))
simply("order-no-language", lambda world: answering(world, 200, '{"buyer": {}}', ATTRIBUTES))
simply("order-throttled", lambda world: fault(world, "throttle", ACTIONS))
simply("order-id-invalid", lambda world: world.run(order="303-1"))
simply("order-not-found", lambda world: answering(world, 404, '{"errors": [{"code": "NotFound", "message": "No."}]}'))
simply("order-not-accepted", SCENARIOS["region-suspect"])
simply("order-denied", lambda world: answering(world, 403, '{"errors": [{"code": "Unauthorized"}]}'))
simply("order-unreadable", lambda world: answering(world, 200, "[]"))
simply("order-failed", lambda world: fault(world, "error", ACTIONS))
simply("order-not-tried", lambda world: world.run(order=None))


@shows("order-not-of-sandbox")
def _(world: World) -> list[Finding]:
    static = world.stack.enter_context(Sandbox("static"))
    make = world.client(endpoint=static.url, lwa_endpoint=static.lwa_endpoint, credentials=static.credentials)
    return world.run(make)


# Role


def denied(world: World, error: ApiError) -> list[Finding]:
    """The read of the order is refused, and this is what the client makes of it."""
    make = world.client()

    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    world.patch.setattr(MessagingClient, READS["AvailableActions"].name, refuse)
    return world.run(make)


def caused(*causes: str) -> AccessDeniedError:
    """A 403 whose causes are known as far as this."""
    error = AccessDeniedError("Denied.", errors=[{"code": "Unauthorized", "message": "No."}], status_code=403)
    error.possible_causes = causes
    error.facts = ("This is how it was decided.",)
    return error


def said(message: str) -> str:
    """What Amazon says in a 403."""
    return json.dumps({"errors": [{"code": "Unauthorized", "message": message, "details": ""}]})


simply("role-ok", lambda world: world.run())
simply("role-not-tried", lambda world: answering(world, 403, said(TEMPLATE)))
simply("role-missing", lambda world: answering(world, 403, said("Application does not have access to this.")))
simply("role-unclear", lambda world: fault(world, "denied", ACTIONS))
simply("token-refused", lambda world: fault(world, "revoked-token", ACTIONS))
simply("path-wrong", lambda world: answering(world, 403, "<html>Forbidden</html>"))
simply("secret-expired", lambda world: answering(world, 403, said("The LWA client secret has expired.")))


# Uploads


def storage(world: World, status: int, code: str) -> list[Finding]:
    """The storage refuses the file."""
    body = f"<Error><Code>{code}</Code></Error>"
    world.sandbox.faults.answer(status, body, {"content-type": "application/xml"}, on="s3", times=None)
    return world.run()


simply("upload-ok", lambda world: world.run())
simply("upload-digest", lambda world: storage(world, 400, "BadDigest"))
simply("upload-storage-refused", lambda world: storage(world, 403, "AccessDenied"))
simply("upload-storage-unreachable", lambda world: fault(world, "reset", "s3"))
simply("upload-failed", lambda world: fault(world, "error", "uploads"))
simply("upload-not-tried", lambda world: world.run(order=None))


# Invoices

simply("invoice-listed", lambda world: world.run())
simply("invoice-channels", lambda world: world.run(order=None))
simply("invoices-not-tried", lambda world: world.run(MessagingClient))


simply("invoice-not-listed", lambda world: answering(world, 200, "{}"))


# Steps that do not end as they should


def too_slow(step: str, world: World) -> list[Finding]:
    """A step waits for ever."""
    held = threading.Event()
    world.stack.callback(held.set)

    def wait(_: object) -> list[Finding]:
        held.wait(NEVER)
        return []

    world.patch.setitem(STEPS, step, wait)
    return world.run(step_seconds=0.1)


def broken(step: str, world: World) -> list[Finding]:
    """A step has a mistake."""

    def break_off(_: object) -> list[Finding]:
        raise ZeroDivisionError("Atzr|a-secret")

    world.patch.setitem(STEPS, step, break_off)
    return world.run()


for _name in STEPS:
    simply(f"{_name}-too-slow", lambda world, step=_name: too_slow(step, world))  # type: ignore[misc]
    simply(f"{_name}-broke", lambda world, step=_name: broken(step, world))  # type: ignore[misc]

assert set(SCENARIOS) == set(CODES), set(SCENARIOS) ^ set(CODES)
