"""`send --dry-run --curl`: the request that a send would make, from the table of operations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from spapi_messaging.cli.curl import Request, Variable, Word, command, comment, hints
from spapi_messaging.cli.session import Session
from spapi_messaging.drafts import Draft
from spapi_messaging.errors import HIDDEN, ConfigurationError
from spapi_messaging.local_sandbox import LOCAL_URL, is_local
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import Field, Operation, operation_for

ENDPOINT, MARKETPLACE = "SP_API_ENDPOINT", "MARKETPLACE_ID"


def planned(session: Session, draft: Draft, values: Mapping[str, Any]) -> str:
    """What a send would do after its uploads, as comments and a command.

    Args:
        session: says where it would go.
        draft: the message.
        values: what was given, by the names that Python has for it.
    """
    operation, marketplace = operation_for(draft.message_type), marketplace_of(session)
    url = [
        *endpoint_of(session, marketplace),
        path_of(operation, draft, values),
        "?marketplaceIds=",
        marketplace.value if marketplace else Variable(MARKETPLACE),
        *query_of(operation, values),
    ]
    body = dict(body_of(operation, draft, values)) if operation.body_model else None
    headers = {"accept": operation.accept, "x-amz-access-token": HIDDEN}
    headers |= {"content-type": "application/json"} if body is not None else {"content-length": "0"}
    told = [comment(f"{operation.operation_id}: a send would make this request; nothing was sent")]
    told += [
        comment(f"Before it, {file.file_name} is uploaded, which gives UPLOAD_DESTINATION_ID{number(at)}.")
        for at, file in enumerate(draft.attachments)
    ]
    request = Request(operation.http_method, url, headers, body)
    return "\n".join([*told, *hints(request), command(request)])


def number(at: int) -> str:
    """The end of a file's variable: empty for the first file, then "_2", "_3", …"""
    return f"_{at + 1}" if at else ""


def marketplace_of(session: Session) -> Marketplace | None:
    """The marketplace that was given. None: none was given, or it is unknown."""
    try:
        return Marketplace.parse(session.marketplace_given())
    except ConfigurationError:
        return None


def endpoint_of(session: Session, marketplace: Marketplace | None) -> Word:
    """Where it would go, or a variable where that is not certain. Never production, if a sandbox may be meant."""
    if session.sandbox == "local":
        return [Variable(ENDPOINT)] if is_local(os.environ.get(ENDPOINT, "")) else [LOCAL_URL]
    if session.sandbox == "amazon":
        return [marketplace.region.sandbox_endpoint] if marketplace else [Variable(ENDPOINT)]
    if os.environ.get(ENDPOINT):
        return [Variable(ENDPOINT)]
    if session.is_local:
        return [LOCAL_URL]
    if marketplace is None or os.environ.get("SP_API_SANDBOX") or os.environ.get("AWS_ENV"):
        return [Variable(ENDPOINT)]
    return [marketplace.region.endpoint]


def path_of(operation: Operation, draft: Draft, values: Mapping[str, Any]) -> str:
    """The path, with the order in it."""
    given = {each.wire_name: values.get(each.name) for each in operation.parameters if each.location == "path"}
    path = operation.path.replace("{amazonOrderId}", quote(draft.amazon_order_id, safe=""))
    for name, value in given.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


def query_of(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    """The operation's own parameters."""
    for each in operation.parameters:
        if each.location == "query" and values.get(each.name) is not None:
            yield f"&{each.wire_name}={quote(str(values[each.name]), safe='')}"


def body_of(operation: Operation, draft: Draft, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The body's fields by wire name, without the text."""
    for field in operation.fields:
        if field.kind == "attachments":
            if draft.attachments:
                files = [{"uploadDestinationId": HIDDEN, "fileName": file.file_name} for file in draft.attachments]
                yield field.wire_name, files
        elif values.get(field.name) is not None:
            yield field.wire_name, values[field.name] if is_plain(field) else HIDDEN


def is_plain(field: Field) -> bool:
    """Whether the values of a field may be shown: they are dates, or entries of a fixed list."""
    return field.kind == "date-time" or bool(field.enum)
