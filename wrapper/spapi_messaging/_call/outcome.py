"""The outcome of one attempt: judges Amazon's answer, or the lack of one. Pure."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from spapi_messaging._call.causes import cause_of, said_by
from spapi_messaging._call.effects import TOO_LARGE
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.secrets import host_of, redact, repeats
from spapi_messaging._call.usage_plan import is_plausible, limit_pause
from spapi_messaging.errors import (
    AccessDeniedError,
    ApiError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    DeliveryUnknownError,
    MalformedResponseError,
    MessageNotAvailableError,
    NetworkError,
    NotFoundError,
    PayloadTooLargeError,
    SandboxMismatchError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UnsupportedMediaTypeError,
    is_shown_as_it_is,
)

if TYPE_CHECKING:
    from spapi_messaging._call.denials import Evidence
    from spapi_messaging.messages import Operation


class FailureKind(Enum):
    """How an attempt can fail, sorted by what may be done about it."""

    NOT_CONNECTED = "not connected"  # nothing was sent
    THROTTLED = "throttled"  # Amazon looked at nothing but the rate
    EXPIRED_TOKEN = "expired token"
    UNKNOWN = "unknown"  # the request went out, and nobody knows what happened to it
    FINAL = "final"  # Amazon, or a redirect, said no


REQUEST_ID = "x-amzn-requestid"

# Nothing has left this machine when one of these is raised.
NOT_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

# An error shows at most this many of those that Amazon lists.
MAX_ERRORS = 20
# Letters, digits and a few signs, as in a UUID. A token has others, and a text has spaces: a server may echo anything.
_LONGEST_ID = 128
_REQUEST_ID = re.compile(rf"[A-Za-z0-9+/=_-]{{1,{_LONGEST_ID}}}")
# Amazon's own. No secret and no token has this form.
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# Objects and lists within each other. Amazon's own schemas of actions have about ten.
_MAX_DEPTH = 100
_MORE_THAN_FITS = "more than 16 MiB"
_BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
# What reads and uploads are answered with. In the answer to a message it shows that two answers were mixed up.
_OF_OTHER_OPERATIONS = frozenset({"_embedded", "_links", "buyer", "payload"})


class Call(NamedTuple):
    """What is known of a call before it goes out."""

    operation: Operation
    order_id: str
    private: Callable[[], Iterable[str]] = tuple  # what an error must not show
    evidence: Callable[[], Evidence | None] = lambda: None  # asked for when Amazon denies access

    @property
    def is_send(self) -> bool:
        """Whether it may change something that a buyer sees, so that it must not be repeated blindly."""
        return self.operation.kind in ("send", "other")

    @property
    def shown(self) -> str:
        name = self.operation.operation_id
        return f"{name} for order {self.order_id}" if self.order_id else name

    @property
    def logged(self) -> str:
        return f"{self.operation.operation_id} order={self.order_id}"


class Failure(NamedTuple):
    """Why an attempt failed, and the error to raise if it was the last one."""

    kind: FailureKind
    error: SpApiMessagingError
    cause: BaseException | None = None


class Answer(NamedTuple):
    """A success: Amazon's answer, and the JSON object in it."""

    response: httpx.Response
    body: Mapping[str, Any]


def judge_answer(response: httpx.Response, call: Call) -> Answer | Failure:
    """What an answer means."""
    status = response.status_code
    if 200 <= status < 300:
        try:
            return Answer(response, _read_body(response, call))
        except ValueError as nonsense:
            request_id = request_id_of(response)
            again = "Report it" if call.is_send else "Try again; if it stays, report it"
            malformed = MalformedResponseError(
                f"Amazon answered {status} to {call.shown}, with {nonsense}. {again} to Amazon with the request id "
                f"{request_id or '(none was given)'}.",
                **_facts(call, response),
            )
            return _unknown(call, malformed, f"Amazon answered {status} with {nonsense}", response)
    if 300 <= status < 400:
        redirected = _redirected(response, call)
        if status in _NOT_CARRIED_OUT or not call.is_send:
            return Failure(FailureKind.FINAL, redirected)
        return _unknown(call, redirected, f"Amazon answered {status}", response)
    if 400 <= status < 500:
        return _refused(response, call)
    # 5xx, and numbers that HTTP does not know: such an answer says nothing about the message.
    remedy = "Amazon's server is in trouble." + ("" if call.is_send else " Try again later.")
    error = _api_error(ServerError, response, call, remedy)
    return _unknown(call, error, f"Amazon answered {status}", response)


