"""What is logged of a call and of a method, and what an error of theirs tells. Never a secret or a text."""

from __future__ import annotations

import copy
import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeVar

from spapi_messaging._call.outcome import Answer, request_id_of
from spapi_messaging.errors import DeliveryUnknownError, SpApiMessagingError
from spapi_messaging.messages import OrderIds, is_order_id

if TYPE_CHECKING:
    from spapi_messaging.messages import Operation

T = TypeVar("T")

log = logging.getLogger("spapi_messaging")

# A wait that is longer is worth a line.
MIN_LOGGED_WAIT = 1.0


def reported(
    flow: Generator[Any, Any, T], operation: Operation, order_id: object, taken: OrderIds, endpoint: str
) -> Generator[Any, Any, T]:
    """Carries out a method. Its error names operation and order, and the outcome of a send or an upload is logged.

    A file that arrived has a line of its own already, whether a message follows or not. An order id is shown only if it
    has a form that is ``taken``: anything else may be a buyer's text.
    """
    try:
        result = yield from flow
    except SpApiMessagingError as error:
        _complete(error, operation, order_id, taken)
        if operation.kind != "read":
            _log_failure(error, operation)
        raise
    if operation.kind in ("send", "other") and log.isEnabledFor(logging.INFO):
        _log_success(result, operation, order_id, endpoint)
    return result


def log_wait(operation: Operation, seconds: float) -> None:
    """A call waits for its turn in the usage plan."""
    if seconds > MIN_LOGGED_WAIT:
        log.info("%s waits %.1f s for its usage plan", operation.operation_id, seconds)


def log_retry(shown: str, attempt: int, error: BaseException, seconds: float) -> None:
    """An attempt failed, and there will be another one. A 429 is one of these."""
    status = getattr(error, "status_code", None)
    what = f"{type(error).__name__}{f' {status}' if status else ''}"
    log.warning("%s attempt=%d failed (%s), trying again in %.1f s", shown, attempt, what, seconds)


def saying_more(error: SpApiMessagingError, sentence: str) -> SpApiMessagingError:
    """A copy of the error with one more sentence. A copy, because everyone who waits for a token gets that error."""
    told = copy.copy(error)
    told.args = (f"{error} {sentence}",)
    return told.with_traceback(error.__traceback__)


def _complete(error: SpApiMessagingError, operation: Operation, order_id: object, taken: OrderIds) -> None:
    if error.operation is None:
        error.operation = operation.operation_id
    # What was given as the order may be a buyer's text.
    if error.amazon_order_id is None and isinstance(order_id, str) and is_order_id(order_id.strip(), taken):
        error.amazon_order_id = order_id.strip()


def _log_failure(error: SpApiMessagingError, operation: Operation) -> None:
    level = logging.WARNING if isinstance(error, DeliveryUnknownError) else logging.INFO
    log.log(
        level,
        "%s order=%s outcome=%s error=%s status=%s request_id=%s",
        operation.operation_id, error.amazon_order_id, error.outcome,
        type(error).__name__, getattr(error, "status_code", None), error.request_id,
        extra={"raised": True},
    )  # fmt: skip


def _log_success(result: Any, operation: Operation, order_id: object, endpoint: str) -> None:
    if isinstance(result, Answer):  # of low_level
        status, request_id = result.response.status_code, request_id_of(result.response)
    else:
        status, request_id = result.status_code, result.request_id
    shown = operation.operation_id, str(order_id).strip()
    log.info("%s order=%s outcome=sent status=%d request_id=%s endpoint=%s", *shown, status, request_id, endpoint)
