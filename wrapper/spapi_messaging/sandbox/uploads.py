"""Upload destinations: made by createUploadDestinationForResource, filled by the PUT to S3, named by messages."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from dataclasses import dataclass, field

from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.inbox import Attachment
from spapi_messaging.sandbox.signing import Signer

BUCKET = "sandbox-uploads"
VALID_FOR = 900
ENCRYPTION = "aws:kms"


@dataclass
class Destination:
    """Where one file goes; `content` is None until it landed."""

    upload_destination_id: str
    path: str
    content_type: str | None
    content: bytes | None = field(default=None, repr=False)

    def attachment(self, file_name: str) -> Attachment:
        """The file as a buyer gets it, under the name that the message gives it."""
        content = self.content or b""
        return Attachment(
            file_name=file_name,
            content=content,
            content_type=self.content_type or mimetypes.guess_type(file_name)[0] or "application/octet-stream",
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            upload_destination_id=self.upload_destination_id,
        )


class Uploads:
    """Every destination of one sandbox.

    Args:
        clock: Says when a URL begins to be valid.
        signer: Signs the URLs.
    """

    def __init__(self, clock: Clock, signer: Signer) -> None:
        self._clock = clock
        self.signer = signer
        self._by_path: dict[str, Destination] = {}
        self._by_id: dict[str, Destination] = {}

    def create(self, origin: str, content_md5: str, content_type: str | None, null_headers: bool) -> dict[str, object]:
        """Makes a destination.

        Args:
            origin: The address that S3 is to have.
            content_md5: The digest that the file must have, in base64.
            content_type: What the file is said to be.
            null_headers: Leave the headers out of the answer, as Amazon sometimes does.

        Returns:
            The answer's payload.
        """
        upload_id = f"amzn1.tortuga.3.{uuid.uuid4()}"
        path = f"/{BUCKET}/%2FNinetyDays%2F{upload_id}"
        destination = Destination(upload_id, path, content_type)
        self._by_path[path] = self._by_id[upload_id] = destination
        headers = {"Content-MD5": content_md5}
        if not null_headers:
            headers["x-amz-server-side-encryption"] = ENCRYPTION
        signed = {"host": origin.partition("//")[2], **{name.lower(): value for name, value in headers.items()}}
        url = self.signer.presign("PUT", origin + path, signed, self._clock.today(), VALID_FOR)
        return {"uploadDestinationId": upload_id, "url": url, "headers": None if null_headers else headers}

    def at(self, path: str) -> Destination | None:
        """The destination behind a raw path."""
        return self._by_path.get(path)

    def landed(self, upload_id: str) -> Destination | None:
        """The destination of an id, if its file arrived."""
        destination = self._by_id.get(upload_id)
        return destination if destination and destination.content is not None else None
