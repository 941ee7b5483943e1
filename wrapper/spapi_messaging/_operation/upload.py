"""Files for a message: checked and hashed first, then uploaded side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow, Invoke, Together
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.requests import OrderScope
from spapi_messaging.errors import NetworkError, Problem
from spapi_messaging.messages import Operation, invalid, operation_for

if TYPE_CHECKING:  # loaded on first use, as all that files need takes its time
    from spapi_messaging.attachments import Attachment

T = TypeVar("T")


def upload(
    context: CallContext, order_id: str, message_type: str, file: Any, file_name: str | None, content_type: str | None
) -> Flow[Attachment]:
    """Uploads one file, without a message."""
    scope = OrderScope.begin(context, order_id)
    operation = operation_for(message_type)
    problems = list(scope.problems)
    if not any(field.kind == "attachments" for field in operation.fields):
        told = f"{operation.operation_id} takes no attachments."
        problems.append(Problem("message_type", told, rule="message-type"))
    if problems:
        raise invalid(problems)
    from spapi_messaging._upload.sources import Renamed

    (uploaded,) = yield from upload_all(scope, operation, [Renamed(file, file_name, content_type)], ())
    return uploaded


def upload_all(
    scope: OrderScope, operation: Operation, sources: Sequence[Any], problems: Sequence[Problem]
) -> Flow[list[Attachment]]:
    """Uploads the files of a message; ``problems`` is what is wrong with the rest of it."""
    from spapi_messaging._upload.files import close_all
    from spapi_messaging._upload.flow import upload_file
    from spapi_messaging._upload.sources import prepare
    from spapi_messaging.attachments import Attachment

    work = partial(prepare, sources, problems)
    # Of files that were uploaded before, only the names are checked: nothing is read.
    quick = all(isinstance(source, Attachment) for source in sources)
    prepared = work() if quick else (yield from before_deadline(work, scope.until))
    try:
        uploads = [upload_file(scope, operation, file) for file in prepared]
        if len(uploads) == 1:
            return [(yield from uploads[0])]
        uploaded: list[Attachment] = yield Together(uploads)
        return uploaded
    finally:
        close_all(prepared)


def before_deadline(read: Callable[[], T], until: float | None) -> Flow[T]:
    """Reads the caller's files, which may take time."""
    try:
        found: T = yield Invoke(read, until)
        return found
    except DeadlinePassed:
        raise NetworkError(
            "The deadline passed while the attachments were read. Nothing was sent. Allow more time."
        ) from None
