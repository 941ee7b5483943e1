"""S3's error documents."""

from __future__ import annotations

from xml.sax.saxutils import escape

from spapi_messaging.sandbox.answers import Answer


def s3_error(status: int, code: str, message: str, **details: str) -> Answer:
    """An error document as S3 writes it."""
    elements = {"Code": code, "Message": message, **details}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return Answer(status, body.encode(), {"content-type": "application/xml"})


def access_denied(message: str, **details: str) -> Answer:
    """403: unsigned, signed for something else, or too late."""
    return s3_error(403, "AccessDenied", message, **details)


def expired(seconds: int, server_time: str) -> Answer:
    """403: the presigned URL is too old."""
    return access_denied("Request has expired", **{"X-Amz-Expires": str(seconds), "ServerTime": server_time})


def signature_mismatch() -> Answer:
    """403: what arrived is not what was signed."""
    return s3_error(403, "SignatureDoesNotMatch", "The signature computed here differs from the one in the URL.")


def bad_digest(expected: str, calculated: str) -> Answer:
    """400: the bytes are not those of the digest."""
    message = "The Content-MD5 does not fit what was received."
    return s3_error(400, "BadDigest", message, ExpectedDigest=expected, CalculatedDigest=calculated)


def invalid_digest(digest: str) -> Answer:
    """400: the digest is no base64 of 16 bytes."""
    return s3_error(400, "InvalidDigest", "The Content-MD5 is not valid.", **{"Content-MD5": digest})


def missing_length() -> Answer:
    """411: a chunked body."""
    return s3_error(411, "MissingContentLength", "The Content-Length header is required.")


def incomplete_body() -> Answer:
    """400: fewer bytes than announced."""
    return s3_error(400, "IncompleteBody", "Fewer bytes arrived than Content-Length says.")


def method_not_allowed(method: str) -> Answer:
    """405: only PUT writes an object."""
    return s3_error(405, "MethodNotAllowed", "This method is not allowed here.", Method=method, ResourceType="OBJECT")


def too_large() -> Answer:
    """400: more than one upload may hold."""
    return s3_error(400, "EntityTooLarge", "The upload is larger than allowed.")


def internal_error() -> Answer:
    """500."""
    return s3_error(500, "InternalError", "The sandbox failed, as it was told to.")


def slow_down() -> Answer:
    """503: too many requests."""
    return s3_error(503, "SlowDown", "Please send fewer requests.")


def unavailable() -> Answer:
    """503."""
    return s3_error(503, "ServiceUnavailable", "Please try again.")
