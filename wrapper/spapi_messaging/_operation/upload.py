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
from spapi_messaging.messages import Operation, files_field, invalid, operation_for

if TYPE_CHECKING:  # loaded on first use, as all that files need takes its time
    from spapi_messaging._upload.files import PreparedFile
    from spapi_messaging._upload.sources import OpenFiles
    from spapi_messaging.attachments import Attachment

T = TypeVar("T")


def upload(
    context: CallContext, order_id: str, message_type: str, file: Any, file_name: str | None, content_type: str | None
) -> Flow[Attachment]:
    """Uploads one file, without a message."""
    scope = OrderScope.begin(context, order_id)
    operation = operation_for(message_type)
    problems = list(scope.problems)
    if files_field(operation) is None:
        told = f"{operation.operation_id} takes no attachments."
        problems.append(Problem("message_type", told, rule="message-type"))
    if problems:
        raise invalid(problems)
    from spapi_messaging._upload.sources import Renamed

    opened = yield from open_all(scope, [Renamed(file, file_name, content_type)], ())
    try:
        if opened.problems:
            raise invalid(opened.problems)
        (uploaded,) = yield from upload_all(scope, operation, opened.sound)
        return uploaded
    finally:
        opened.close()


def open_all(
    scope: OrderScope, sources: Sequence[Any], problems: Sequence[Problem], *, to_send: bool = True
) -> Flow[OpenFiles]:
    """Opens the files of a message.

    ``problems`` is what is wrong with the rest of it; ``to_send`` is explained at ``open_files``.
    """
    from spapi_messaging._upload.sources import open_files
    from spapi_messaging.attachments import Attachment

    work = partial(open_files, sources, problems, to_send=to_send)
    # Of files that were uploaded before, only the names are checked: nothing is read.
    quick = all(isinstance(source, Attachment) for source in sources)
    return work() if quick else (yield from before_deadline(work, scope.until))


def upload_all(
    scope: OrderScope, operation: Operation, files: Sequence[PreparedFile | Attachment]
) -> Flow[list[Attachment]]:
    """Uploads the files of a message, side by side."""
    from spapi_messaging._upload.flow import upload_file

    uploads = [upload_file(scope, operation, file) for file in files]
    if len(uploads) == 1:
        return [(yield from uploads[0])]
    uploaded: list[Attachment] = yield Together(uploads)
    return uploaded


def before_deadline(work: Callable[[], T], until: float | None, what: str = "the attachments were read") -> Flow[T]:
    """Does something that may take time, such as reading the caller's files.

    ``what`` says what was being done, for the error if the deadline passes.
    """
    try:
        found: T = yield Invoke(work, until)
        return found
    except DeadlinePassed:
        raise NetworkError(f"The deadline passed while {what}. Nothing was sent. Allow more time.") from None
