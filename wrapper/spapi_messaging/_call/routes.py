"""Finds the operation that a request of the generated client belongs to. Pure."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

from spapi_messaging.messages import OPERATIONS, Operation

_WORD = re.compile(r"(?:[A-Za-z][A-Za-z_-]{0,31}[0-9]?)?")

#: What every Messaging operation answers with.
ACCEPT = "application/hal+json"


def find_operation(method: str, path: str) -> tuple[Operation, str]:
    """The operation of a method and path, percent-encoded, and the order id in the path."""
    for operation, pattern, names in _routes():
        if operation.http_method == method and (found := pattern.fullmatch(path)):
            return operation, unquote(dict(zip(names, found.groups(), strict=True)).get("amazonOrderId", ""))
    # A request that no operation is known for. If it may change something, it is never repeated blindly.
    kind = "read" if method in ("GET", "HEAD") else "other"
    shown = "/".join(part if _WORD.fullmatch(part) else "…" for part in path.split("/"))
    return Operation(operation_id=shown, kind=kind, http_method=method, path=path, success_status=200), ""


@cache
def _routes() -> list[tuple[Operation, re.Pattern[str], list[str]]]:
    """Each operation's path as a regular expression, and the names of its parameters."""
    routes = []
    for operation in OPERATIONS.values():
        pieces = re.split(r"\{([^}]+)\}", operation.path)
        expression = "".join("([^/]+)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
        routes.append((operation, re.compile(expression), pieces[1::2]))
    return sorted(routes, key=lambda route: -len(route[1].pattern))  # the one with more fixed characters comes first
