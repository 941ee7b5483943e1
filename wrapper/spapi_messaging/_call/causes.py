"""What an error may keep of the exception that caused it. Pure.

The frames of the HTTP library hold requests to the byte, tokens and texts included, and what it says may quote what a
server or a proxy sent, which in turn may quote the request.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

import httpx

from spapi_messaging._call.secrets import redact

# These say what was wrong with an answer. In a plain sentence they quote nothing of it.
_ABOUT_ANSWERS = (httpx.ProtocolError, httpx.DecodingError)
_PLAIN = re.compile(r"[\w ,.()/-]*", re.ASCII)


def said_by(error: BaseException, private: Iterable[str] = ()) -> str:
    """What an exception of the HTTP library says, as far as it may be shown."""
    said = str(error)
    if isinstance(error, httpx.ProxyError):
        return said[:3] if re.match(r"[45]\d\d\b", said) else ""  # the status, without the proxy's words
    if isinstance(error, _ABOUT_ANSWERS) and not _PLAIN.fullmatch(said):
        return ""
    return redact(said, private)


def cause_of(error: BaseException, private: Iterable[str] = ()) -> BaseException:
    """The cause to raise an error from. For one of the HTTP library: a new one of its class, without frames."""
    if not isinstance(error, httpx.HTTPError | httpx.StreamError):
        return error
    said = said_by(error, private)
    # A class of the user's own, or one that wants more than a message, is replaced by the nearest that does not.
    for each in type(error).__mro__:
        if each.__module__.startswith("httpx"):
            for arguments in ((said,), ()):
                with contextlib.suppress(Exception):
                    return each(*arguments)  # type: ignore[no-any-return]
    raise AssertionError("HTTPError and StreamError take a message")


def forget_frames(error: BaseException, handled: BaseException | None) -> None:
    """Takes the frames so far from an interruption, which is raised unchanged, and from those in its chain.

    Args:
        error: what ended an exchange. An Exception is left alone here: ``cause_of`` makes a new one of it.
        handled: the exception that the caller was handling before; it and its chain stay as they are.
    """
    each = None if isinstance(error, Exception) else error
    seen: set[int] = set()
    while each is not None and each is not handled and id(each) not in seen:
        seen.add(id(each))
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
