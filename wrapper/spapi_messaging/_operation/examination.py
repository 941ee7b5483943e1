"""How a message is examined before it goes out: its content first, then what Amazon says of its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from spapi_messaging._call.effects import Flow
from spapi_messaging._call.reporting import log, saying_more
from spapi_messaging._operation.message_rules import (
    Message,
    compare_with_actions,
    look_at_documents,
    look_at_texts,
    look_inside,
)
from spapi_messaging._operation.order_answers import answer_about, lists_messages
from spapi_messaging._operation.upload import before_deadline
from spapi_messaging.errors import (
    ApiError,
    ClientClosedError,
    InvalidMessageError,
    MessageNotAvailableError,
    Problem,
    SpApiMessagingError,
)

if TYPE_CHECKING:  # loaded on first use, as attrs takes its time
    from spapi_messaging.results import AvailableActions, OrderAttributes

T = TypeVar("T")


def stop_if_wrong(message: Message, problems: Sequence[Problem], *, strict: bool) -> Flow[None]:
    """Raises an error if the message must not be sent. Amazon is asked only if nothing is wrong with it here."""
    examination = Examination(message, problems)
    yield from examination.look_inside()
    examination.stop(strict=False)  # the buyer's language may be known later, and with it other warnings
    yield from examination.ask_amazon()
    examination.stop(strict=strict)
    for problem in examination.found:
        operation, order_id = message.operation.operation_id, message.scope.order_id
        shown = operation, order_id, problem.rule, problem.field
        # Without the message, which a program that wants it finds in the record.
        log.warning("%s order=%s warning=%s field=%s", *shown, extra={"problem": problem})


class Examination:
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
        look = partial(look_inside, self._message)
        texts, files, self._wants_locale = yield from self._beside(look)
        self._texts = texts
        self._others += files

    def ask_amazon(self) -> Flow[None]:
        """Asks what the order allows, and in which language its buyer reads."""
        message = self._message
        actions = yield from self._actions()
        if actions is not None:
            self._lists_nothing = not lists_messages(actions)
            # A field that is wrong by the local rules is not reported again in other words.
            known = {problem.field for problem in self._others if problem.severity == "error"}
            found = yield from self._beside(partial(compare_with_actions, message, actions))
            self._others += [problem for problem in found if problem.field not in known]
        if self._wants_locale and (locale := (yield from self._locale())):
            self._texts = yield from self._beside(partial(look_at_texts, message, locale))
            self._others += yield from self._beside(partial(look_at_documents, message, locale))

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
            # Amazon fills a list without messages later. Anything else stays until the order has changed.
            retryable=self._lists_nothing,
            possible_causes=("not-available",),
            facts=tuple(each.message for each in stopping),
        )

    def _actions(self) -> Flow[AvailableActions | None]:
        """What Amazon lists for the order. None: it is not known, which becomes a warning."""
        try:
            found = yield from answer_about(self._message.scope, "AvailableActions")
        except SpApiMessagingError as error:
            if not _is_refused_for_order(error):
                raise self._of_check(error) from error.__cause__
            told = "Amazon refused (403) to say what this order allows."
            remedy = " ".join([*getattr(error, "facts", ()), _REFUSED_READ])
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

    def _beside(self, work: Callable[[], T]) -> Flow[T]:
        """Does work that takes its time, beside the event loop if there is one, and ends with the call's deadline."""
        return before_deadline(work, self._message.scope.until, "the message was checked")


_REFUSED_READ = (
    "Amazon does so for some orders. If it does so for all, check that the application has the role Buyer "
    "Communication, that the seller has authorised it, and the marketplace."
)


def _is_refused_for_order(error: SpApiMessagingError) -> bool:
    """Whether this may be one of the orders about which Amazon answers 403: what it said leaves that open."""
    causes: tuple[str, ...] = getattr(error, "possible_causes", ())
    undecided = not causes or "not-available" in causes
    return isinstance(error, ApiError) and error.status_code == 403 and undecided
