"""Explains a call whose arguments do not fit to those who know another client, or who left out the names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ParamSpec, TypeVar, cast

from spapi_messaging._safeguards.tracebacks import hidden_variables
from spapi_messaging.errors import Problem

P = ParamSpec("P")
T = TypeVar("T")

_MARKETPLACE = 'marketplace="DE" takes the marketplace, one for a call'
_ORDER = "order_id is its name here, and it comes first"
_UNSIGNED = "requests are not signed any more, so leave it out"
_CALCULATED = "it is calculated here, so leave it out"
_NOT_NEEDED = "no message needs one, so leave it out"
_TOKEN = "token_provider=lambda: token takes it"

#: What to write here instead of an argument of python-amazon-sp-api, or of a generated client.
HINTS = {
    "account": 'from_env(profile="…") takes an account',
    "refresh_token": "client.for_seller(refresh_token=…) or Credentials.from_env(refresh_token=…) takes a seller's",
    "lwa_app_id": "credentials=Credentials(client_id=…, client_secret=…, refresh_token=…) takes it as client_id",
    "lwa_client_secret": "credentials=Credentials(client_id=…, client_secret=…, refresh_token=…) takes it",
    "client_id": "credentials=Credentials(client_id=…, client_secret=…, refresh_token=…) takes it",
    "client_secret": "credentials=Credentials(client_id=…, client_secret=…, refresh_token=…) takes it",
    "credential_providers": "from_env() searches the same places",
    "restricted_data_token": f"{_TOKEN}; no message needs one",
    "access_token": _TOKEN,
    "auth_token_client_class": "token_provider= takes a function that returns a token",
    "aws_access_key": _UNSIGNED,
    "aws_secret_key": _UNSIGNED,
    "role_arn": _UNSIGNED,
    "scope": _NOT_NEEDED,
    "grant_type": _NOT_NEEDED,
    "proxies": 'proxy="http://…" takes one URL',
    "version": "there is one version of the Messaging API, so leave it out",
    "region": "the marketplace decides the region",
    "base_url": "endpoint= takes it",
    "host": "endpoint= takes it",
    "oauth_endpoint": "lwa_endpoint= takes it",
    "token_url": "lwa_endpoint= takes it",
    "port": 'endpoint="http://127.0.0.1:9000" takes it',
    "http_client": "transport= takes an httpx transport",
    "max_retries": "retry=RetryPolicy(attempts=…) takes it",
    "throttle": "limiter=Unlimited() switches pacing off",
    "async_req": "AsyncMessagingClient is for asyncio",
    "body": "its fields are arguments of their own: text=…, attachments=[…]",
    "rawMessageBody": "text= takes it",
    "message": "text= takes it",
    "marketplaceIds": _MARKETPLACE,
    "MarketplaceIds": _MARKETPLACE,
    "marketplace_ids": _MARKETPLACE,
    "marketplace_id": _MARKETPLACE,
    "marketplaceId": _MARKETPLACE,
    "amazonOrderId": _ORDER,
    "amazon_order_id": _ORDER,
    "orderId": _ORDER,
    "resource": 'upload(order_id, "invoice", file) makes it itself',
    "contentMD5": _CALCULATED,
    "content_md5": _CALCULATED,
    "contentType": "the file's name decides it; upload(…, content_type=…) says otherwise",
    "content_type": "the file's name decides it; upload(…, content_type=…) says otherwise",
    "file": "attachments=[file] takes it",
    "files": "attachments=[…] takes them",
    "fileName": 'attachments=[("invoice.pdf", data)] names a file',
    "uploadDestinationId": "attachments=[path] uploads the file and sends it",
    "coverageStartDate": "coverage_start_date is its name here",
    "coverageEndDate": "coverage_end_date is its name here",
}


_BY_NAME = ' Give each of them by name, such as marketplace="DE".'
# A longer list of arguments helps nobody.
MAX_LISTED = 120


def hint(name: str) -> str:
    """What to write instead of an argument, as the end of a sentence; empty, if nothing is known of it."""
    return f" {name}=: {HINTS[name]}." if name in HINTS else ""


def with_hints(problems: Iterable[Problem]) -> list[Problem]:
    """Problems of a message; those about an argument of another client say what to write here."""
    return [problem._replace(remedy=f"{problem.remedy}{hint(problem.field)}".strip()) for problem in problems]


def unexpected(function: str, name: str, known: Iterable[str]) -> TypeError:
    """The error for an argument that a function does not take."""
    return TypeError(f"{function}() got an unexpected keyword argument {name!r}.{_instead(name, known)}")


def _instead(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    if name in HINTS:
        return hint(name)
    near = get_close_matches(name, [each for each in known if each != "self"], 1)
    return f" Did you mean {near[0]}=?" if near else ""


def explained(function: Callable[P, T]) -> Callable[P, T]:
    """The function, with a TypeError that explains arguments that do not fit. What it raises shows no variables."""
    if inspect.iscoroutinefunction(function):

        async def awaited(*arguments: Any, **named: Any) -> Any:
            try:
                with hidden_variables():
                    return await cast("Callable[..., Awaitable[Any]]", function)(*arguments, **named)
            except TypeError as error:
                if not _is_about_the_call(error):
                    raise
                wrong = _explanation(error, function, arguments, named)
            finally:
                del arguments, named  # a traceback would show them
            raise wrong

        return cast("Callable[P, T]", functools.wraps(function)(awaited))

    def called(*arguments: Any, **named: Any) -> Any:
        try:
            with hidden_variables():
                return function(*arguments, **named)
        except TypeError as error:
            if not _is_about_the_call(error):
                raise
            wrong = _explanation(error, function, arguments, named)
        finally:
            del arguments, named
        raise wrong

    return cast("Callable[P, T]", functools.wraps(function)(called))


def _is_about_the_call(error: TypeError) -> bool:
    """Whether Python refused the arguments, so that the function never ran."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None


def _explanation(error: TypeError, function: Callable[..., Any], arguments: Any, named: Iterable[str]) -> TypeError:
    owner = arguments[0] if arguments else None
    own_class = owner.__name__ if isinstance(owner, type) else type(owner).__name__
    name = own_class if function.__name__ == "__init__" else f"{own_class}.{function.__name__}"
    said = str(error).replace(f"{function.__qualname__}()", f"{name}()")
    said = said.partition(". Did you mean")[0]  # Python 3.13 guesses too, and knows no other clients
    more = ""
    if "positional argument" in said:
        more = _order_of(function)
    elif given := next((given for given in named if f"'{given}'" in said), ""):
        more = _instead(given, inspect.signature(function).parameters)
    return TypeError(f"{said}.{more}" if more else said)


def _order_of(function: Callable[..., Any]) -> str:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    first = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    others = ", ".join(f"{each.name}=…" for each in parameters if each.kind is each.KEYWORD_ONLY)
    by_name = f": {others}" if others else ""
    if not first:
        return f" Give each of them by name{by_name}." if len(by_name) < MAX_LISTED else _BY_NAME
    return f" Give {', '.join(first)} in this order, and the others by name{by_name}."
