"""One call of an operation, taken apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from spapi_messaging.messages import Operation
from spapi_messaging.sandbox.answers import Answer

ORDER_ID, MARKETPLACE_IDS = "amazonOrderId", "marketplaceIds"


class Refused(Exception):
    """Ends a call with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        operation: What is called.
        path: The path's parameters, decoded.
        query: The query's parameters, decoded; a repeated name has its values joined by commas.
        body: The body's bytes.
        content_type: What the body is said to be.
        seller: Whose token came with it.
        origin: The address that the client knows the sandbox by.
        request_id: The id that the answer carries.
        null_headers: Leave an upload destination's headers out.
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
        """What `marketplaceIds` holds, as it stands."""
        return self.query.get(MARKETPLACE_IDS, "")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is not, or holds what cannot be written down again: NaN, half of a surrogate pair.
        """
        try:
            document = json.loads(self.body)
            json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return document
