"""One call of an operation, split into its parts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from spapi_messaging.messages import Operation
from spapi_messaging.sandbox.answers import Answer

ORDER_ID, MARKETPLACE_IDS = "amazonOrderId", "marketplaceIds"


MAX_NESTING = 50


def json_object(body: bytes) -> dict[str, Any] | None:
    """A body as a JSON object. None: it is not one, is nested too deeply, or has values that JSON cannot hold: NaN."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (RecursionError, ValueError):
        return None
    return document if isinstance(document, dict) and _flat(document, MAX_NESTING) else None


def _flat(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_flat(item, levels - 1) for item in inner)


class Refused(Exception):
    """Raised to end a call with an error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        operation: The operation that is called.
        path: The path's parameters, decoded.
        query: The query's parameters, decoded. If a name is repeated, its values are joined by commas.
        body: The bytes of the body.
        content_type: The header `Content-Type`.
        seller: The seller whose access token came with the call.
        origin: The address of the sandbox.
        request_id: The id that the answer gets.
        null_headers: Whether an upload destination is answered without headers.
    """

    operation: Operation
    path: dict[str, str]
    query: dict[str, str]
    body: bytes = field(repr=False)
    content_type: str
    seller: str
    origin: str
    request_id: str
    null_headers: bool = False

    @property
    def order_id(self) -> str:
        """The order's id."""
        return self.path.get(ORDER_ID, "")

    @property
    def marketplace_id(self) -> str:
        """The value of `marketplaceIds`, not checked."""
        return self.query.get(MARKETPLACE_IDS, "")

    def json_object(self) -> dict[str, Any] | None:
        """The body as a JSON object. None: it is not one."""
        return json_object(self.body)
