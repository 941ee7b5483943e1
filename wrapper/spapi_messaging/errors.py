"""Everything this package raises. Each message says what happened, what it means and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

__all__ = [
    "AccessDeniedError", "ApiError", "AuthorizationError", "BadRequestError", "ClientClosedError",
    "ConfigurationError", "DeliveryUnknownError", "InvalidMessageError", "LedgerError",
    "MalformedResponseError", "MessageNotAvailableError", "NetworkError", "NotFoundError", "PayloadTooLargeError",
    "Problem", "SandboxMismatchError", "ServerError", "SpApiMessagingError", "ThrottledError",
    "UnsupportedMediaTypeError", "UploadError", "UsagePlanTimeout",
]  # fmt: skip

#: What stands in place of a secret or of a buyer's text: in errors, in logs, and in what an observer is told.
HIDDEN = "[hidden]"

# Words, with a few digits or a file's extension behind them: not what a key looks like, nor a text without spaces.
_EXTENSIONS = "txt|pdf|docx?|jpe?g|gif|png|csv|xlsx?|odt|rtf|zip|html?|xml|json|ya?ml|pem|crt|exe|md|tiff?|bmp|eml"
_NAME = re.compile(
    rf"-{{0,2}}[a-z_*][a-z_*-]{{0,39}}[0-9]{{0,3}}|[a-z0-9_-][a-z0-9._-]{{0,47}}\.(?:{_EXTENSIONS})", re.ASCII | re.I
)


def quoted(given: object) -> str:
    """What a caller gave, as an error may show it: a name as it is, and of anything else only the length or the type.

    Arguments get swapped, and a buyer's text or a secret must not stand in a log because of it.
    """
    if not isinstance(given, str):
        return f"[{type(given).__name__}]"
    return repr(str(given)) if is_shown_as_it_is(given) else f"[{len(given)} characters]"


def is_shown_as_it_is(given: str) -> bool:
    """Whether an error may show this string: it is a name, and neither a secret nor a text."""
    return _NAME.fullmatch(given) is not None


# What to_dict() tells of an error besides its class and its message, where it is known.
_FACTS = (
    "operation", "amazon_order_id", "request_id", "status_code", "code", "details", "error", "description",
    "file_name", "retry_after",
)  # fmt: skip


class SpApiMessagingError(Exception):
    """Base of every error of this package. It can be pickled.

    Attributes:
        operation: the operation's operationId, where it is known.
        amazon_order_id: the order, likewise.
        request_id: Amazon's id of the request, for support cases.
        outcome: ``"not_sent"``: no message reached the buyer through this call. ``"unknown"``: nobody knows.
        retryable: whether the same call may succeed later without anything being changed. Never if the outcome is
            unknown: the buyer might get the message twice.
    """

    operation: str | None = None
    amazon_order_id: str | None = None
    request_id: str | None = None
    outcome: Literal["not_sent", "unknown"] = "not_sent"
    retryable: bool = False

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        for name, value in facts.items():
            setattr(self, name, value)

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes: ``type``, ``message``, ``outcome``, ``retryable`` and what else is known."""
        told = {"type": type(self).__name__, "message": str(self), "outcome": self.outcome, "retryable": self.retryable}
        told |= {name: value for name in _FACTS if (value := getattr(self, name, None)) is not None}
        lists = {
            "problems": [problem.to_dict() for problem in getattr(self, "problems", ())],
            "errors": [dict(error) for error in getattr(self, "errors", ())],
            "possible_causes": list(getattr(self, "possible_causes", ())),
            "facts": list(getattr(self, "facts", ())),
        }
        return told | {name: found for name, found in lists.items() if found}


class ConfigurationError(SpApiMessagingError):
    """The client was set up wrongly: credentials, marketplace, endpoint or an option.

    Attributes:
        argument: ``"credentials"``, ``"marketplace"`` or ``"ledger"``, if one of these is missing or wrong.
    """

    argument: str | None = None


class LedgerError(SpApiMessagingError):
    """The ledger could not be read or written. It says nothing about what happened to a message.

    It is ``retryable`` if the trouble may pass by itself: the database is locked, full, or out of reach.
    """


class ClientClosedError(SpApiMessagingError):
    """The client was closed before or during the call. Nothing was sent."""


class Problem(NamedTuple):
    """One rule that a message breaks.

    Args:
        field: the argument concerned, such as ``text``, ``attachments`` or ``order_id``.
        message: what is wrong. It shows nothing of a buyer's text.
        severity: ``"error"``: the message cannot be sent like this. ``"warning"``: Amazon's guidelines advise against
            it, or nobody knows; it stops a message only with ``check="strict"``.
        rule: the rule's name, such as ``text-length``, for programs.
        remedy: what to do; empty if the message says it.
    """

    field: str
    message: str
    severity: Literal["error", "warning"] = "error"
    rule: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.advice}"

    @property
    def advice(self) -> str:
        """What is wrong and what to do, without the field."""
        return f"{self.message} {self.remedy}".rstrip()

    def to_dict(self) -> dict[str, str]:
        """What ``json.dumps`` takes, by the names of the fields. As a tuple, it would be a list without names."""
        return self._asdict()


