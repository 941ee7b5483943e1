"""Attachments: what may be given as one, and what Amazon takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

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
        size: in bytes, where it is known.
        sha256: hex digest of the content, where it is known.

    Two attachments are equal if id and name are.
    """

    upload_destination_id: str
    file_name: str
    size: int | None = field(default=None, compare=False)
    sha256: str | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes; ``from_dict`` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Attachment:
        """Reads back what ``to_dict`` gave."""
        return cls(kept["upload_destination_id"], kept["file_name"], kept.get("size"), kept.get("sha256"))


class BinaryFile(Protocol):
    """Anything that is read like a file opened in binary mode. It need not be possible to rewind it."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes, none at the end."""
        ...


#: What the clients take as an attachment: a path, ``(name, bytes)``, a binary file, or one that was uploaded before.
AttachmentSource = (
    str | os.PathLike[str] | tuple[str, "bytes | BinaryFile | str | os.PathLike[str]"] | BinaryFile | Attachment
)
