"""Serves attachments to a browser. It can show them, but no script in them can run."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from spapi_messaging.sandbox.inbox import Attachment
from spapi_messaging.sandbox.requests import media_type

PREVIEW_BYTES = 2_000_000
"""Up to which size the page shows a file inside its message. Larger ones would make it slow."""
_PDF = "application/pdf"
_FIRST_BYTES = {_PDF: b"%PDF-", "image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"


def shown_as(file: Attachment) -> str | None:
    """The media type with which a browser may show a file. None: it may only save the file.

    The name and the declared type are not trusted: the first bytes of a picture or a PDF must be right as well.
    """
    declared = media_type(file.content_type)
    first_bytes = _FIRST_BYTES.get(declared)
    if first_bytes and file.content.startswith(first_bytes):
        return declared
    return "text/plain; charset=utf-8" if declared == "text/plain" else None


def preview(file: Attachment) -> str | None:
    """How the page shows a file inside its message: "image", "pdf", or None for not at all."""
    shown = shown_as(file) if file.size <= PREVIEW_BYTES else None
    if shown == _PDF:
        return "pdf"
    return "image" if shown and shown.startswith("image/") else None


def serve(file: Attachment, download: bool) -> Response:
    """The response that holds a file.

    Args:
        file: The file.
        download: Whether the browser saves the file instead of showing it.
    """
    shown = None if download else shown_as(file)
    disposition = "inline" if shown else "attachment"
    # Chromium's PDF viewer does not run with the directive `sandbox`. It has its own process and its own origin.
    policy = _POLICY if shown == _PDF else f"{_POLICY}; sandbox"
    headers = {
        "content-disposition": f"{disposition}; filename*=utf-8''{quote(file.file_name, safe='')}",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    # Not as an argument: Starlette would add a charset to text types.
    headers["content-type"] = shown or "application/octet-stream"
    return Response(file.content, headers=headers)
