"""S3 for uploads: accepts a PUT only if its signature, time, length and digest are right.

Its errors have the form of S3's errors.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from spapi_messaging.sandbox import s3_errors as errors
from spapi_messaging.sandbox.answers import Answer, new_request_id
from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.incoming import content_length
from spapi_messaging.sandbox.signing import REQUIRED, expires_at, query_of
from spapi_messaging.sandbox.uploads import ENCRYPTION, Uploads

MAX_BYTES = 11 * 1024 * 1024
"""More than the API accepts in one message, so that clients must check that limit themselves."""


def refuse_unread(method: str, headers: Mapping[str, str]) -> Answer | None:
    """Refuses a request before its body is read. None: the body can be read.

    Args:
        method: The HTTP method.
        headers: The headers by lower-case name.
    """
    if method != "PUT":
        return errors.method_not_allowed(method)
    if "content-length" not in headers:
        return errors.missing_length()
    length = content_length(headers["content-length"])
    if length is None:
        return errors.invalid_length()
    return errors.too_large() if length > MAX_BYTES else None


def put(url: str, headers: Mapping[str, str], body: bytes, uploads: Uploads, clock: Clock) -> Answer:
    """Stores a file.

    Args:
        url: The URL as it was sent.
        headers: The headers by lower-case name.
        body: The file.
        uploads: The destinations.
        clock: Says whether the URL is still valid.
    """
    destination = uploads.at("/" + url.partition("?")[0].split("/", 3)[3])
    digest = hashlib.md5(body, usedforsecurity=False)
    refusal = _refuse_request(url, headers, uploads, clock) or _refuse_body(headers, body, digest.digest())
    if refusal:
        return refusal
    if destination is None:
        return errors.s3_error(404, "NoSuchKey", "This upload destination does not exist.")
    destination.store(body)
    answered = {"etag": f'"{digest.hexdigest()}"', "x-amz-request-id": new_request_id()}
    if "x-amz-server-side-encryption" in headers:
        answered["x-amz-server-side-encryption"] = ENCRYPTION
    return Answer(200, headers=answered)


def expired(url: str, clock: Clock) -> Answer:
    """The error for a URL that has expired."""
    return errors.expired(query_of(url).get("X-Amz-Expires", ""), clock.today().isoformat())


def _refuse_request(url: str, headers: Mapping[str, str], uploads: Uploads, clock: Clock) -> Answer | None:
    query = query_of(url)
    if not all(query.get(name) for name in REQUIRED):
        return errors.access_denied("Access Denied")
    try:
        too_late = expires_at(query) < clock.now()
    except (OverflowError, ValueError):
        return errors.access_denied("X-Amz-Date or X-Amz-Expires cannot be read.")
    if too_late:
        return expired(url, clock)
    signed = query["X-Amz-SignedHeaders"].split(";")
    unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    if unsigned:
        return errors.access_denied(
            "The request has headers that were not signed.", HeadersNotSigned=", ".join(unsigned)
        )
    if not uploads.signer.accepts("PUT", url, headers):
        return errors.signature_mismatch()
    return None


def _refuse_body(headers: Mapping[str, str], body: bytes, digest: bytes) -> Answer | None:
    expected = headers.get("content-md5", "")
    try:
        valid = len(base64.b64decode(expected, validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        return errors.invalid_digest(expected)
    if len(body) != content_length(headers["content-length"]):
        return errors.incomplete_body()
    calculated = base64.b64encode(digest).decode()
    return None if calculated == expected else errors.bad_digest(expected, calculated)
