"""The columns that a job file may have, and how their headings may be written."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from spapi_messaging.bulk.job_files.languages import language_of
from spapi_messaging.messages import OPERATIONS, Operation, is_message_type, operation_for

__all__ = [
    "ALIASES",
    "JOB_COLUMNS",
    "ORDER_ELSEWHERE",
    "TEXT",
    "close_to",
    "key_of",
    "language_in",
    "name_of",
    "takes_text",
]

#: The columns of a job file, in the order in which they are written.
JOB_COLUMNS = (
    "account", "marketplace", "order", "type", "document", "text", "attachments", "due", "not_before", "key",
)  # fmt: skip
TEXT = "text"
"""Begins the name of every column with a text: ``text``, ``text_de``."""

#: Other headings for them.
ALIASES = {
    "order_id": "order",
    "amazon_order_id": "order",
    "message_type": "type",
    # as programs write keys of JSON
    "orderid": "order",
    "amazonorderid": "order",
    "messagetype": "type",
    "notbefore": "not_before",
    "attachment": "attachments",
    "file": "attachments",
    "files": "attachments",
}
#: Headings for the order in other languages, used only if no heading names the order in English.
ORDER_ELSEWHERE = ("bestellnummer", "numéro_de_commande", "numero_ordine", "número_de_pedido", "bestelnummer")


@lru_cache(4096)
def key_of(heading: str) -> str:
    """A heading as it is compared, and as a template names it: without case, with ``_`` for spaces and hyphens."""
    parts = unicodedata.normalize("NFC", heading).lower().replace("-", " ").split()
    return "_".join(parts)


@cache
def field_names() -> dict[str, str]:
    """The other fields of all message types: their name by the key of a heading."""
    names: dict[str, str] = {}
    for operation in OPERATIONS.values():
        if operation.kind == "send":
            names |= {key_of(field.wire_name): field.name for field in _others(operation)}
            names |= {key_of(parameter.wire_name): parameter.name for parameter in operation.parameters}
    names |= {key_of(name): name for name in names.values()}
    return {key: name for key, name in names.items() if key not in JOB_COLUMNS and key not in ALIASES}


def _others(operation: Operation) -> list[Any]:
    return [field for field in operation.fields if field.kind not in ("text", "attachments")]


@lru_cache(4096)
def name_of(key: str) -> str | None:
    """Our name for a column: one of JOB_COLUMNS, ``text_<language>`` or a field. None: it is not one of ours.

    Args:
        key: what ``key_of`` gave.
    """
    if key in JOB_COLUMNS:
        return key
    if language := language_in(key):
        return f"{TEXT}_{language}"
    return ALIASES.get(key) or field_names().get(key)


def language_in(key: str) -> str | None:
    """The language in ``text_de``; empty if it names none. None: this is not a column for a text in a language."""
    if not key.startswith(f"{TEXT}_"):
        return None
    return language_of(key.removeprefix(f"{TEXT}_")) or ""


@lru_cache(4096)
def close_to(key: str) -> str | None:
    """The column that a heading was probably meant for, if it was misspelled."""
    known = [*JOB_COLUMNS, *ALIASES, *field_names()]
    if len(key) > 2 * max(map(len, known)):
        return None
    swapped = (key[:place] + key[place : place + 2][::-1] + key[place + 2 :] for place in range(len(key) - 1))
    near = [each for each in swapped if each in known and each != key] or get_close_matches(key, known, 1, 0.85)
    return near[0] if near else None


def takes_text(message_type: str) -> bool:
    """Whether messages of this type have a text. True for an unknown type: another check reports that."""
    if not is_message_type(message_type):
        return True
    return any(field.kind == "text" for field in operation_for(message_type).fields)
