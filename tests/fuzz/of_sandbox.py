"""Requests to the local sandbox: whatever comes is answered, and never with its own mistake."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

import httpx

from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS
from spapi_messaging.sandbox.app import create_app
from spapi_messaging.sandbox.state import SandboxState
from tests.fuzz.target import Target

ORDER = "303-1234567-1234567"
_ORDERS = f"/messaging/v1/orders/{ORDER}"
_QUERY = "?marketplaceIds=A1PA6795UKMFR9"
_FORM = "&".join(f"{name}={value.replace('|', '%7C')}" for name, value in LOCAL_CREDENTIALS.items())


def requests(content: bytes) -> None:
    """Some requests, one in each line: method, path, content type and body. Later ones find what earlier ones left."""
    asyncio.run(_asked(content))


async def _asked(content: bytes) -> None:
    state = SandboxState(allowed_hosts=["sandbox.example"])
    state.sleep = _no_sleep
    transport = httpx.ASGITransport(create_app(state))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        form = {"grant_type": "refresh_token", **LOCAL_CREDENTIALS}
        token = (await client.post("/auth/o2/token", data=form)).json()["access_token"]
        for line in content.split(b"\n")[:8]:
            method, path, media_type, body = (*line.split(b" ", 3), b"", b"", b"", b"")[:4]
            answer = await _answer(client, method, path, [(b"content-type", media_type), *_own(token, body)], body)
            if answer is not None:
                assert answer.status_code < 500 or _is_meant(state), answer.text[:500]


async def _answer(client: httpx.AsyncClient, method: bytes, path: bytes, headers: Any, body: bytes) -> Any:
    try:
        url = httpx.URL("http://localhost").copy_with(raw_path=path if path.startswith(b"/") else b"/" + path)
        request = client.build_request(method.decode("ascii"), url, headers=headers, content=body)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return None  # no such request can be sent
    return await client.send(request)


def _own(token: str, body: bytes) -> list[tuple[bytes, bytes]]:
    given = [(b"x-amz-access-token", token.encode())]
    return [*given, (b"x-sandbox-fault", body[:40].strip())] if body.startswith(b"fault") else given


def _is_meant(state: SandboxState) -> bool:
    """Whether a request asked for a fault, which may be an answer with any status."""
    return bool(state.faults.active) or any("x-sandbox-fault" in each.headers for each in state.requests)


async def _no_sleep(_: float) -> None:
    pass


@cache
def _line(method: str, path: str, body: Any = "", media_type: str = "application/json") -> bytes:
    return f"{method} {path} {media_type} {body}".encode()


def _json(method: str, path: str, **body: Any) -> bytes:
    return _line(method, path, json.dumps(body))


TARGETS = (
    Target(
        "sandbox",
        requests,
        (
            _line("POST", "/auth/o2/token", f"grant_type=refresh_token&{_FORM}", "application/x-www-form-urlencoded"),
            _line("GET", _ORDERS + _QUERY) + b"\n" + _line("GET", f"{_ORDERS}/attributes{_QUERY}"),
            _json("POST", f"{_ORDERS}/messages/confirmOrderDetails{_QUERY}", text="Hello")
            + b"\n"
            + _line("GET", "/_sandbox/inbox")
            + b"\n"
            + _line("GET", "/"),
            _line("POST", f"/uploads/2020-11-01/uploadDestinations{_ORDERS}/messages/invoice{_QUERY}&contentMD5=abc"),
            _line("PUT", "/sandbox-uploads/a?X-Amz-Expires=5&X-Amz-Date=20260101T000000Z", "abc", "text/plain"),
            _json("POST", "/_sandbox/faults", kind="delay", on="api", times=2, every=1, seconds=1.5),
            _json("POST", "/_sandbox/faults", status=418, body="a", headers={"a": "b"}, on="api", times=1, every=1)
            + b"\n"
            + _line("GET", _ORDERS + _QUERY),
            _json("POST", "/_sandbox/clock", advance=5.0) + b"\n" + _line("GET", _ORDERS + _QUERY),
            _json("POST", "/_sandbox/plans", operation="*", rate=1.0, burst=5) + b"\n" + _line("GET", _ORDERS + _QUERY),
            _json("POST", f"/_sandbox/orders/{ORDER}", state="delivered", marketplace="DE", locale="de-DE"),
            _json("POST", "/_sandbox/tokens", how="expire"),
        ),
        (
            b"%00",
            b"%ff",
            b"//",
            b"/..",
            b"1e300",
            b"null",
            b"\\ud800",
            b"[]",
            b"true",
            b"?",
            b"&",
            b"marketplaceIds=",
            b"{}",
        ),
    ),
)