def judge_exception(error: Exception, call: Call, *, stayed_here: bool = False) -> Failure | None:
    """What an exception of a transport means. None: raise it unchanged.

    ``stayed_here`` says that no byte of the request left.
    """
    if isinstance(error, ConfigurationError | NetworkError | ClientClosedError):
        return None  # a proxy of the environment that cannot be used, or a closed client: there was no connection
    if isinstance(error, DeadlinePassed):
        late = f"The deadline passed before {call.shown} left this machine. Nothing was sent. Allow more time."
        return Failure(FailureKind.NOT_CONNECTED, NetworkError(late))
    name = type(error).__name__
    if stayed_here or isinstance(error, NOT_CONNECTED):
        said = said_by(error, call.private())
        not_connected = NetworkError(
            f"Could not connect for {call.shown}: {name}{f' ({said})' if said else ''}. Nothing was sent. "
            "Check the network, the proxy and the endpoint."
        )
        return Failure(FailureKind.NOT_CONNECTED, not_connected, cause_of(error, call.private()))
    if call.is_send:
        # A transport of the user's own may raise anything, and may do so after it has sent the request.
        return _unknown(call, cause_of(error, call.private()), f"was lost on the way ({name})", None)
    if isinstance(error, httpx.HTTPError | httpx.StreamError):
        seen = ": ".join(filter(None, (name, said_by(error, call.private()))))
        lost = f"{call.shown} got no answer ({seen}). It changes nothing at Amazon: try again."
        return Failure(FailureKind.UNKNOWN, NetworkError(lost), cause_of(error, call.private()))
    return None


def as_documented(answer: Answer, operation: Operation) -> httpx.Response:
    """A success as the generated parsers expect it: with the documented status, and an object as its body.

    The answer of an operation that is not in the table (it has no module) stays as it is.
    """
    response, content = answer.response, b"{}" if operation.kind == "send" else answer.response.content
    if not operation.module or (response.status_code, response.content) == (operation.success_status, content):
        return response
    headers = [(key, value) for key, value in response.headers.multi_items() if key.lower() not in _BODY_HEADERS]
    return httpx.Response(operation.success_status, headers=headers, content=content, extensions=response.extensions)


def request_id_of(response: httpx.Response) -> str | None:
    """Amazon's id of the request."""
    found: str | None = response.headers.get(REQUEST_ID)
    return found if found and _REQUEST_ID.fullmatch(found) else None


