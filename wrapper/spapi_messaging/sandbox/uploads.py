"""Upload destinations: created by the Uploads API, filled by a PUT to S3, used by messages."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
import weakref
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.inbox import Attachment
from spapi_messaging.sandbox.signing import Signer

BUCKET = "sandbox-uploads"
VALID_SECONDS = 900
KEPT_SECONDS = 90 * 86_400
"""How long a file that arrived can be used. Amazon has "NinetyDays" in its paths."""
FORGET_AT_LEAST = 1000
ENCRYPTION = "aws:kms"


class Owner(NamedTuple):
    """Whom a destination belongs to. For any other message, its file does not exist."""

    seller: str
    order_id: str
    message_type: str


class Destination:
    """The destination of one file.

    It holds the file until a message uses it. Then only the message holds it, and frees it with itself.

    Args:
        upload_destination_id: The id for messages.
        path: The path of the URL, percent-encoded.
        owner: Whom it belongs to.
        content_type: The declared type of the file.
        created_at: In seconds since 1970.
    """

    def __init__(
        self, upload_destination_id: str, path: str, owner: Owner, content_type: str | None, created_at: float
    ) -> None:
        self.upload_destination_id = upload_destination_id
        self.path = path
        self.owner = owner
        self._content_type = content_type
        self._created_at = created_at
        self._content: bytes | None = None
        self._received: list[weakref.ref[Attachment]] = []

    @property
    def content(self) -> bytes | None:
        """The file. None: it did not arrive, or the messages that used it are gone."""
        held = (attachment.content for received in self._received if (attachment := received()))
        return next(held, self._content)

    def store(self, content: bytes) -> None:
        """Takes the file, or another file instead of the one before."""
        self._content, self._received = content, []

    def hand_over(self, attachment: Attachment) -> None:
        """Leaves the file to a message, beside others that have it already."""
        self._content = None
        self._received = [received for received in self._received if received()] + [weakref.ref(attachment)]

    def needed(self, now: float) -> bool:
        """Whether the file can still arrive, or can still be used."""
        age = now - self._created_at
        return age <= VALID_SECONDS or (age <= KEPT_SECONDS and self.content is not None)

    def attachment(self, file_name: str) -> Attachment:
        """The file as the buyer receives it, with the name from the message."""
        content = self.content or b""
        # Quoted, because `guess_type` reads the name as a URL.
        guessed = mimetypes.guess_type(quote(file_name, safe=""))[0]
        return Attachment(
            file_name=file_name,
            content=content,
            content_type=self._content_type or guessed or "application/octet-stream",
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
        self._most = FORGET_AT_LEAST

    def create(
        self, origin: str, owner: Owner, content_md5: str, content_type: str | None, null_headers: bool
    ) -> dict[str, object]:
        """Creates a destination.

        Args:
            origin: The address of S3 in the URL.
            owner: Whom the destination belongs to.
            content_md5: The MD5 digest that the file must have, in base64.
            content_type: The declared type of the file.
            null_headers: Whether to answer without headers, as Amazon sometimes does.

        Returns:
            The payload of the answer.
        """
        upload_id = f"amzn1.tortuga.3.{uuid.uuid4()}"
        path = f"/{BUCKET}/%2FNinetyDays%2F{upload_id}"
        self._forget()
        destination = Destination(upload_id, path, owner, content_type, self._clock.now())
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

    def uploaded(self, upload_id: str, owner: Owner) -> Destination | None:
        """The destination with this id, if it belongs to this owner and its file arrived."""
        destination = self._by_id.get(upload_id)
        if destination is None or destination.owner != owner or destination.content is None:
            return None
        return destination

    def hand_over(self, attachments: Iterable[Attachment]) -> None:
        """Leaves files to the message that has them."""
        for attachment in attachments:
            self._by_id[attachment.upload_destination_id].hand_over(attachment)

    def _forget(self) -> None:
        """Forgets what nobody needs any more. Looks only when there are twice as many destinations as the last time."""
        if len(self._by_id) < self._most:
            return
        now = self._clock.now()
        self._by_id = {key: destination for key, destination in self._by_id.items() if destination.needed(now)}
        self._by_path = {destination.path: destination for destination in self._by_id.values()}
        self._most = max(FORGET_AT_LEAST, 2 * len(self._by_id))
