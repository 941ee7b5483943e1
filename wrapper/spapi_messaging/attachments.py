"""Attachments: what may be given as one, and what Amazon takes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from spapi_messaging.errors import InvalidMessageError, Problem

__all__ = ["CONTENT_TYPES", "MAX_TOTAL_SIZE", "Attachment", "AttachmentSource", "BinaryFile", "ExpectedFile"]

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
        """Reads back what ``to_dict`` gave.

        Args:
            kept: what ``to_dict`` gave, as ``json.loads`` reads it.

        Returns:
            The attachment.

        Raises:
            ValueError: this is not what ``to_dict`` gave.
        """
        id_, name = (
            kept.get(part) if isinstance(kept, Mapping) else None for part in ("upload_destination_id", "file_name")
        )
        if not isinstance(id_, str) or not isinstance(name, str):
            # Without the values: nobody knows what was given.
            raise ValueError("This is not an attachment that to_dict() gave, as json.loads() reads it.")
        return cls(id_, name, kept.get("size"), kept.get("sha256"))


class BinaryFile(Protocol):
    """Anything that is read like a file opened in binary mode. It need not be possible to rewind it."""

    def read(self, size: int = ..., /) -> bytes:
        """Returns at most ``size`` bytes; at the end of the file, no bytes."""
        ...


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file that is sent only if its content is the expected one, such as that of the day when a job was made.

    The digest is taken while the file is read for its upload, so nothing can change it in between. A file with another
    content is refused with the rule ``file-changed``, by ``draft`` and by ``preflight`` as well; only a stream, which
    can be read once, is left for the send to compare.

    Args:
        source: a path, ``(name, bytes)`` or a binary file.
        sha256: hex digest of the content that is expected, 64 digits.
        file_name: the name that the buyer sees, instead of the file's own; keep the extension.

    Raises:
        InvalidMessageError: ``sha256`` is not such a digest, or the source is an Attachment, whose content is not here.
    """

    # It may be a buyer's document, which no log should show.
    source: str | os.PathLike[str] | tuple[str, bytes | BinaryFile | str | os.PathLike[str]] | BinaryFile = field(
        repr=False
    )
    sha256: str
    file_name: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.source, Attachment | ExpectedFile):
            told = f"the source of an ExpectedFile cannot be an {type(self.source).__name__}."
            remedy = "Give a path, (name, bytes) or a binary file."
            raise _not_sent(Problem("attachments", told, rule="type", remedy=remedy))
        if not isinstance(self.sha256, str) or not re.fullmatch("[0-9a-f]{64}", self.sha256, re.ASCII | re.IGNORECASE):
            told = "the sha256 of an ExpectedFile is not 64 hex digits."
            remedy = "Give hashlib.sha256(content).hexdigest()."
            raise _not_sent(Problem("attachments", told, rule="file-digest", remedy=remedy))
        object.__setattr__(self, "sha256", self.sha256.lower())


def _not_sent(problem: Problem) -> InvalidMessageError:
    return InvalidMessageError(f"Nothing was sent: {problem}", problems=[problem])


#: What the clients take as an attachment: a path, ``(name, bytes)``, a binary file, one of these with the content that
#: is expected, or one that was uploaded before.
AttachmentSource = (
    str
    | os.PathLike[str]
    | tuple[str, "bytes | BinaryFile | str | os.PathLike[str]"]
    | BinaryFile
    | ExpectedFile
    | Attachment
)