def forget_echo(response: httpx.Response, private: Callable[[], Iterable[str]]) -> None:
    """Removes a request id that repeats something private: an old client secret looks like a request id.

    An id that is too long is not Amazon's. It is removed without a search in it, which would take long.
    """
    found = response.headers.get(REQUEST_ID)
    if found and not _UUID.fullmatch(found) and (len(found) > _LONGEST_ID or repeats(found, private())):
        del response.headers[REQUEST_ID]


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number, or a date. Never more than 15 minutes."""
    value = response.headers.get("retry-after")
    if value is None:
        return None
    with contextlib.suppress(KeyError, OverflowError, TypeError, ValueError):
        date, sent = parsedate_to_datetime(value), parsedate_to_datetime(response.headers["date"])
        value = str((date - sent).total_seconds())
    seconds = _number(value)
    return None if seconds is None else limit_pause(seconds)


def announced_rate(response: httpx.Response) -> float | None:
    """Calls per second that Amazon announces in ``x-amzn-RateLimit-Limit``, if the number is plausible."""
    rate = _number(response.headers.get("x-amzn-ratelimit-limit", ""))
    return rate if rate is not None and is_plausible(rate) else None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _read_body(response: httpx.Response, call: Call) -> Mapping[str, Any]:
    """The object in a 2xx answer. ValueError says what is there instead."""
    if TOO_LARGE in response.extensions:
        raise ValueError(_MORE_THAN_FITS)
    content = response.content
    if not call.operation.module or (call.is_send and (content == b"{}" or not content.strip())):
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("a body that is not JSON" if content.strip() else "an empty body") from None
    if not isinstance(body, dict):
        raise ValueError("a body that is not a JSON object")
    if call.operation.kind == "read" and _is_deep(body):
        raise ValueError(f"a body that is nested more than {_MAX_DEPTH} times")
    if body.get("errors"):
        raise ValueError("errors in it")
    if call.operation.kind == "upload" and not _is_destination(body.get("payload")):
        raise ValueError("no upload destination in it")
    if call.is_send and (foreign := sorted(_OF_OTHER_OPERATIONS & body.keys())):
        raise ValueError(f"the answer to another request ({', '.join(foreign)})")
    return body


def _is_deep(body: object) -> bool:
    """Whether this is nested so deeply that a result with it could not be pickled, or written as JSON."""
    level: list[Any] = [body]
    for _ in range(_MAX_DEPTH):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _is_destination(payload: Any) -> bool:
    if not isinstance(payload, dict):
        return False
    named = [payload.get(key) for key in ("uploadDestinationId", "url")]
    texts = all(isinstance(value, str) and value and value.isprintable() for value in named)
    return texts and isinstance(payload.get("headers") or {}, dict)


def _facts(call: Call, response: httpx.Response | None) -> dict[str, str | None]:
    """What every error tells of a call."""
    request_id = None if response is None else request_id_of(response)
    return {"operation": call.operation.operation_id, "amazon_order_id": call.order_id, "request_id": request_id}


def _unknown(call: Call, cause: BaseException, happened: str, response: httpx.Response | None) -> Failure:
    if not call.is_send:
        assert isinstance(cause, SpApiMessagingError)
        return Failure(FailureKind.UNKNOWN, cause)
    facts = _facts(call, response)
    seen = f" (request id {facts['request_id']})" if facts["request_id"] else ""
    error = DeliveryUnknownError(
        f"It is unknown whether {call.shown} reached the buyer: the request went out, then {happened}{seen}. It was "
        "not repeated, because the buyer might get it twice. Look at the order's messages in Seller Central before you "
        "send it again.",
        status_code=None if response is None else response.status_code,
        **facts,
    )
    return Failure(FailureKind.UNKNOWN, error, cause)


# These redirects ask for the same request elsewhere. After others, such as 303, it may have been carried out.
_NOT_CARRIED_OUT = frozenset({301, 302, 307, 308})


def _redirected(response: httpx.Response, call: Call) -> NetworkError:
    try:
        host = host_of(httpx.URL(response.headers.get("location", "")))
    except (httpx.InvalidURL, ValueError):
        host = ""
    to, status = f" to {host}" if host else "", response.status_code
    sent = " Nothing was sent." if status in _NOT_CARRIED_OUT else ""
    return NetworkError(
        f"{call.shown} was redirected{to} ({status}), which Amazon's API never does. It was not followed, so that no "
        f"token leaves for another host.{sent} Check the endpoint and the proxy.",
        retryable=False,
    )


def _refused(response: httpx.Response, call: Call) -> Failure:
    status = response.status_code
    if status == 429:
        remedy = "The usage plan was exceeded, by another process perhaps. Send more slowly, or share one limiter."
        return Failure(FailureKind.THROTTLED, _api_error(ThrottledError, response, call, remedy))
    if status in (401, 403):
        return _denied(response, call)
    said = _said(response)
    words, error_class, remedy = next(
        (words, error_class, remedy)
        for statuses, words, error_class, remedy in _REFUSALS
        if status in statuses and all(word in said for word in words)
    )
    if not words and error_class is not ApiError and not _is_amazons(response):
        from spapi_messaging._call.denials import FOREIGN_REMEDY

        remedy = FOREIGN_REMEDY
    return Failure(FailureKind.FINAL, _api_error(error_class, response, call, remedy))


def _denied(response: httpx.Response, call: Call) -> Failure:
    """401 and 403, which mean many things."""
    from spapi_messaging._call.denials import Evidence, Refusal, explain, speaks_of_dead_token

    said = _said(response)
    explanation = explain(
        Refusal(
            said=said,
            error_type=response.headers.get("x-amzn-errortype", "").lower(),
            from_amazon=_is_amazons(response),
            has_request_id=request_id_of(response) is not None,
            operation=call.operation,
            evidence=call.evidence() or Evidence(),
        )
    )
    error_class = MessageNotAvailableError if explanation.names_the_message else AccessDeniedError
    known = {"possible_causes": explanation.causes, "facts": explanation.facts}
    error = _api_error(error_class, response, call, explanation.remedy, **known)
    return Failure(FailureKind.EXPIRED_TOKEN if speaks_of_dead_token(said) else FailureKind.FINAL, error)


def _said(response: httpx.Response) -> str:
    """All that Amazon's errors say, in lower case."""
    return " ".join(value for error in _errors(response) for value in error.values()).lower()


