"""Serves a buyer's attachments so that they can be looked at and cannot run anything."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from spapi_messaging.sandbox.inbox import Attachment

_PDF = "application/pdf"
_BEGINNINGS = {_PDF: b"%PDF-", "image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
_LOCKED = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"


def shown_as(file: Attachment) -> str | None:
    """The media type under which a browser may show a file; None when it may only be downloaded.

    What a file is called or declared to be is not believed: a picture and a PDF must begin like one.
    """
    declared = file.content_type.partition(";")[0].strip().lower()
    beginning = _BEGINNINGS.get(declared)
    if beginning and file.content.startswith(beginning):
        return declared
    return "text/plain; charset=utf-8" if declared == "text/plain" else None


def serve(file: Attachment, download: bool) -> Response:
    """A response with a file.

    Args:
        file: The file.
        download: Save it rather than show it.
    """
    media_type = None if download else shown_as(file)
    disposition = "inline" if media_type else "attachment"
    # Chromium's PDF viewer refuses to run in a sandbox of ours; it has a process and an origin of its own.
    policy = _LOCKED if media_type == _PDF else f"{_LOCKED}; sandbox"
    headers = {
        "content-disposition": f"{disposition}; filename*=utf-8''{quote(file.file_name, safe='')}",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    # Not as an argument: Starlette would add a charset to types that have none.
    headers["content-type"] = media_type or "application/octet-stream"
    return Response(file.content, headers=headers)
