"""What became of one attempt: judges Amazon's answer, or the lack of one. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx

from spapi_messaging._redaction import redact
from spapi_messaging._retry import Trouble
from spapi_messaging.errors import (
    AccessDeniedError,
    ApiError,
    BadRequestError,
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
)

REQUEST_ID = "x-amzn-requestid"
ORIGINAL_STATUS = "spapi_messaging_original_status"

# Nothing has left this machine when one of these is raised.
NOT_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

_BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Call(NamedTuple):
    """What is known of a call before it goes out."""

    operation: str  # operationId
    kind: str  # "read", "send" or "upload"
    order_id: str
    success_status: int = 201
    private: Callable[[], Iterable[str]] = tuple  # what an error must not show

    @property
    def is_send(self) -> bool:
        return self.kind == "send"

    @property
    def shown(self) -> str:
        return f"{self.operation} for order {self.order_id}" if self.order_id else self.operation


class Failure(NamedTuple):
    """Why an attempt failed, and the error to raise if it was the last one."""

    trouble: Trouble
    error: SpApiMessagingError
    cause: BaseException | None = None
    retry_after: float | None = None


def judge_answer(response: httpx.Response, call: Call) -> Failure | None:
    """None when the answer is a success, else why it is none."""
    status = response.status_code
    if 200 <= status < 300:
        if not (nonsense := _nonsense(response, call)):
            return None
        malformed = MalformedResponseError(
            f"Amazon answered {status} to {call.shown}, with {nonsense}. Try again; "
            f"if it stays, report it to Amazon with the request id {_request_id(response)}.",
            operation=call.operation,
            amazon_order_id=call.order_id,
            request_id=response.headers.get(REQUEST_ID),
        )
        return _unknown(call, malformed, f"Amazon answered {status} with {nonsense}", response)
    if 300 <= status < 400:
        return Failure(Trouble.FINAL, _redirected(response, call))
    if 400 <= status < 500:
        return _refused(response, call)
    # 5xx, and numbers that are no status at all: whatever answers so has said nothing about the message.
    error = _api_error(
        ServerError, response, call, "Amazon's server is in trouble; the call was tried as often as the policy allows."
    )
    return _unknown(call, error, f"Amazon answered {status}", response)


def judge_exception(error: Exception, call: Call) -> Failure | None:
    """Why a failed connection failed, or None when the exception is none of the network's."""
    if isinstance(error, ConfigurationError):
        return None  # a proxy of the environment that is none: there was no connection to send anything on
    name = type(error).__name__
    if isinstance(error, NOT_CONNECTED):
        said = redact(str(error), call.private())
        not_connected = NetworkError(
            f"Could not connect for {call.shown}: {name}{f' ({said})' if said else ''}. Nothing was sent. "
            "Check the network, the proxy and the endpoint."
        )
        return Failure(Trouble.NOT_CONNECTED, not_connected, error)
    if call.is_send:
        # Even an error that is none of httpx's, say of a transport of the user's own, may have come after sending.
        return _unknown(call, error, f"was lost on the way ({name})", None)
    if isinstance(error, httpx.HTTPError | httpx.StreamError):
        return Failure(
            Trouble.UNKNOWN,
            NetworkError(
                f"The connection was lost during {call.shown}: {name}. It changes nothing at Amazon: try again."
            ),
            error,
        )
    return None


def normalized(response: httpx.Response, call: Call) -> httpx.Response:
    """A success as the generated parsers expect it: of the documented status, and with a body that is an object."""
    content = response.content
    if response.status_code == call.success_status and (not call.is_send or content == b"{}"):
        return response
    rebuilt = with_content(response, b"{}" if call.is_send else content)
    rebuilt.extensions = {**rebuilt.extensions, ORIGINAL_STATUS: response.status_code}
    rebuilt.status_code = call.success_status
    return rebuilt