def _is_amazons(response: httpx.Response) -> bool:
    """Whether a refusal may come from Amazon's API: it is empty, or an object that has errors in it."""
    body = _document(response)
    return not response.content.strip() or (isinstance(body, dict) and (not body or "errors" in body))


# Refusals of the moment: the server gave up waiting, or does not want to begin yet.
_PASSING = frozenset({408, 425})

# The first line that fits: statuses, words that Amazon's error holds, class and remedy.
_REFUSALS: list[tuple[tuple[int, ...], tuple[str, ...], type[ApiError], str]] = [
    ((400,), ("could not match input arguments",), SandboxMismatchError,
     "Amazon's static sandbox answers published requests only, and this is not one."),
    ((400,), ("attachment", "does not exist"), BadRequestError,
     "The file of that upload destination never arrived, or was uploaded for another order or message type: "
     "upload it again, then send."),
    ((400,), (), BadRequestError, "Correct what Amazon names, then send again."),
    ((407,), (), ApiError, "A proxy on the way wants a user name and a password: give them with proxy=."),
    ((404,), (), NotFoundError, "Check the order id, and that the order belongs to this seller and marketplace."),
    ((413,), (), PayloadTooLargeError, "Send less: all attachments together must stay under 10 MB."),
    ((415,), (), UnsupportedMediaTypeError, "Send text, PDF, Word, .jpg, .gif or .png files."),
    (tuple(range(400, 500)), (), ApiError, "Amazon does not document this status. Check the endpoint."),
]  # fmt: skip


def _api_error(error_class: type[ApiError], response: httpx.Response, call: Call, remedy: str, **more: Any) -> ApiError:
    private = tuple(call.private())
    errors = tuple({key: _cleaned(key, value, private) for key, value in error.items()} for error in _errors(response))
    facts, first = _facts(call, response), errors[0] if errors else {}
    said = ": ".join(str(first[key]) for key in ("code", "message", "details") if first.get(key))
    outcome = " The message was not sent." if call.is_send and 400 <= response.status_code < 500 else ""
    return error_class(
        f"Amazon answered {response.status_code} to {call.shown} ({said or _looks_like(response)}).{outcome} {remedy}"
        f"{' Request id ' + facts['request_id'] + '.' if facts['request_id'] else ''}",
        status_code=response.status_code,
        errors=errors,
        retry_after=retry_after(response) if response.status_code == 429 else None,
        **facts,
        **more,
        **({"retryable": True} if response.status_code in _PASSING and not call.is_send else {}),
    )


def _cleaned(key: str, value: str, private: Collection[str]) -> str:
    # A code is a word of Amazon's that programs compare: a short text such as "x" must not be found within it.
    is_word = key == "code" and value.isidentifier() and value not in private
    return redact(value, () if is_word else private)


def _errors(response: httpx.Response) -> tuple[Mapping[str, str], ...]:
    """What Amazon says, as it says it. Clean it before it is shown."""
    body = _document(response)
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ()
    return tuple(
        {key: value for key, value in error.items() if isinstance(value, str) and is_shown_as_it_is(key)}
        for error in errors[:MAX_ERRORS]
        if isinstance(error, dict)
    )


def _document(response: httpx.Response) -> Any:
    """The JSON document of a refusal. None: it has no JSON."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _looks_like(response: httpx.Response) -> str:
    if TOO_LARGE in response.extensions:
        return _MORE_THAN_FITS
    if not response.content.strip():
        return "an empty body"
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = media_type and not media_type.endswith("json")
    return f"no list of errors, but {media_type}" if known else "no list of errors"
