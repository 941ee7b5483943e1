"""Finds the operation of a request in the table of operations, by the path as it was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from spapi_messaging.messages import Operation
from spapi_messaging.sandbox.operations import Operations

_SEGMENT = r"((?:(?!%2[Ff])[^/])+)"
"""One segment of a path. A percent-encoded slash does not match: Amazon answers it with a 403."""


@dataclass(frozen=True)
class Route:
    """An operation, and the parameters in the path."""

    operation: Operation
    path_parameters: dict[str, str]


class Routes:
    """The paths of all operations that a sandbox serves."""

    def __init__(self, operations: Operations) -> None:
        self._patterns = [(operation, *_compiled(operation.path)) for operation in operations]

    def find(self, method: str, raw_path: str) -> Route | None:
        """The operation of a request. None: no operation has this path.

        Args:
            method: The HTTP method.
            raw_path: The path as it was sent, percent-encoded.
        """
        for operation, pattern, names in self._patterns:
            match = pattern.fullmatch(raw_path) if operation.http_method == method else None
            if match:
                return Route(operation, dict(zip(names, map(unquote, match.groups()), strict=True)))
        return None


def _compiled(template: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    pieces = re.split(r"\{(\w+)\}", template)
    pattern = "".join(_SEGMENT if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile(pattern), tuple(pieces[1::2])
