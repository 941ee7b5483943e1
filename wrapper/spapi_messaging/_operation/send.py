"""A message: checked, its files uploaded, sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.misuse import with_hints
from spapi_messaging._call.outcome import request_id_of
from spapi_messaging._call.requests import OrderScope, perform
from spapi_messaging._operation.upload import before_deadline, open_all, upload_all
from spapi_messaging.errors import BadRequestError, Problem
from spapi_messaging.messages import Operation, body_model, check_body, files_field, invalid

if TYPE_CHECKING:  # loaded on first use, as attrs takes its time
    from spapi_messaging.attachments import Attachment
    from spapi_messaging.results import SendReceipt


# Files that are taken from a generator: more than any message may have.
MAX_GIVEN = 1000


def send(
    context: CallContext,
    operation: Operation,
    order_id: str,
    body: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
    marketplace: str | None,
    check: bool | Literal["strict"] = False,
    before_first_byte: Callable[[], Any] | None = None,
    after_refusal: Callable[[], Any] | None = None,
) -> Flow[SendReceipt]:
    """Sends one message, its attachments included.

    ``body`` is keyed by wire name, ``parameters`` by the generated function's keywords. With ``check``, its content is
    looked at and Amazon is asked before anything is uploaded.
    """
    scope = OrderScope.begin(context, order_id, marketplace)
    files = name_of_files(operation)
    wire, problems = yield from checked_body(scope, operation, body or {})
    # A stream can be read only once, so it is left alone if the text stops the message.
    early = (yield from _errors_of_texts(scope, operation, wire)) if check and files in wire else []
    opened = (yield from open_all(scope, wire[files], [*early, *problems])) if files in wire else None
    uploaded: list[Attachment] = []
    try:
        problems, sound = (problems, []) if opened is None else (opened.problems[len(early) :], opened.sound)
        if check:
            from spapi_messaging._operation.examination import stop_if_wrong
            from spapi_messaging._operation.message_rules import Message

            yield from stop_if_wrong(Message(scope, operation, wire, sound), problems, strict=check == "strict")
        elif problems:
            raise invalid(problems)
        if sound:
            uploaded = yield from upload_all(scope, operation, sound)
    finally:
        if opened is not None:
            opened.close()
    if files in wire:
        wire[files] = [{"uploadDestinationId": a.upload_destination_id, "fileName": a.file_name} for a in uploaded]
    arguments = dict(parameters)
    if operation.body_model is not None:
        arguments["body"] = body_model(operation.body_model).from_dict(wire)
    try:
        answer = yield from perform(scope, operation, arguments, wire, before_first_byte, after_refusal)
    except BadRequestError as refused:
        _name_missing_files(refused, uploaded)
        raise
    from spapi_messaging.results import SendReceipt

    return SendReceipt(
        operation=operation.operation_id,
        message_type=operation.message_type or operation.operation_id,
        amazon_order_id=scope.order_id,
        marketplace_id=scope.marketplace_id,
        endpoint=context.settings.endpoint,
        seller=context.settings.seller or None,
        request_id=request_id_of(answer.response),
        status_code=answer.response.status_code,
        attachments=tuple(uploaded),
        sent_at=datetime.now(UTC),
    )


def name_of_files(operation: Operation) -> str:
    """The wire name of the field that takes files; empty, if the operation takes none."""
    field = files_field(operation)
    return field.wire_name if field else ""


def checked_body(
    scope: OrderScope, operation: Operation, body: Mapping[str, Any]
) -> Flow[tuple[dict[str, Any], list[Problem]]]:
    """What goes out, by wire name, its files as they were given; and what is wrong with it, the order included."""
    files, given = name_of_files(operation), dict(body)
    if files and is_read_once(source := given.get(files)):
        given[files] = yield from before_deadline(partial(_first_of, source), scope.until)
    wire, problems = check_body(operation, given)
    if problems := scope.problems + problems:
        problems = with_hints(problems)
    return wire, problems


def _errors_of_texts(scope: OrderScope, operation: Operation, wire: dict[str, Any]) -> Flow[list[Problem]]:
    """What stops the message by its texts alone, before its files are opened."""
    from spapi_messaging._operation.message_rules import Message, look_at_texts

    message = Message(scope, operation, wire, ())
    if not message.given("text"):
        return []
    look = partial(look_at_texts, message, None)
    found = yield from before_deadline(look, scope.until, "the message was checked")
    return [each for each in found if each.severity == "error"]


def is_read_once(files: object) -> TypeGuard[Iterator[Any]]:
    """Whether files can be taken from this a single time: it is a generator."""
    return isinstance(files, Iterator) and not hasattr(files, "read")


def _first_of(files: Iterator[Any]) -> list[Any]:
    """The first items of a generator, which may be slow or never end."""
    return list(islice(files, MAX_GIVEN))


def _name_missing_files(error: BadRequestError, attachments: Iterable[Attachment]) -> None:
    """Lets an answer that speaks of an upload destination name its file, which is what people know."""
    said = " ".join(str(value) for each in error.errors for value in each.values())
    names = [each.file_name for each in attachments if each.upload_destination_id in said]
    if names:
        error.args = (f"{error} This is about {', '.join(dict.fromkeys(names))}.",)