def with_content(response: httpx.Response, content: bytes) -> httpx.Response:
    """The same answer with another body, or with the same body decoded."""
    headers = [(key, value) for key, value in response.headers.multi_items() if key.lower() not in _BODY_HEADERS]
    return httpx.Response(response.status_code, headers=headers, content=content, extensions=response.extensions)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that a ``Retry-After`` header asks for."""
    value = response.headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date, sent = parsedate_to_datetime(value), parsedate_to_datetime(response.headers["date"])
            seconds = (date - sent).total_seconds()
        except (KeyError, TypeError, ValueError):
            return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def announced_rate(response: httpx.Response) -> float | None:
    """Calls per second that Amazon announces in ``x-amzn-RateLimit-Limit``."""
    value = response.headers.get("x-amzn-ratelimit-limit")
    if value is None:
        return None
    try:
        rate = float(value)
    except ValueError:
        return None
    return rate if math.isfinite(rate) and rate > 0 else None


def _nonsense(response: httpx.Response, call: Call) -> str | None:
    """What is wrong with a 2xx, or None when nothing is."""
    content = response.content
    if call.is_send and (content == b"{}" or not content.strip()):
        return None
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return "a body that is not JSON" if content.strip() else "an empty body"
    if not isinstance(body, dict):
        return "a body that is no JSON object"
    if body.get("errors"):
        return "errors in it"
    if call.kind == "upload" and not _is_destination(body.get("payload")):
        return "no upload destination in it"
    return None


def _is_destination(payload: object) -> bool:
    return (
        isinstance(payload, dict)
        and all(isinstance(payload.get(key), str) and payload[key] for key in ("uploadDestinationId", "url"))
        and isinstance(payload.get("headers") or {}, dict)
    )


def _unknown(call: Call, cause: Exception, happened: str, response: httpx.Response | None) -> Failure:
    if not call.is_send:
        assert isinstance(cause, SpApiMessagingError)
        return Failure(Trouble.UNKNOWN, cause)
    request_id = None if response is None else response.headers.get(REQUEST_ID)
    error = DeliveryUnknownError(
        f"Whether {call.shown} reached the buyer is unknown: the request went out, then {happened}"
        f"{f' (request id {request_id})' if request_id else ''}. It was not repeated, because the buyer might get it "
        "twice. Look at the order's messages in Seller Central before you send it again.",
        operation=call.operation,
        amazon_order_id=call.order_id,
        status_code=None if response is None else response.status_code,
        request_id=request_id,
    )
    return Failure(Trouble.UNKNOWN, error, cause)


def _redirected(response: httpx.Response, call: Call) -> NetworkError:
    try:
        host = httpx.URL(response.headers.get("location", "")).host
    except httpx.InvalidURL:
        host = ""
    to = f" to {host}" if host else ""
    return NetworkError(
        f"{call.shown} was redirected{to} ({response.status_code}), which Amazon's API never does. It was not "
        "followed, so that no token leaves for another host; nothing was sent. Check the endpoint and the proxy."
    )


def _refused(response: httpx.Response, call: Call) -> Failure:
    status = response.status_code
    if status == 429:
        wait = retry_after(response)
        throttled = _api_error(
            ThrottledError,
            response,
            call,
            "The usage plan was exceeded, by another process perhaps. Send more slowly, or share one limiter.",
            after=wait,
        )
        return Failure(Trouble.THROTTLED, throttled, retry_after=wait)
    said = " ".join(value for error in _errors(response) for value in error.values()).lower()
    if status in (401, 403) and _speaks_of_dead_token(said):
        error = _api_error(
            AccessDeniedError, response, call, "Amazon refused a token that was just renewed: check the token provider."
        )
        return Failure(Trouble.EXPIRED_TOKEN, error)
    kind, remedy = _explain(status, said, call)
    return Failure(Trouble.FINAL, _api_error(kind, response, call, remedy))


def _speaks_of_dead_token(said: str) -> bool:
    if "secret" in said or "template combination" in said:
        return False
    return "access token" in said and any(word in said for word in ("expired", "revoked", "malformed", "invalid"))


def _explain(status: int, said: str, call: Call) -> tuple[type[ApiError], str]:
    """The error's class and its remedy."""
    if status == 400:
        return _explain_bad_request(said)
    if status in (401, 403):
        return _explain_denial(said, call)
    if status == 404:
        return NotFoundError, "Check the order id, and that the order belongs to this seller and marketplace."
    if status == 413:
        return PayloadTooLargeError, "Send less: all attachments together must stay under 10 MB."
    if status == 415:
        return UnsupportedMediaTypeError, "Send text, PDF, Word, .jpg, .gif or .png files."
    return ApiError, "Amazon documents no such status; is the endpoint the right one?"


def _explain_bad_request(said: str) -> tuple[type[ApiError], str]:
    if "could not match input arguments" in said:
        return (
            SandboxMismatchError,
            "Amazon's static sandbox answers published requests only, and this is none of them.",
        )
    if "attachment" in said and "does not exist" in said:
        return BadRequestError, (
            "The file of that upload destination never arrived, or was uploaded for another order or message type: "
            "upload it again, then send."
        )
    return BadRequestError, "Correct what Amazon names, then send again."


def _explain_denial(said: str, call: Call) -> tuple[type[ApiError], str]:
    if "template combination" in said:
        return MessageNotAvailableError, (
            "This message is not available for this order in its present state: "
            "call get_messaging_actions_for_order to see which ones are."
        )
    if "secret" in said:
        return AccessDeniedError, (
            "The application's LWA client secret has expired, 180 days after it was made: "
            "make a new one in the developer console."
        )
    remedy = (
        "Most likely the Buyer Communication role is missing: give it to the application, then let the seller "
        "authorise it anew. A marketplace of another region, or a wrong path, looks the same."
    )
    if call.operation == "sendInvoice":
        remedy += " For an invoice it may also mean that there is no such order."
    return AccessDeniedError, remedy


def _api_error(
    kind: type[ApiError], response: httpx.Response, call: Call, remedy: str, *, after: float | None = None
) -> ApiError:
    private = tuple(call.private())
    errors = tuple({key: _cleaned(key, value, private) for key, value in error.items()} for error in _errors(response))
    request_id = response.headers.get(REQUEST_ID)
    first = errors[0] if errors else {}
    said = ": ".join(str(first[key]) for key in ("code", "message", "details") if first.get(key))
    outcome = " The message was not sent." if call.is_send and response.status_code < 500 else ""
    return kind(
        f"Amazon answered {response.status_code} to {call.shown} ({said or _looks_like(response)}).{outcome} {remedy}"
        f"{f' Request id {request_id}.' if request_id else ''}",
        status_code=response.status_code,
        errors=errors,
        request_id=request_id,
        operation=call.operation,
        amazon_order_id=call.order_id,
        retry_after=after,
    )


def _cleaned(key: str, value: str, private: Collection[str]) -> str:
    # A code is a word of Amazon's that programs compare: a short text such as "x" must not be found within it.
    is_word = key == "code" and value.isidentifier() and value not in private
    return redact(value, () if is_word else private)


def _errors(response: httpx.Response) -> tuple[Mapping[str, str], ...]:
    """What Amazon says, as it says it: not to be shown before it is cleaned."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ()
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ()
    return tuple(
        {key: value for key, value in error.items() if isinstance(value, str)}
        for error in errors
        if isinstance(error, dict)
    )


def _looks_like(response: httpx.Response) -> str:
    if not response.content.strip():
        return "an empty body"
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return f"no error list, but {kind}" if kind else "no error list"


def _request_id(response: httpx.Response) -> str:
    return response.headers.get(REQUEST_ID) or "(there is none)"
