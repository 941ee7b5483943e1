"""`--curl`: each request as a curl command for a POSIX shell. What is secret is a variable, to be set before."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.errors import HIDDEN
from spapi_messaging.messages import OPERATIONS

if TYPE_CHECKING:
    from spapi_messaging import ObservedExchange

NAMES = {**ENVIRONMENT, "x-amz-access-token": "ACCESS_TOKEN"}
"""The names of variables for secrets, where they are not made from the name of the field or header."""

OF_CURL = {"accept-encoding", "connection", "content-length", "host"}
"""Headers that curl writes itself."""

OF_AMAZON = "UPLOAD_DESTINATION_ID"
"""A variable whose name begins with this has a value of Amazon's, which JSON takes as it is."""


class Variable(NamedTuple):
    """A variable of the shell, which stands in place of a secret."""

    name: str


Word = list[str | Variable]
"""One word of a command."""


class Request(NamedTuple):
    """A request. What is secret in its headers, form and body is HIDDEN."""

    method: str
    url: Word
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    file: bool = False


def shown(exchange: ObservedExchange, profile: str | None = None) -> str:
    """An exchange: what it was and what came of it, and the command that does it again.

    Args:
        exchange: what was observed.
        profile: the account, if one was named. Other variables of the environment may be another account's.
    """
    lines = [about(exchange)]
    if exchange.service == "lwa":
        lines += [comment(f"{ENVIRONMENT['refresh_token']} must be that of the account {profile}.")] if profile else []
        lines.append("# ACCESS_TOKEN stands in the answer, as access_token.")
    if exchange.service == "storage":
        lines.append("# FILE is the path of the file; UPLOAD_URL stands in the answer before, as payload.url.")
    if (operation := OPERATIONS.get(exchange.operation or "")) is not None and operation.kind == "send":
        lines.append("# Careful: this sends the message once more.")
    return "\n".join([*lines, *hints(request := request_of(exchange)), command(request)])


def hints(request: Request) -> Iterator[str]:
    """What to know about variables within JSON: the shell puts their values there as they are."""
    names = [part.name for part in as_json(request.body or {}) if isinstance(part, Variable)]
    if texts := [name for name in names if not name.startswith(OF_AMAZON)]:
        yield comment(f'{", ".join(texts)}: as JSON writes it, with \\" for a quote and \\n for a line break.')


def about(exchange: ObservedExchange) -> str:
    """A comment that tells which request it is, and what was answered."""
    services = {"lwa": "Login with Amazon", "storage": "the storage"}
    what = services.get(exchange.service, exchange.operation or "a request")
    came = f"{exchange.status}" if exchange.status is not None else f"no answer ({exchange.error})"
    request = f", request id {exchange.request_id}" if exchange.request_id else ""
    return comment(f"{what}, attempt {exchange.attempt}: {came}{request}")


def comment(text: str) -> str:
    """A line that the shell ignores."""
    return "# " + "".join(letter if letter.isprintable() else " " for letter in text)


def request_of(exchange: ObservedExchange) -> Request:
    """The request of an exchange."""
    headers, body = exchange.request_headers, exchange.body
    if exchange.service == "storage":
        return Request(exchange.method, [Variable("UPLOAD_URL")], headers, file=True)
    if exchange.service == "lwa":
        return Request(exchange.method, [exchange.url], {"accept": headers.get("accept", "*/*")}, form=body)
    return Request(exchange.method, list(url_of(exchange.url)), headers, body=body)


def url_of(url: str) -> Iterator[str | Variable]:
    """A URL, with variables in place of what is hidden in its query."""
    done = 0
    for found in re.finditer(rf"(?<=[?&])([^=&]+)={re.escape(HIDDEN)}", url):
        yield url[done : found.end(1) + 1]
        yield Variable(variable(found[1]))
        done = found.end()
    yield url[done:]


def command(request: Request) -> str:
    """A curl command."""
    first = ["curl"] if request.file or request.form is not None else ["curl", "-X", shlex.quote(request.method)]
    lines = [
        " ".join([*first, *(["--upload-file", word([Variable("FILE")])] if request.file else []), word(request.url)])
    ]
    lines += [f"-H {word([f'{name}: ', *secret(name, value)])}" for name, value in headers_of(request)]
    if "accept-encoding" in request.headers:
        lines.append("--compressed")
    lines += [
        f"--data-urlencode {word([f'{name}=', *secret(name, value)])}" for name, value in (request.form or {}).items()
    ]
    if request.body is not None:
        lines.append(f"--data-raw {word(as_json(request.body))}")
    return " \\\n  ".join(lines)


def headers_of(request: Request) -> Iterator[tuple[str, str]]:
    """The headers that curl must be told."""
    for name, value in request.headers.items():
        empty_post = name == "content-length" and value == "0" and request.method != "GET"  # curl leaves it out
        if name not in OF_CURL or (empty_post and not request.file):
            yield name, value


def secret(name: str, value: str) -> Word:
    """A value, or the variable in its place."""
    return [Variable(variable(name))] if value == HIDDEN else [value]


def variable(name: str) -> str:
    """The name of a variable: UPLOAD_DESTINATION_ID for uploadDestinationId."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return NAMES.get(name) or re.sub(r"\W", "_", apart, flags=re.ASCII).upper().lstrip("_0123456789") or "VALUE"


def as_json(body: Mapping[str, Any]) -> Word:
    """A body as JSON, with variables in place of what is hidden. Each of these is a string, as JSON writes it."""
    names: list[str] = []
    text = json.dumps(marked(body, "", names), ensure_ascii=False, separators=(",", ":"))
    parts = re.split(r"\\u0000(\d+)\\u0000", text)
    return [Variable(names[int(part)]) if number % 2 else part for number, part in enumerate(parts)]


def marked(value: Any, name: str, names: list[str]) -> Any:
    """A value of JSON, with marks in place of what is hidden. ``names`` gets the names of the variables."""
    if value == HIDDEN:
        own = variable(name)
        again = sum(each == own or each.startswith(f"{own}_") for each in names)
        names.append(f"{own}_{again + 1}" if again else own)
        return f"\0{len(names) - 1}\0"
    if isinstance(value, Mapping):
        return {key: marked(each, key, names) for key, each in value.items()}
    return [marked(each, name, names) for each in value] if isinstance(value, list) else value


def word(parts: Iterable[str | Variable]) -> str:
    """One word of a command, with variables between double quotes and everything else quoted."""
    found = [part for part in parts if part]
    if not any(isinstance(part, Variable) for part in found):
        return shlex.quote("".join(map(str, found)))
    if all(isinstance(part, Variable) or re.fullmatch(r"[\w :/.,=@%+?&-]*", part, re.ASCII) for part in found):
        text = "".join(f"${{{part.name}}}" if isinstance(part, Variable) else part for part in found)
        return '"' + re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", text) + '"'
    return "".join(f'"${part.name}"' if isinstance(part, Variable) else shlex.quote(part) for part in found)
