"""A message to send once, as the caller describes it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from spapi_messaging._safeguards.tracebacks import without_variables
from spapi_messaging.bulk.texts import LocalizedText
from spapi_messaging.errors import quoted
from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["FileSource", "Job"]

#: What a job takes as a file: its path or URL, or the name that the buyer sees with one of these. A ledger keeps them.
FileSource = str | os.PathLike[str] | tuple[str, str | os.PathLike[str]]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Job:
    """One message for one order. Nothing is checked before the job is added to a ledger.

    Jobs are equal if all of their arguments are equal. They can be pickled. Their repr shows no text and no fields.

    Args:
        order_id: the order, like ``303-1234567-1234567``.
        message_type: the type's wire name (``"invoice"``) or operationId (``"sendInvoice"``).
        text: the message; a LocalizedText gives each buyer the one in their language.
        attachments: the files: paths, or ``("invoice.pdf", path)`` to give the buyer another name. A URL that fsspec
            can read, such as ``"s3://invoices/R-17.pdf"``, counts as a path; it has no user, no password and no query.
        account: the name of the account that sends it, such as a profile. None: there is only one.
        marketplace: a country code or a marketplace id. A ledger needs it.
        document: the number of the document, 255 characters at most. Without one, there is one message for an order and
            type, whatever its content.
        due: when it must be sent. A date ends that day in the marketplace's time zone; or a datetime with a zone; or
            either as an ISO 8601 string.
        not_before: when it may be sent at the earliest, likewise. A date begins that day.
        key: a key of your own, 255 characters at most. It replaces region, order, type and document number: jobs with
            the same key are the same message.
        **fields: the type's other fields, such as ``coverage_start_date``.
    """

    order_id: str
    message_type: str
    text: str | LocalizedText | None
    attachments: tuple[FileSource, ...] = field(hash=False)
    account: str | None
    marketplace: str | None
    document: str | None
    due: date | str | None
    not_before: date | str | None
    key: str | None
    fields: Mapping[str, Any] = field(hash=False)

    @without_variables
    def __init__(
        self,
        order_id: str,
        message_type: str,
        *,
        text: str | LocalizedText | None = None,
        attachments: Iterable[FileSource] = (),
        account: str | None = None,
        marketplace: str | None = None,
        document: str | None = None,
        due: date | str | None = None,
        not_before: date | str | None = None,
        key: str | None = None,
        **fields: Any,
    ) -> None:
        given = {
            "order_id": order_id,
            "message_type": message_type,
            "text": text,
            "attachments": _as_tuple(attachments),
            "account": account,
            "marketplace": marketplace,
            "document": document,
            "due": due,
            "not_before": not_before,
            "key": key,
            "fields": fields,
        }
        for name, value in given.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        named = ("account", "marketplace", "document", "due", "not_before", "key")
        told = [_shown(self.order_id), _shown(self.message_type)]
        told += [f"{name}={_shown(value)}" for name in named if (value := getattr(self, name)) is not None]
        if self.text is not None:
            told.append(f"text={_shown_text(self.text)}")
        if self.attachments:
            told.append(f"attachments=[{len(self.attachments)}]")
        told += [f"{name}=[hidden]" if name.isidentifier() else "[hidden]" for name in self.fields]
        return f"Job({', '.join(told)})"


def _shown_text(text: object) -> str:
    if isinstance(text, LocalizedText):
        return repr(text)
    return f"[{len(text)} characters]" if isinstance(text, str) else "[no string]"


def _as_tuple(attachments: Any) -> Any:
    """A list as a tuple, so that nobody changes it. Anything else stays, and is refused later, with a reason."""
    is_one = isinstance(attachments, str | bytes | bytearray | os.PathLike | Mapping) or hasattr(attachments, "read")
    return attachments if is_one or not isinstance(attachments, Iterable) else tuple(attachments)


def _shown(value: object) -> str:
    """What a repr may show: names, orders, numbers and dates. Anything else may be a text that was given by mistake."""
    if isinstance(value, str) and re.fullmatch(rf"{ORDER_ID_PATTERN}|[\w./:+-]{{1,32}}", value, re.ASCII):
        return repr(str(value))
    return str(value) if isinstance(value, date) else quoted(value)
