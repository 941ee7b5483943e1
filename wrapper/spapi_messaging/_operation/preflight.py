"""What is found out about a message before it goes out: by the rules for its content, and by asking Amazon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.reporting import log, saying_more
from spapi_messaging._call.requests import OrderScope
from spapi_messaging._operation.order_answers import answer_about
from spapi_messaging._operation.send import checked_body, name_of_files
from spapi_messaging._operation.upload import before_deadline, open_all
from spapi_messaging.errors import (
    ApiError,
    ClientClosedError,
    InvalidMessageError,
    MessageNotAvailableError,
    Problem,
    SpApiMessagingError,
)
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import Field, Operation, message_by_type

if TYPE_CHECKING:  # loaded on first use, as all that files need takes its time
    from spapi_messaging._upload.files import PreparedFile
    from spapi_messaging.attachments import Attachment
    from spapi_messaging.results import AvailableActions, OrderAttributes

# Amazon may refuse messages about older orders.
MAX_ORDER_DAYS = 30


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
    from spapi_messaging.preflight.verdict import sorted_by_severity

    scope, aged = OrderScope.begin(context, order_id, marketplace), _age(order_date)
    try:
        operation, body, _ = message_by_type(message_type, text, attachments, fields)
    except InvalidMessageError as unknown:
        return sorted_by_severity([*scope.problems, *unknown.problems, *aged])
    wire, problems = yield from checked_body(scope, operation, body)
    files = name_of_files(operation)
    opened = (yield from open_all(scope, wire[files], problems, to_send=False)) if files in wire else None
    try:
        problems, sound = (problems, []) if opened is None else (opened.problems, opened.sound)
        examination = _Examination(Message(scope, operation, wire, sound), problems)
        yield from examination.look_inside()
        if not scope.problems:
            yield from examination.ask_amazon()
    finally:
        if opened is not None:
            opened.close()
    return sorted_by_severity([*examination.found, *aged])


def stop_if_wrong(message: Message, problems: Sequence[Problem], *, strict: bool) -> Flow[None]:
    """Raises an error if the message must not be sent. Amazon is asked only if nothing is wrong with it here."""
    examination = _Examination(message, problems)
    yield from examination.look_inside()
    examination.stop(strict=False)  # the buyer's language may be known later, and with it other warnings
    yield from examination.ask_amazon()
    examination.stop(strict=strict)
    for problem in examination.found:
        operation, order_id = message.operation.operation_id, message.scope.order_id
        shown = operation, order_id, problem.rule, problem.field
        # Without the message, which a program that wants it finds in the record.
        log.warning("%s order=%s warning=%s field=%s", *shown, extra={"problem": problem})


class _Examination:
    """Finds the problems of one message, step by step."""

    def __init__(self, message: Message, problems: Sequence[Problem]) -> None:
        self._message = message
        self._others = list(problems)
        self._texts: list[Problem] = []
        self._wants_locale = False
        self._lists_nothing = False

    @property
    def found(self) -> list[Problem]:
        """All problems that were found so far."""
        return [*self._others, *self._texts]

    def look_inside(self) -> Flow[None]:
        """Looks at the texts and the files."""
        look = partial(_content, self._message)
        texts, files, self._wants_locale = yield from self._beside(look)
        self._texts = texts
        self._others += files

    def ask_amazon(self) -> Flow[None]:
        """Asks what the order allows, and in which language its buyer reads."""
        message = self._message
        actions = yield from self._actions()
        if actions is not None:
            self._lists_nothing = not len(actions)
            # What is known to be wrong with a field already is not said once more in other words.
            known = {problem.field for problem in self._others if problem.severity == "error"}
            found = yield from self._beside(partial(_by_actions, message, actions))
            self._others += [problem for problem in found if problem.field not in known]
        if self._wants_locale and (locale := (yield from self._locale())):
            self._texts = yield from self._beside(partial(_texts, message, locale))

    def stop(self, *, strict: bool) -> None:
        """Raises the error for what was found so far, if that stops the message."""
        from spapi_messaging.preflight.verdict import is_about_availability, what_stops

        found = self.found
        stopping = what_stops(found, strict=strict)
        if not stopping:
            return
        problems = [*stopping, *(each for each in found if each not in stopping)]
        if not is_about_availability(stopping):
            raise InvalidMessageError(f"Nothing was sent: {' '.join(map(str, stopping))}", problems=problems)
        raise MessageNotAvailableError(
            f"Nothing was sent: Amazon does not allow {self._message.shown} now. "
            f"{' '.join(each.advice for each in stopping)}",
            problems=problems,
            # Amazon fills an empty list later. Anything else stays until the order has changed.
            retryable=self._lists_nothing,
            possible_causes=("not-available",),
            facts=tuple(each.message for each in stopping),
        )

    def _actions(self) -> Flow[AvailableActions | None]:
        """What Amazon lists for the order. None: nobody knows."""
        try:
            found = yield from answer_about(self._message.scope, "AvailableActions")
        except SpApiMessagingError as error:
            if not _is_refused_for_order(error):
                raise self._of_check(error) from error.__cause__
            told, remedy = "Amazon refused (403) to say what this order allows.", _REFUSED_READ
        else:
            if found is not None:
                return cast("AvailableActions", found)
            told, remedy = "Amazon's model has no read that says what an order allows.", ""
        self._others.append(Problem("message_type", told, "warning", "availability-unknown", remedy))
        return None

    def _locale(self) -> Flow[str | None]:
        """The buyer's language. Without it, everything else is checked."""
        scope = self._message.scope
        try:
            found: OrderAttributes | None = yield from answer_about(scope, "OrderAttributes")
        except ClientClosedError as error:
            raise self._of_check(error) from error.__cause__
        except SpApiMessagingError as error:
            failed = type(error).__name__
            log.debug("order=%s the buyer's language is not known (%s), so it was not checked", scope.order_id, failed)
            return None
        return None if found is None else found.locale

    def _of_check(self, error: SpApiMessagingError) -> SpApiMessagingError:
        told = saying_more(error, f"This was for the check of {self._message.shown}; no message was sent.")
        told.operation = told.operation or self._message.operation.operation_id
        told.amazon_order_id = told.amazon_order_id or self._message.scope.order_id
        return told

    def _beside(self, work: Any) -> Flow[Any]:
        """Calculates something that takes its time: it must not hold an event loop."""
        return before_deadline(work, self._message.scope.until, "the message was checked")


