"""Finds the operation that a request is for, in the table of operations. Works on the path as it stood on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from spapi_messaging.messages import OPERATIONS, Operation

_SEGMENT = r"((?:(?!%2[Ff])[^/])+)"
"""One segment of a path. A slash that was percent-encoded belongs to no resource: Amazon answers it with a 403."""


@dataclass(frozen=True)
class Route:
    """An operation and what its path said."""

    operation: Operation
    path_parameters: dict[str, str]


@cache
def _patterns() -> tuple[tuple[Operation, re.Pattern[str], tuple[str, ...]], ...]:
    return tuple((operation, *_compiled(operation.path)) for operation in OPERATIONS.values())


def _compiled(template: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    pieces = re.split(r"\{(\w+)\}", template)
    pattern = "".join(_SEGMENT if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile(pattern), tuple(pieces[1::2])


def find(method: str, raw_path: str) -> Route | None:
    """The operation of a request, if there is one.

    Args:
        method: The HTTP method.
        raw_path: The path, percent-encoding and all.
    """
    for operation, pattern, names in _patterns():
        match = pattern.fullmatch(raw_path) if operation.http_method == method else None
        if match:
            return Route(operation, dict(zip(names, map(unquote, match.groups()), strict=True)))
    return None
