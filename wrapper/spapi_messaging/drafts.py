"""A message that is checked as a send checks it, and not sent: without a client, credentials or a network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from spapi_messaging._safeguards.tracebacks import without_variables
from spapi_messaging.messages import (
    ORDER_ID_PATTERN,
    OrderIds,
    check_body,
    checked_order_id,
    message_by_type,
)

if TYPE_CHECKING:
    from spapi_messaging.attachments import AttachmentSource

__all__ = ["Draft", "DraftFile", "draft"]

_ORDER_IDS = OrderIds(re.compile(ORDER_ID_PATTERN))


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft.

    Attributes:
        file_name: the name that the buyer would see.
        size: in bytes; None for a file that was uploaded before.
        content_type: its media type; None likewise.
        sha256: hex digest of the content; None likewise. Two of these are equal without it.
    """

    file_name: str
    size: int | None = None
    content_type: str | None = None
    sha256: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that keeps the local rules. It holds nothing that a buyer would read.

    Attributes:
        operation: the operationId that would send it.
        message_type: the type's wire name.
        amazon_order_id: the order.
        text_length: how many characters the text has, as Amazon counts them; None without a text.
        attachments: its files, in order.
        fields: the names of everything else that was given, such as ``coverage_start_date``.
    """

    operation: str
    message_type: str
    amazon_order_id: str
    text_length: int | None
    attachments: tuple[DraftFile, ...]
    fields: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The draft as ``json.dumps`` takes it."""
        return {**asdict(self), "attachments": [asdict(file) for file in self.attachments], "fields": list(self.fields)}


@without_variables
def draft(
    order_id: str,
    message_type: str,
    *,
    text: str | None = None,
    attachments: Iterable[AttachmentSource] = (),
    **fields: Any,
) -> Draft:
    """Checks a message against the rules that need no network, and sends nothing.

    Files are read to their end, since a send hashes them, and closed again. Whether the order allows the message,
    only Amazon knows.

    Args:
        order_id: the order, like ``303-1234567-1234567``.
        message_type: as for ``MessagingClient.send``.
        text: the message.
        attachments: the files.
        **fields: the type's other fields.

    Returns:
        What would be sent.

    Raises:
        InvalidMessageError: the message breaks rules; ``problems`` lists all of them.
    """
    from spapi_messaging._call.misuse import with_hints
    from spapi_messaging._upload.files import PreparedFile, close_all
    from spapi_messaging._upload.sources import prepare

    operation, body, _ = message_by_type(message_type, text, attachments, fields)
    order_id, problems = checked_order_id(order_id, _ORDER_IDS)
    wire, wrong = check_body(operation, body)
    by_kind = {each.kind: each.wire_name for each in operation.fields}
    prepared = prepare(wire.get(by_kind.get("attachments", ""), ()), with_hints(problems + wrong))
    close_all(prepared)
    written = wire.get(by_kind.get("text", ""))
    return Draft(
        operation=operation.operation_id,
        message_type=operation.message_type or operation.operation_id,
        amazon_order_id=order_id,
        text_length=None if written is None else len(written),
        attachments=tuple(
            DraftFile(file.name, file.size, file.content_type, file.sha256)
            if isinstance(file, PreparedFile)
            else DraftFile(file.file_name)
            for file in prepared
        ),
        fields=tuple(name for name, value in fields.items() if value is not None),
    )
