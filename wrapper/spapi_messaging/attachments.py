"""Attachments: what may be given as one, and what Amazon takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

__all__ = ["CONTENT_TYPES", "MAX_TOTAL_SIZE", "Attachment", "AttachmentSource", "BinaryFile"]

#: What Amazon takes, by extension.
CONTENT_TYPES = {
    ".txt": "text/plain",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".png": "image/png",
}
#: All attachments of a message together must be smaller, in bytes.
MAX_TOTAL_SIZE = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that waits at its upload destination, ready to be sent.

    Attributes:
        upload_destination_id: Amazon's id of the destination, which is good for one order and message type.
        file_name: the name that the buyer sees.
    """

    upload_destination_id: str
    file_name: str


class BinaryFile(Protocol):
    """Anything that is read like a file opened in binary mode. It need not be possible to rewind it."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes, none at the end."""


#: What the clients take as an attachment: a path, ``(name, bytes)``, a binary file, or one that was uploaded before.
AttachmentSource = (
    str | os.PathLike[str] | tuple[str, "bytes | BinaryFile | str | os.PathLike[str]"] | BinaryFile | Attachment
)
