"""Upload destinations: created by the Uploads API, filled by a PUT to S3, used by messages."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from dataclasses import dataclass, field

from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.inbox import Attachment
from spapi_messaging.sandbox.signing import Signer

BUCKET = "sandbox-uploads"
VALID_SECONDS = 900
ENCRYPTION = "aws:kms"


@dataclass
class Destination:
    """The destination of one file. `content` is None until the file arrives."""

    upload_destination_id: str
    path: str
    content_type: str | None
    content: bytes | None = field(default=None, repr=False)

    def attachment(self, file_name: str) -> Attachment:
        """The file as the buyer receives it, with the name from the message."""
        content = self.content or b""
        return Attachment(
            file_name=file_name,
            content=content,
            content_type=self.content_type or mimetypes.guess_type(file_name)[0] or "application/octet-stream",
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            upload_destination_id=self.upload_destination_id,
        )


class Uploads:
    """All upload destinations of one sandbox.

    Args:
        clock: Gives the time when a URL becomes valid.
        signer: Signs the URLs.
    """

    def __init__(self, clock: Clock, signer: Signer) -> None:
        self._clock = clock
        self.signer = signer
        self._by_path: dict[str, Destination] = {}
        self._by_id: dict[str, Destination] = {}

    def create(self, origin: str, content_md5: str, content_type: str | None, null_headers: bool) -> dict[str, object]:
        """Creates a destination.

        Args:
            origin: The address of S3 in the URL.
            content_md5: The MD5 digest that the file must have, in base64.
            content_type: The declared type of the file.
            null_headers: Whether to answer without headers, as Amazon sometimes does.

        Returns:
            The payload of the answer.
        """
        upload_id = f"amzn1.tortuga.3.{uuid.uuid4()}"
        path = f"/{BUCKET}/%2FNinetyDays%2F{upload_id}"
        destination = Destination(upload_id, path, content_type)
        self._by_path[path] = self._by_id[upload_id] = destination
        headers = {"Content-MD5": content_md5}
        if not null_headers:
            headers["x-amz-server-side-encryption"] = ENCRYPTION
        signed = {"host": origin.partition("//")[2], **{name.lower(): value for name, value in headers.items()}}
        url = self.signer.presign("PUT", origin + path, signed, self._clock.today(), VALID_SECONDS)
        return {"uploadDestinationId": upload_id, "url": url, "headers": None if null_headers else headers}

    def at(self, path: str) -> Destination | None:
        """The destination with this path, percent-encoded."""
        return self._by_path.get(path)

    def uploaded(self, upload_id: str) -> Destination | None:
        """The destination with this id, if its file arrived."""
        destination = self._by_id.get(upload_id)
        return destination if destination and destination.content is not None else None
