"""What makes two jobs the same message, and what makes their content the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

__all__ = ["content_digest", "key_hash", "own_key_hash"]


def key_hash(region: str, order_id: str, message_type: str, document: str | None) -> str:
    """The key of a message, as 64 hex digits: one message for each region, order, type and document number."""
    return _digest(["message", region, order_id, message_type, document])


def own_key_hash(key: str) -> str:
    """The key of a message to which the caller gave one. It never equals one of ``key_hash``."""
    return _digest(["own", key])


def content_digest(
    region: str,
    order_id: str,
    message_type: str,
    text: str | Mapping[str, Any] | None,
    fields: Mapping[str, Any] | None,
    attachments: Iterable[Mapping[str, Any]] | None,
) -> str:
    """The digest of all that the buyer sees: of a file its name and content, and not where it lies."""
    files = [[file["name"], file["sha256"]] for file in attachments or ()]
    return _digest(["content", region, order_id, message_type, text, fields or {}, files])


def _digest(parts: list[Any]) -> str:
    """JSON keeps the parts apart, whatever they hold."""
    return sha256(_JSON.encode(parts).encode()).hexdigest()


_JSON = json.JSONEncoder(sort_keys=True, allow_nan=False, separators=(",", ":"))
