"""The operations that a sandbox serves. Tests name them by operationId or by message type."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging.messages import OPERATIONS, Operation


class Operations:
    """The operations that one sandbox serves.

    Args:
        retired: Whether the operations are served that Amazon has retired.
    """

    def __init__(self, retired: bool = True) -> None:
        self._served = [operation for operation in OPERATIONS.values() if retired or operation.retired is None]
        self._by_name = {operation.operation_id: operation for operation in self._served}
        self.message_types = {operation.message_type: operation for operation in self._served if operation.message_type}

    def __iter__(self) -> Iterator[Operation]:
        """The operations, in the order of the table of operations."""
        return iter(self._served)

    def find(self, name: str) -> Operation | None:
        """The operation with this operationId or message type. None: the sandbox serves none.

        Args:
            name: For example "sendInvoice" or "invoice".
        """
        return self._by_name.get(name) or self.message_types.get(name)

    @property
    def names(self) -> str:
        """All operationIds and message types, for the text of an error."""
        return ", ".join(sorted(self._by_name.keys() | self.message_types.keys()))


def retired_hint(name: str) -> str:
    """What to do about an operation that is not served because Amazon has retired it; "" for any other name."""
    operation = Operations().find(name)
    if operation is None or operation.retired is None:
        return ""
    return (
        f"Amazon has retired {operation.operation_id}. The local sandbox knows it with Sandbox(retired=True), or with "
        "spapi-messaging sandbox serve --retired."
    )