_REFUSED_READ = (
    "Amazon does so for some orders. If it does so for all, check that the application has the role Buyer "
    "Communication, that the seller has authorised it, and the marketplace."
)


def _is_refused_for_order(error: SpApiMessagingError) -> bool:
    """Whether this may be one of the orders about which Amazon answers 403, and nothing else is wrong."""
    causes = getattr(error, "possible_causes", ())
    certain = len(causes) == 1 and causes[0] != "not-available"
    return isinstance(error, ApiError) and error.status_code == 403 and not certain


# What follows calculates. It runs beside the event loop, and loads the rules there when they are first used.


def _content(message: Message) -> tuple[list[Problem], list[Problem], bool]:
    """The problems of the texts and of the files, and whether the buyer's language would tell more."""
    from spapi_messaging.preflight.language import detector_installed

    texts = message.given("text")
    return _texts(message, None), _files(message), bool(texts) and detector_installed()


def _texts(message: Message, locale: str | None) -> list[Problem]:
    from spapi_messaging.preflight.texts import check_text

    operation, country = message.operation, Marketplace(message.scope.marketplace_id).country
    about = {"message_type": operation.message_type or operation.operation_id, "country": country, "locale": locale}
    texts = [(field.name, value) for field, value in message.given("text") if isinstance(value, str)]
    return [problem for name, text in texts for problem in check_text(text, field=name, **about)]


def _files(message: Message) -> list[Problem]:
    import io

    from spapi_messaging._upload.files import FileReader, PreparedFile
    from spapi_messaging.preflight.files import check_file

    field = next((field.name for field in message.operation.fields if field.kind == "attachments"), "attachments")
    problems: list[Problem] = []
    for file in message.files:
        if isinstance(file, PreparedFile):
            problems += check_file(file.name, io.BufferedReader(FileReader(file)), field)
    return problems


def _by_actions(message: Message, actions: AvailableActions) -> list[Problem]:
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
    """The body as it would go out. The ids of upload destinations stand for those to come."""
    body = dict(message.wire)
    for field, files in message.given("attachments"):
        names = [f"file {number}" for number in range(1, len(files) + 1)]
        body[field.wire_name] = [{"uploadDestinationId": name, "fileName": name} for name in names]
    return body


def _age(order_date: object) -> list[Problem]:
    """What is wrong with the date of the order."""
    if order_date is None:
        return []
    if not isinstance(order_date, date):
        told = f"this is {type(order_date).__name__}, not a date."
        return [Problem("order_date", told, rule="type", remedy="Give a date or a datetime.")]
    placed = order_date.date() if isinstance(order_date, datetime) else order_date
    days = (datetime.now(UTC).date() - placed).days
    if days <= MAX_ORDER_DAYS:
        return []
    remedy = f"Amazon may refuse messages about orders of more than {MAX_ORDER_DAYS} days."
    return [Problem("order_date", f"the order is {days} days old.", "warning", "order-age", remedy)]
