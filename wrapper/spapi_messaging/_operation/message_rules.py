"""What the rules say of one message: of its texts, of its files, and of what Amazon lists for its order.

These functions calculate, and that may take time: they run beside an event loop, and load the rules on first use.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from spapi_messaging._call.requests import OrderScope
from spapi_messaging.errors import Problem
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import Field, Operation, files_field

if TYPE_CHECKING:  # loaded on first use, as all that files need takes its time
    from spapi_messaging._upload.files import PreparedFile
    from spapi_messaging.attachments import Attachment
    from spapi_messaging.results import AvailableActions


# Characters of a text that are checked, if its field has a limit. Only a text that is too long anyway has more, such as
# a file that was given by mistake: to check all of it could take minutes.
MAX_LOOKED_AT = 10_000


class Message(NamedTuple):
    """A message that is checked."""

    scope: OrderScope
    operation: Operation
    wire: Mapping[str, Any]  # its body by wire name, with the files as they were given
    files: Sequence[PreparedFile | Attachment]  # those that may be sent

    @property
    def shown(self) -> str:
        return f"{self.operation.operation_id} for order {self.scope.order_id}"

    def given(self, kind: str) -> list[tuple[Field, Any]]:
        """The fields of a kind that were given, with their values."""
        fields = [field for field in self.operation.fields if field.kind == kind]
        return [(field, self.wire[field.wire_name]) for field in fields if field.wire_name in self.wire]


def look_inside(message: Message) -> tuple[list[Problem], list[Problem], bool]:
    """The problems of the texts and of the files, and whether the buyer's language would tell more."""
    from spapi_messaging.preflight.language import detector_installed

    has_words = bool(message.given("text") or _documents(message))
    return look_at_texts(message, None), look_at_files(message), has_words and detector_installed()


def look_at_texts(message: Message, locale: str | None) -> list[Problem]:
    """The problems of the texts; more of them where the buyer's language is known."""
    from spapi_messaging.preflight.texts import check_text

    message_type = _message_type(message)
    country = Marketplace(message.scope.marketplace_id).country
    problems: list[Problem] = []
    for field, text in message.given("text"):
        if isinstance(text, str):
            most = field.max_length and max(field.max_length, MAX_LOOKED_AT)
            problems += check_text(
                text[:most], message_type=message_type, field=field.name, country=country, locale=locale
            )
    return problems


def look_at_files(message: Message) -> list[Problem]:
    """The problems of the files that were opened. Of those that were uploaded before, nothing is known here."""
    from spapi_messaging.preflight.files import check_file
    from spapi_messaging.preflight.libraries import load

    field, opened = files_field(message.operation), _opened(message)
    if field is None or not opened:
        return []
    load("filetype")  # without it, opening the files did not check whether each one is what its name says
    return [problem for name, content in opened for problem in check_file(name, content, field.name)]


def look_at_documents(message: Message, locale: str) -> list[Problem]:
    """The problems of documents that must be in the buyer's language."""
    from spapi_messaging.preflight.documents import check_document

    field, message_type = files_field(message.operation), _message_type(message)
    if field is None:
        return []
    return [
        problem
        for name, content in _documents(message)
        for problem in check_document(name, content, message_type=message_type, locale=locale, field=field.name)
    ]


def _documents(message: Message) -> list[tuple[str, BinaryIO]]:
    """The files that must be in the buyer's language."""
    from spapi_messaging.preflight.words import is_read_by_the_buyer

    return _opened(message) if message.files and is_read_by_the_buyer(_message_type(message)) else []


def _opened(message: Message) -> list[tuple[str, BinaryIO]]:
    """The files that were opened here, with the names that the buyer sees."""
    from spapi_messaging._upload.files import FileReader, PreparedFile

    files = [file for file in message.files if isinstance(file, PreparedFile)]
    return [(file.name, io.BufferedReader(FileReader(file))) for file in files]


def _message_type(message: Message) -> str:
    return message.operation.message_type or message.operation.operation_id


def compare_with_actions(message: Message, actions: AvailableActions) -> list[Problem]:
    """What Amazon's list of actions says of the message."""
    from spapi_messaging.preflight.availability import check_availability
    from spapi_messaging.preflight.schemas import check_schema

    operation = message.operation
    found = check_availability(actions, operation)
    if message.scope.context.settings.is_static_sandbox:
        # Amazon's static sandbox lists the same few examples for every order.
        found = [each._replace(severity="warning") if each.rule == "not-available" else each for each in found]
    if operation.operation_id in actions:
        found += check_schema(operation, actions[operation.operation_id].schema, _body(message))
    return found


def _body(message: Message) -> dict[str, Any]:
    """The body as it would go out, with made-up ids for files, which are not uploaded yet."""
    body = dict(message.wire)
    for field, files in message.given("attachments"):
        names = [f"file {number}" for number in range(1, len(files) + 1)]
        body[field.wire_name] = [{"uploadDestinationId": name, "fileName": name} for name in names]
    return body
