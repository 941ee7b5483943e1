"""The S3 of uploads: takes a PUT only if signature, digest, length and clock agree.

Its refusals are worded as S3 words them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl

from spapi_messaging.sandbox import s3_errors as errors
from spapi_messaging.sandbox.answers import Answer, new_request_id
from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.signing import REQUIRED, expires_at
from spapi_messaging.sandbox.uploads import ENCRYPTION, Uploads

LARGEST = 11 * 1024 * 1024
"""Above what the API takes in one message, so that the limits of clients are theirs to keep."""


def refuse_unread(method: str, headers: Mapping[str, str]) -> Answer | None:
    """Refuses what needs no look at the body.

    Args:
        method: The HTTP method.
        headers: By lower-case name.
    """
    if method != "PUT":
        return errors.method_not_allowed(method)
    if "content-length" not in headers:
        return errors.missing_length()
    if int(headers["content-length"]) > LARGEST:
        return errors.too_large()
    return None


def put(url: str, headers: Mapping[str, str], body: bytes, uploads: Uploads, clock: Clock) -> Answer:
    """Stores a file.

    Args:
        url: The URL that arrived, byte for byte.
        headers: By lower-case name.
        body: The file.
        uploads: The destinations.
        clock: Says whether the URL is still valid.
    """
    destination = uploads.at("/" + url.partition("?")[0].split("/", 3)[3])
    refusal = _refuse_request(url, headers, uploads, clock) or _refuse_body(headers, body)
    if refusal:
        return refusal
    if destination is None:
        return errors.s3_error(404, "NoSuchKey", "There is no such upload destination.")
    destination.content = body
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    answered = {"etag": f'"{digest}"', "x-amz-request-id": new_request_id()}
    if "x-amz-server-side-encryption" in headers:
        answered["x-amz-server-side-encryption"] = ENCRYPTION
    return Answer(200, headers=answered)


def expired(url: str, clock: Clock) -> Answer:
    """The refusal of a URL that is too old."""
    parameters = dict(parse_qsl(url.partition("?")[2]))
    return errors.expired(int(parameters.get("X-Amz-Expires", "0")), clock.today().isoformat())


def _refuse_request(url: str, headers: Mapping[str, str], uploads: Uploads, clock: Clock) -> Answer | None:
    parameters = dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))
    if not parameters.get("X-Amz-Signature") or any(name not in parameters for name in REQUIRED):
        return errors.access_denied("Access Denied")
    try:
        late = expires_at(parameters) < clock.now()
    except ValueError:
        return errors.access_denied("X-Amz-Date or X-Amz-Expires cannot be read.")
    if late:
        return expired(url, clock)
    signed = parameters["X-Amz-SignedHeaders"].split(";")
    unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    if unsigned:
        return errors.access_denied("Headers came that were not signed.", HeadersNotSigned=", ".join(unsigned))
    if not uploads.signer.accepts("PUT", url, headers):
        return errors.signature_mismatch()
    return None


def _refuse_body(headers: Mapping[str, str], body: bytes) -> Answer | None:
    announced = headers.get("content-md5", "")
    try:
        valid = len(base64.b64decode(announced, validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        return errors.invalid_digest(announced)
    if len(body) != int(headers["content-length"]):
        return errors.incomplete_body()
    calculated = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return None if calculated == announced else errors.bad_digest(announced, calculated)
