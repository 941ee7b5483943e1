"""What an observer is told of an exchange: all that may be shown of it, and nothing else. Pure."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

import httpx

from spapi_messaging._call.causes import forget_frames
from spapi_messaging._call.outcome import request_id_of
from spapi_messaging._call.reporting import log
from spapi_messaging._call.secrets import MAX_SHOWN, MIN_REDACTED_PIECE, redact, texts_of
from spapi_messaging.errors import HIDDEN

if TYPE_CHECKING:
    from spapi_messaging._call.effects import Purpose
    from spapi_messaging.messages import Field, Operation

# More headers than these are not looked at. Amazon sends about ten.
MAX_HEADERS = 100
# How often a value may have been percent-encoded.
MAX_ENCODINGS = 3

# What must not be shown, whatever it is.
_SECRET_HEADER = re.compile(
    r"token|secret|signature|credential|auth|cookie|passw|session|api-?key|customer-key|^location$|^refresh$|^link$",
    re.I,
)
# Names of headers that are common among APIs and proxies. Any other name may quote something private.
_KNOWN_HEADER = re.compile(
    r"accept(-encoding|-language|-ranges)?|allow|cache-control|connection|content-[a-z0-9-]{2,20}|date|etag|expect|expires"
    r"|host|keep-alive|pragma|proxy-connection|retry-after|server|strict-transport-security|transfer-encoding|user-agent"
    r"|vary|via|x-amz-(?:apigw-id|cf-id|cf-pop|id-2|request-id|server-side-encryption|access-token)"
    r"|x-amzn-(?:requestid|errortype|ratelimit-limit|trace-id)|x-cache"
)
_PLAIN_FORM = {"grant_type"}
# What the client itself puts into a query. The generated table has the other parameters.
_OWN_PARAMETERS = {"marketplaceIds", "contentMD5", "contentType"}


@dataclass(frozen=True, slots=True)
class ObservedExchange:
    """One request and its answer, for a client's ``observer``. It holds no secret and no text of a message.

    Attributes:
        service: ``"api"`` (Amazon's API), ``"lwa"`` (Login with Amazon) or ``"storage"`` (where files are put).
        operation: the operation that it was for; None for Login with Amazon.
        amazon_order_id: the order that it was for; None where no order is concerned.
        seller: names the seller, as a receipt does; None where the client knows no name.
        attempt: 1 for the first one, as in the log. The repetition with a renewed token has the same number.
        method: the HTTP method.
        url: where it went, without its secret parts. For the storage, only scheme and host.
        request_headers: what was sent. Secret values are ``[hidden]``.
        response_headers: what was answered. Secret values are ``[hidden]``; empty if there was no answer.
        body: what was sent. A text, and anything else that might be one, is ``[hidden]``, and so are the secrets of a
            form. For a file, it is the ``size`` in bytes. None: the request had no body.
        status: the HTTP status. None: there was no answer.
        request_id: the request id in the answer; None if the answer has no id.
        error: the class name of the exception that ended the exchange; None if there was an answer.
        seconds: how long it took, by the client's clock.
    """

    service: Literal["api", "lwa", "storage"]
    operation: str | None
    amazon_order_id: str | None
    seller: str | None
    attempt: int
    method: str
    url: str
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    body: Mapping[str, Any] | None
    status: int | None
    request_id: str | None
    error: str | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The exchange as ``json.dumps`` takes it."""
        return asdict(self)


class Observation:
    """An exchange that is under way, of which the observer will be told.

    Args:
        observer: the client's.
        request: what is sent.
        purpose: what it is for.
        now: the client's clock, in seconds.
        secrets: what must not be shown, besides what the purpose names.
        failures: names of exceptions of the observer that were logged; more are added.
        seller: names the seller; may be empty.
    """

    def __init__(
        self,
        observer: Callable[[ObservedExchange], object],
        request: httpx.Request,
        purpose: Purpose,
        now: Callable[[], float],
        secrets: Iterable[str],
        failures: set[str],
        seller: str,
    ) -> None:
        self._observer = observer
        self._request = request
        self._purpose = purpose
        self._now = now
        self._secrets = secrets
        self._failures = failures
        self._seller = seller
        self._headers = list(request.headers.multi_items())  # the token is taken out again when the request is over
        self._began = now()

    def end(self, result: httpx.Response | BaseException) -> None:
        """Tells the observer. What it raises changes nothing for the call, unless it is an interruption.

        A flow that is being closed (GeneratorExit) tells nothing: that may be the garbage collector at any time.
        """
        handled = sys.exception()
        if isinstance(result, GeneratorExit):
            return
        try:
            self._observer(self._seen(result))
        except Exception as error:
            if (name := type(error).__name__) not in self._failures:
                self._failures.add(name)
                log.warning("The observer failed, which changes nothing for the call: %s", name)
        except BaseException as error:
            forget_frames(error, handled)
            raise

    def _seen(self, result: httpx.Response | BaseException) -> ObservedExchange:
        seconds = self._now() - self._began
        request, purpose = self._request, self._purpose
        response = result if isinstance(result, httpx.Response) else None
        known = [*purpose.private(), *self._secrets]
        private = _Private([*known, *_texts(request, purpose), *_issued(purpose, response)])
        return ObservedExchange(
            service=purpose.service,
            operation=purpose.operation.operation_id if purpose.operation else None,
            amazon_order_id=purpose.order_id or None,
            seller=self._seller or None,
            attempt=purpose.attempt,
            method=request.method,
            url=_url(request.url, purpose, private),
            request_headers=_headers(self._headers, private),
            response_headers={} if response is None else _headers(response.headers.multi_items(), private),
            body=_body(request, purpose, private),
            status=None if response is None else response.status_code,
            request_id=None if response is None else _request_id(response, private),
            error=None if response is not None else type(result).__name__,
            seconds=seconds,
        )


class _Private:
    """What must not be shown, in whichever form it comes."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: set[str] = set()
        self._pieces: set[str] = set()
        for value in filter(str.strip, values):
            forms = {value, value.strip(), " ".join(value.split()), unquote(value)}
            # As a whole in these forms, too: a part that was hidden would leave the rest behind.
            forms |= {json.dumps(value)[1:-1], html.escape(value)}
            self._values |= forms | {quote(form, safe=safe, errors="replace") for form in forms for safe in ("", "/")}
        for value in self._values:
            self._pieces |= _pieces_of(value)

    def cleaned(self, value: str) -> str:
        """A string from outside. If what is left of it holds something private in another form, nothing is shown."""
        value = value[:MAX_SHOWN]
        shown = redact(value, self._values if self._is_in(value) else ())
        if any(self._is_in(form) or _looks_secret(form) for form in {*_decoded(shown)} - {shown}):
            return HIDDEN
        return shown

    def in_lower_case(self) -> _Private:
        """For the names of headers, whose case is lost."""
        return _Private([value.lower() for value in self._values])

    def _is_in(self, shown: str) -> bool:
        return any(value in shown for value in self._values) or not self._pieces.isdisjoint(_pieces_of(shown))


def _pieces_of(value: str) -> set[str]:
    """The pieces of a value that are long enough to be hidden wherever they stand."""
    return {value[start : start + MIN_REDACTED_PIECE] for start in range(len(value) - MIN_REDACTED_PIECE + 1)}


def _looks_secret(form: str) -> bool:
    return redact(form).count(HIDDEN) > form.count(HIDDEN)


def _decoded(value: str) -> Iterator[str]:
    """What a value may mean: percent-encoded, as a string of JSON, or as HTML. White space is one space."""
    for decode in (unquote, unquote_plus):
        form = value
        for _ in range(MAX_ENCODINGS):
            form = decode(form)
            yield " ".join(form.split())
    yield " ".join(html.unescape(value).split())
    with suppress(ValueError, RecursionError):
        yield " ".join(str(json.loads(f'"{value.strip(chr(34))}"', strict=False)).split())


def _texts(request: httpx.Request, purpose: Purpose) -> Iterator[str]:
    """The strings of a body that are not shown, and so must not come back."""
    if purpose.service != "api":
        return
    yield from texts_of(request)
    hidden = _hidden(_json(request), purpose.operation)
    while hidden:
        value = hidden.pop()
        if isinstance(value, str):
            yield value
            yield from (line for line in value.splitlines() if line.strip())
        elif isinstance(value, dict | list):
            hidden += value.values() if isinstance(value, dict) else value


def _issued(purpose: Purpose, response: httpx.Response | None) -> Iterable[str]:
    """The tokens in an answer of Login with Amazon."""
    if purpose.service != "lwa" or response is None:
        return ()
    with suppress(ValueError, RecursionError):
        answer = json.loads(response.content)
        if isinstance(answer, dict):
            return [value for name, value in answer.items() if isinstance(value, str) and "_token" in str(name)]
    return ()


def _url(url: httpx.URL, purpose: Purpose, private: _Private) -> str:
    origin = f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"
    path, _, query = url.raw_path.decode("ascii", "replace").partition("?")
    if purpose.service == "storage":
        return f"{origin}/…"
    if purpose.service == "lwa" or purpose.operation is None:
        return origin + private.cleaned(path)
    if not purpose.operation.module:
        return origin + private.cleaned(purpose.operation.operation_id)
    known = {*_OWN_PARAMETERS, *(parameter.wire_name for parameter in purpose.operation.parameters)}
    pairs = [
        (private.cleaned(name), private.cleaned(value) if name in known else HIDDEN)
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    shown = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return f"{origin}{private.cleaned(path)}{'?' if shown else ''}{shown}"


def _quoted(value: str) -> str:
    return value if HIDDEN in value else quote(value, safe="")


def _headers(items: Iterable[tuple[str, str]], private: _Private) -> dict[str, str]:
    shown: dict[str, str] = {}
    lower = None
    for name, value in [(name.lower(), value) for name, value in items][:MAX_HEADERS]:
        if not _KNOWN_HEADER.fullmatch(name):
            lower = lower or private.in_lower_case()
            name = lower.cleaned(name)
        value = HIDDEN if _SECRET_HEADER.search(name) else private.cleaned(value)
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def _body(request: httpx.Request, purpose: Purpose, private: _Private) -> dict[str, Any] | None:
    size = request.headers.get("content-length", "")
    if purpose.service == "storage":
        return {"size": int(size)}
    content = _content(request)
    if not content:
        return {"size": int(size)} if size.isdecimal() and int(size) else None
    if purpose.service == "lwa":
        form = parse_qsl(content.decode("ascii", "replace"), keep_blank_values=True)
        return {name: value if name in _PLAIN_FORM else HIDDEN for name, value in form}
    body = _json(request)
    if not isinstance(body, dict) or purpose.operation is None or not purpose.operation.module:
        return {"size": len(content)}
    fields = _fields(purpose.operation)
    return {
        private.cleaned(str(name)): _shown(value, private) if _is_plain(fields.get(name), value) else HIDDEN
        for name, value in body.items()
    }


def _shown(value: Any, private: _Private) -> Any:
    if isinstance(value, str):
        return private.cleaned(value)
    if isinstance(value, list):
        return [_shown(each, private) for each in value]
    return {name: _shown(each, private) for name, each in value.items()} if isinstance(value, dict) else value


def _hidden(body: Any, operation: Operation | None) -> list[Any]:
    """The values of a body that are not shown."""
    if not isinstance(body, dict) or operation is None or not operation.module:
        return [body]
    fields = _fields(operation)
    return [value for name, value in body.items() if not _is_plain(fields.get(name), value)]


def _is_plain(field: Field | None, value: Any) -> bool:
    """Whether a value of a body may be shown: it is a date, one of a fixed list, or describes files."""
    if field is None:
        return False
    if field.kind == "attachments":
        files = value if isinstance(value, list) else [None]
        return all(isinstance(file, dict) and all(isinstance(each, str) for each in file.values()) for file in files)
    return (field.kind == "date-time" and isinstance(value, str)) or (bool(field.enum) and value in field.enum)


def _fields(operation: Operation) -> dict[str, Field]:
    return {field.wire_name: field for field in operation.fields}


def _json(request: httpx.Request) -> Any:
    try:
        return json.loads(_content(request))
    except (ValueError, RecursionError):
        return None


def _content(request: httpx.Request) -> bytes:
    """What a request sends, if that is at hand."""
    return request.read() if isinstance(request.stream, httpx.ByteStream) else b""


def _request_id(response: httpx.Response, private: _Private) -> str | None:
    found = request_id_of(response) or response.headers.get("x-amz-request-id")
    return private.cleaned(found) if found else None
