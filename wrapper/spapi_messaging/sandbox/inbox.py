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
        content_type: As declared for the upload; if it was not, guessed from the name.
        md5: Hex digest of the content.
        upload_destination_id: The id in the message.
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
        number: 1 for the first message that a sandbox gets, 2 for the next one.
        operation: The operationId, such as "sendInvoice".
        message_type: The last segment of its path, such as "invoice".
        order_id: The order.
        marketplace_id: The marketplace.
        locale: The buyer's language.
        text: The text. None: the message has no text.
        attachments: The files, in the order of the message.
        fields: The other fields of the body, as they were sent.
        request_id: The same id as in `x-amzn-RequestId` of the answer.
        received_at: When it arrived, by the clock of the sandbox, in UTC.
        seller: The seller's name in the refresh token; "" if it has none.
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
