"""The error documents of S3."""

from __future__ import annotations

from xml.sax.saxutils import escape

from spapi_messaging.sandbox.answers import Answer


def s3_error(status: int, code: str, message: str, **details: str) -> Answer:
    """An error document."""
    elements = {"Code": code, "Message": message, **details}
    inner = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return Answer(status, body.encode(), {"content-type": "application/xml"})


def _text(value: str) -> str:
    """A value as XML. XML cannot hold control characters."""
    return escape("".join(character for character in value if character.isprintable()))


def access_denied(message: str, **details: str) -> Answer:
    """403: the request, or one of its headers, is not signed, or it comes too late."""
    return s3_error(403, "AccessDenied", message, **details)


def expired(seconds: str, server_time: str) -> Answer:
    """403: the presigned URL has expired."""
    return access_denied("Request has expired", **{"X-Amz-Expires": seconds, "ServerTime": server_time})


def signature_mismatch() -> Answer:
    """403: the request is not the one that was signed."""
    return s3_error(403, "SignatureDoesNotMatch", "The signature in the URL is not the signature of this request.")


def bad_digest(expected: str, calculated: str) -> Answer:
    """400: the file has another digest than Content-MD5 says."""
    message = "The Content-MD5 does not match the bytes that arrived."
    return s3_error(400, "BadDigest", message, ExpectedDigest=expected, CalculatedDigest=calculated)


def invalid_digest(digest: str) -> Answer:
    """400: Content-MD5 is not 16 bytes in base64."""
    return s3_error(400, "InvalidDigest", "The Content-MD5 must be 16 bytes in base64.", **{"Content-MD5": digest})


def missing_length() -> Answer:
    """411: the body is chunked, so its length is unknown."""
    return s3_error(411, "MissingContentLength", "The Content-Length header is required.")


def invalid_length() -> Answer:
    """400: Content-Length is not a number."""
    return s3_error(400, "InvalidArgument", "The Content-Length header must be a number.")


def incomplete_body() -> Answer:
    """400: fewer bytes arrived than Content-Length says."""
    return s3_error(400, "IncompleteBody", "Fewer bytes arrived than Content-Length says.")


def method_not_allowed(method: str) -> Answer:
    """405: only PUT can upload a file."""
    return s3_error(405, "MethodNotAllowed", "This method is not allowed here.", Method=method, ResourceType="OBJECT")


def too_large() -> Answer:
    """400: the file is too large."""
    return s3_error(400, "EntityTooLarge", "The upload is larger than allowed.")
