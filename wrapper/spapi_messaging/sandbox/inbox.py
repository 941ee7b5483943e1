"""What buyers received."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Attachment:
    """A file that a buyer received.

    Attributes:
        file_name: The name shown to the buyer.
        content: The bytes that were uploaded.
        content_type: As declared with the upload, or judged by the name.
        md5: Hex digest of the content.
        upload_destination_id: The id that the message named.
    """

    file_name: str
    content: bytes = field(repr=False)
    content_type: str
    md5: str
    upload_destination_id: str

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return len(self.content)


@dataclass(frozen=True)
class Message:
    """A message that a buyer received.

    Attributes:
        number: Counts from 1 within one sandbox.
        operation: The operationId, "sendInvoice".
        message_type: Its last path segment, "invoice".
        order_id: The order it belongs to.
        marketplace_id: The marketplace it was sent in.
        locale: The buyer's language.
        text: The text as the buyer reads it; None for a message without one.
        attachments: The files, in the order they were named.
        fields: The body's other fields, as sent.
        request_id: As in the answer's `x-amzn-RequestId`.
        received_at: By the sandbox's clock, in UTC.
        seller: Which seller sent it: what follows the well-known part of the refresh token, or "".
    """

    number: int
    operation: str
    message_type: str
    order_id: str
    marketplace_id: str
    locale: str
    text: str | None = field(repr=False)
    attachments: tuple[Attachment, ...]
    fields: dict[str, Any]
    request_id: str
    received_at: datetime
    seller: str = ""
