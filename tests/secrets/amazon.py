"""Servers that play Amazon: one that hands out secrets, and one that repeats all that it was told."""

from __future__ import annotations

from tests.secrets.planting import SECRETS
from tests.support.servers import Request, reply

ORDER = "303-1234567-1234567"


def answers(request: Request) -> bytes:
    """What Amazon answers, with planted secrets in it."""
    if request.target.startswith("/auth/"):
        return reply(200, {"access_token": SECRETS.access_token, "token_type": "bearer", "expires_in": 3600})
    if request.target.startswith("/uploads/"):
        url = f"http://{request.headers['host']}/storage?{SECRETS.query}"
        headers = {"x-amz-security-token": SECRETS.session_token}
        return reply(201, {"payload": {"uploadDestinationId": "d-1", "url": url, "headers": headers}})
    if request.method == "PUT":
        return reply(200)
    if request.method == "GET":
        return reply(200, {"buyer": {"locale": "de-DE"}})
    return reply(201, {})


def echo(request: Request) -> str:
    """All that a request told."""
    return f"{request.target} {request.headers} {request.body.decode('utf-8', 'replace')}"


def echoing(request: Request) -> bytes:
    """Refuses a request, and quotes it."""
    told = echo(request)
    return reply(400, {"errors": [{"code": "InvalidInput", "message": told, "details": told}]})


def refusing(request: Request) -> bytes:
    """Gives a token and a destination, and refuses everything else."""
    return answers(request) if request.target.startswith(("/auth/", "/uploads/")) else echoing(request)