class InvalidMessageError(SpApiMessagingError):
    """The message breaks a rule that is known before anything is sent.

    Attributes:
        problems: what is wrong, one entry for each rule that is broken. After a send with ``check=``, it holds warnings
            too; what stopped the message comes first.
    """

    problems: Sequence[Problem] = ()


class AuthorizationError(SpApiMessagingError):
    """Login with Amazon (LWA) refused to give an access token. Nothing was sent. Its outages are a NetworkError.

    Attributes:
        error: LWA's error code, such as ``invalid_grant``.
        description: LWA's own explanation, secrets removed.
    """

    error: str | None = None
    description: str | None = None


class UsagePlanTimeout(SpApiMessagingError):
    """The usage plan would make this call wait longer than it may. Nothing was sent, nothing was booked.

    Attributes:
        retry_after: seconds until the plan has room for the call.
    """

    retryable = True
    retry_after: float = 0.0


class NetworkError(SpApiMessagingError):
    """The network failed, and no message can have been sent: there was no connection, or it was a read."""

    retryable = True


class MalformedResponseError(SpApiMessagingError):
    """A read was answered with a success whose content makes no sense."""

    retryable = True


class UploadError(SpApiMessagingError):
    """A file did not reach its upload destination. No message was sent.

    Attributes:
        file_name: the file, as the buyer would have seen it.
        status_code: the storage's HTTP status, where there was one.
        code: the storage's error code, such as ``BadDigest``.
    """

    retryable = True
    file_name: str | None = None
    status_code: int | None = None
    code: str | None = None


class DeliveryUnknownError(SpApiMessagingError):
    """A message went out, and nobody knows whether it arrived. It is never repeated: the buyer may have it already.

    Attributes:
        status_code: the HTTP status, where an answer arrived.
    """

    outcome = "unknown"
    status_code: int | None = None


class ApiError(SpApiMessagingError):
    """Amazon answered and said no.

    Attributes:
        status_code: the HTTP status.
        code: Amazon's code of the first error, such as ``InvalidInput``.
        message: Amazon's text of the first error, with the message's own text and secrets removed.
        details: Amazon's details of the first error.
        errors: all errors of the answer, as Amazon wrote them, cleaned likewise.
        retry_after: seconds after which Amazon asked to come back, where it did; 900 at most.
    """

    status_code: int = 0
    retry_after: float | None = None

    def __init__(self, text: str, *, errors: Sequence[Mapping[str, Any]] = (), **facts: Any) -> None:
        super().__init__(text, **facts)
        first: Mapping[str, Any] = errors[0] if errors else {}
        self.errors: tuple[Mapping[str, Any], ...] = tuple(errors)
        self.code: str | None = first.get("code")
        self.message: str | None = first.get("message")
        self.details: str | None = first.get("details")


class BadRequestError(ApiError):
    """400: Amazon does not accept the arguments."""


class SandboxMismatchError(BadRequestError):
    """400 of Amazon's static sandbox: it answers published requests only, and this is not one of them."""


class _Explained:
    """An error that tells what a 401 or 403 can mean."""

    possible_causes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class AccessDeniedError(_Explained, ApiError):
    """401 or 403: the role, the token or the path does not allow the call.

    Attributes:
        possible_causes: what it can mean, the most likely first: ``"role"``, ``"token"``, ``"path"`` (the endpoint, the
            marketplace, or something on the way) and ``"not-available"`` (for this order). One, if the facts decide.
        facts: the facts that were known, each a sentence.
    """


class MessageNotAvailableError(_Explained, ApiError):
    """This order does not allow this type of message in its present state. It may, once that has changed.

    Either Amazon answered the message with 403, or a send with ``check=`` saw that Amazon does not list it for the
    order. In the second case, the message was not sent, so ``status_code`` is 0; and if Amazon listed nothing at all,
    the error is ``retryable``, because Amazon fills the list later.

    Attributes:
        possible_causes: ``("not-available",)``.
        facts: the facts that decided, each a sentence.
        problems: what the check found; what stopped the message comes first. Empty after a 403.
    """

    possible_causes = ("not-available",)
    problems: Sequence[Problem] = ()


class NotFoundError(ApiError):
    """404: no such order, or no such resource."""


class PayloadTooLargeError(ApiError):
    """413: the request is larger than Amazon accepts."""


class UnsupportedMediaTypeError(ApiError):
    """415: Amazon does not take this kind of content."""


class ThrottledError(ApiError):
    """429: the usage plan was exceeded, and the last allowed attempt has failed as well. Nothing was sent."""

    retryable = True


class ServerError(ApiError):
    """5xx: Amazon's server failed on a read or an upload, on the last allowed attempt as well."""

    retryable = True
