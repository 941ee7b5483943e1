"""All problems of a message, found without sending it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.requests import OrderScope
from spapi_messaging._operation.examination import Examination
from spapi_messaging._operation.message_rules import Message
from spapi_messaging._operation.send import checked_body, is_read_once, name_of_files
from spapi_messaging._operation.upload import open_all
from spapi_messaging.errors import InvalidMessageError, Problem
from spapi_messaging.messages import files_field, message_by_type

# Amazon may refuse messages about older orders.
MAX_ORDER_DAYS = 30


def preflight(
    context: CallContext,
    order_id: str,
    message_type: str,
    text: str | None,
    attachments: Iterable[Any],
    marketplace: str | None,
    order_date: object,
    fields: Mapping[str, Any],
) -> Flow[list[Problem]]:
    """All problems of a message. It is not sent, and nothing is uploaded."""
    from spapi_messaging.attachments import Attachment
    from spapi_messaging.preflight.verdict import sorted_by_severity

    scope, aged = OrderScope.begin(context, order_id, marketplace), _age(order_date)
    try:
        operation, body, _ = message_by_type(message_type, text, attachments, fields)
    except InvalidMessageError as unknown:
        return sorted_by_severity([*scope.problems, *unknown.problems, *aged])
    field, files = files_field(operation), name_of_files(operation)
    left_alone = is_read_once(body.get(files))
    if left_alone:  # the send would find no more files, and some messages go out without any
        body[files] = [Attachment("later", "later.txt")]
    wire, problems = yield from checked_body(scope, operation, body)
    opened = (yield from open_all(scope, wire[files], problems, to_send=False)) if files in wire else None
    try:
        problems, sound = (problems, []) if opened is None else (opened.problems, opened.sound)
        examination = Examination(Message(scope, operation, wire, sound), problems)
        yield from examination.look_inside()
        if not scope.problems:
            yield from examination.ask_amazon()
    finally:
        if opened is not None:
            opened.close()
    found = examination.found
    if field and left_alone:  # nobody knows how many there will be
        found = [*(each for each in found if each.field != field.name), _not_checked(field.name)]
    return sorted_by_severity([*found, *aged])


def _not_checked(name: str) -> Problem:
    told = "these files come from a generator, which gives them only once, so they were not checked."
    remedy = "Give a list, or let the send check them, with check=True."
    return Problem(name, told, "warning", "file-not-checked", remedy)


def _age(order_date: object) -> list[Problem]:
    """What is wrong with the date of the order."""
    if order_date is None:
        return []
    if not isinstance(order_date, date):
        told = f"this is {type(order_date).__name__}."
        return [Problem("order_date", told, rule="type", remedy="Give a date or a datetime.")]
    placed = order_date.date() if isinstance(order_date, datetime) else order_date
    days = (datetime.now(UTC).date() - placed).days
    if days < -1:  # a day off may be another time zone
        return [Problem("order_date", "it lies in the future.", rule="date", remedy="Give the day of the order.")]
    if days <= MAX_ORDER_DAYS:
        return []
    remedy = f"Amazon may refuse messages about orders of more than {MAX_ORDER_DAYS} days."
    return [Problem("order_date", f"the order is {days} days old.", "warning", "order-age", remedy)]
