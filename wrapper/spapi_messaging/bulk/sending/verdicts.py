"""What an error of a send means for its message, and for its seller. Does no I/O."""

from __future__ import annotations

from enum import Enum, auto

from spapi_messaging.errors import (
    AccessDeniedError,
    ApiError,
    AuthorizationError,
    ClientClosedError,
    ConfigurationError,
    LedgerError,
    MessageNotAvailableError,
    SpApiMessagingError,
)

__all__ = ["Verdict", "refusal_signature", "verdict_of"]


class Verdict(Enum):
    """What to do with a message that was not sent, or perhaps sent."""

    UNKNOWN = auto()  # nobody knows whether it was sent
    REJECTED = auto()  # this message cannot be sent like this
    WAIT = auto()  # Amazon does not offer it for its order now
    AGAIN = auto()  # try again later; nothing is wrong with it
    DENIED = auto()  # a 403 about role, token or path: one cannot tell whether it is about the message or the seller
    PARK = auto()  # none of the seller's messages can be sent
    STOP = auto()  # the client or the ledger cannot be used any more


def verdict_of(error: BaseException, *, left: bool) -> Verdict:
    """What an error of a send means.

    Args:
        error: what the send raised.
        left: whether the message had begun to leave, as far as the sender knows.
    """
    if not isinstance(error, SpApiMessagingError):
        # A token provider or a limiter of the user's own: most likely a service that is down, and not the message.
        return Verdict.UNKNOWN if left else Verdict.AGAIN
    if error.outcome == "unknown":
        return Verdict.UNKNOWN
    if isinstance(error, AuthorizationError | ConfigurationError):
        return Verdict.PARK
    if isinstance(error, ClientClosedError | LedgerError):
        return Verdict.STOP
    if isinstance(error, AccessDeniedError):
        return Verdict.DENIED
    if isinstance(error, MessageNotAvailableError) and (error.status_code == 0 or error.retryable):
        return Verdict.WAIT  # a check found it. Amazon's own 403 says it too late: then the message was refused
    return Verdict.AGAIN if error.retryable else Verdict.REJECTED


def refusal_signature(error: BaseException) -> tuple[str, int, str] | None:
    """In what way Amazon refused a message, to compare it with others. None: it was not Amazon."""
    if not isinstance(error, ApiError) or not error.status_code:
        return None
    return type(error).__name__, error.status_code, error.code or ""
