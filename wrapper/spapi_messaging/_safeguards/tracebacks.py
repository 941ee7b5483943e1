"""Takes the variables out of tracebacks. Tools that collect errors store those of each frame: tokens, texts, passwords.

A traceback keeps its lines, so it still shows where an error came from.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Generator, Iterator
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any, ParamSpec, TypeVar, cast

__all__ = ["hidden_variables", "hide_variables", "methods_without_variables", "without_variables"]

P = ParamSpec("P")
T = TypeVar("T")
_Class = TypeVar("_Class", bound=type)


def hide_variables(error: BaseException, handled: BaseException | None = None) -> None:
    """Takes the variables of all frames so far from an error, and from those that led to it.

    Nothing is done to the frames themselves: other calls may still have them on their stacks.

    Args:
        error: an error that is about to reach the caller.
        handled: the exception that the caller was handling before; it and its chain stay as they are.
    """
    pending: list[BaseException | None] = [error]
    seen = set() if handled is None else {id(handled)}
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = _bare(each.__traceback__)
        pending += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions


class hidden_variables:
    """Within this block, errors lose the variables of all frames so far, those of the block's own function included.

    It adds no frame to the stack, so warnings point to the same line with and without it.
    """

    def __enter__(self) -> None:
        self._handled = sys.exception()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            hide_variables(error, self._handled)


def without_variables(function: Callable[P, T]) -> Callable[P, T]:
    """The function, whose errors show no variables of it, nor of anything below it.

    It may be a coroutine function or a generator function. An asynchronous generator uses ``hidden_variables`` itself.
    """
    if inspect.iscoroutinefunction(function):

        async def awaited(*arguments: Any, **named: Any) -> Any:
            with hidden_variables():
                return await cast("Callable[..., Any]", function)(*arguments, **named)

        return cast("Callable[P, T]", functools.wraps(function)(awaited))
    if inspect.isgeneratorfunction(function):

        def generated(*arguments: Any, **named: Any) -> Generator[Any, Any, Any]:
            with hidden_variables():
                return (yield from function(*arguments, **named))

        return cast("Callable[P, T]", functools.wraps(function)(generated))

    def called(*arguments: Any, **named: Any) -> Any:
        with hidden_variables():
            return function(*arguments, **named)

    return cast("Callable[P, T]", functools.wraps(function)(called))


def methods_without_variables(made: _Class) -> _Class:
    """A class whose constructor, iterator and public methods are as ``without_variables`` makes them."""
    for name, method in list(vars(made).items()):
        if isinstance(method, FunctionType) and (name in ("__init__", "__iter__") or not name.startswith("_")):
            setattr(made, name, without_variables(method))
    return made


def _bare(traceback: TracebackType | None) -> TracebackType | None:
    """The same lines, in frames that have no variables."""
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    made = None
    for entry in reversed(entries):
        made = TracebackType(made, _bare_frame(entry.tb_frame, entry.tb_lineno), 0, entry.tb_lineno)
    return made


def _bare_frame(frame: FrameType, line: int) -> FrameType:
    """A frame at the same line of the same function, without variables: that of a generator which never began."""
    make: Callable[[], Any] = FunctionType(
        _bare_code(frame.f_code, line), {"__name__": frame.f_globals.get("__name__")}
    )
    made: FrameType = make().gi_frame
    return made


@functools.lru_cache(maxsize=1000)
def _bare_code(code: CodeType, line: int) -> CodeType:
    return _nothing.__code__.replace(
        co_filename=code.co_filename,
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_firstlineno=code.co_firstlineno,
        co_linetable=_all_in_line(line - code.co_firstlineno),
    )


def _nothing() -> Iterator[None]:
    yield


def _all_in_line(number: int) -> bytes:
    """A table of lines in which all instructions are in one line, whose number counts from the function's first one.

    A task that failed asks its frames for their line, and not its traceback.
    """
    rest = 2 * abs(number) + (number < 0)
    digits = []
    while rest >= _BASE:
        digits.append(rest % _BASE + _BASE)  # the last digit is the one without this
        rest //= _BASE
    return bytes([_EIGHT_MORE, *digits, rest]) + bytes([_EIGHT_MORE, 0]) * (len(_nothing.__code__.co_code) // 16)


# How CPython writes such tables since 3.11: for up to eight instructions, by how much their line differs from the last.
_EIGHT_MORE, _BASE = 0xEF, 64
