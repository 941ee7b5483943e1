"""Which messages the inbox page shows: those of an order, of a seller, of a message type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from spapi_messaging.sandbox.inbox import Message
from spapi_messaging.sandbox.operations import Operations


@dataclass(frozen=True)
class Filter:
    """What a message must be like to be shown. An empty field means any.

    Attributes:
        order: A part of the order's id.
        seller: The seller's name.
        message_type: The message type.
    """

    order: str = ""
    seller: str = ""
    message_type: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str], operations: Operations) -> Filter:
        """Reads the parameters `order`, `seller` and `type`.

        Raises:
            ValueError: There is no such message type.
        """
        order, seller, named = (query.get(name, "").strip() for name in ("order", "seller", "type"))
        operation = operations.find(named) if named else None
        if named and (operation is None or operation.message_type is None):
            raise ValueError(f"There is no such message type. There are: {', '.join(operations.message_types)}")
        return cls(order, seller, operation.message_type or "" if operation else "")

    @property
    def active(self) -> bool:
        """Whether it leaves any message out."""
        return self != Filter()

    def shows(self, message: Message) -> bool:
        """Whether a message is shown."""
        return (
            self.order in message.order_id
            and self.seller in ("", message.seller)
            and self.message_type in ("", message.message_type)
        )

    def newest_first(self, inbox: Sequence[Message]) -> Iterator[Message]:
        """The messages that are shown."""
        return filter(self.shows, reversed(inbox))

    def count(self, inbox: Sequence[Message]) -> int:
        """How many messages are shown."""
        return sum(map(self.shows, inbox)) if self.active else len(inbox)

    def address(self, path: str = "/", **more: object) -> str:
        """The address of a page with this filter.

        Args:
            path: The path of the page.
            **more: Further parameters.
        """
        given = {"order": self.order, "seller": self.seller, "type": self.message_type, **more}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{path}?{query}" if query else path
