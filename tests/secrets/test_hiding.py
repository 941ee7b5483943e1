"""Errors without variables: the lines stay, and nobody else's error or frame is touched."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_messaging._safeguards.tracebacks import (
    hidden_variables,
    hide_variables,
    methods_without_variables,
    without_variables,
)
from tests.secrets.capturing import chain, frames_of

# Put together, so that no line of source shows it.
SECRET = "-".join(["hush", "hush"])


def fail(secret: str) -> None:
    """Fails with a cause, a context and a group, each with the secret in its frames."""

    def inner(held: str) -> None:
        try:
            raise KeyError
        except KeyError as cause:
            raise ExceptionGroup("several", [_caught(held)]) from cause

    inner(secret)


def _caught(held: str) -> ArithmeticError:
    try:
        [part for part in held if 1 // 0]
        raise AssertionError
    except ArithmeticError as error:
        return error


def variables_of(error: BaseException) -> list[dict[str, object]]:
    return [frame.f_locals for each in chain(error) for frame in frames_of(each)]


@settings(max_examples=20)
@given(secret=st.text("abcdefghijklmnopqrstuvwxyz", min_size=8))
def test_no_frame_below_shows_a_variable_and_each_line_is_kept(secret: str) -> None:
    with pytest.raises(ExceptionGroup) as plain:
        fail(secret)
    with pytest.raises(ExceptionGroup) as hidden:
        without_variables(fail)(secret)

    def lines(error: BaseException, own: int) -> list[tuple[str, str, int | None]]:
        return [(found.filename, found.name, found.lineno) for found in traceback.extract_tb(error.__traceback__)[own:]]

    assert lines(hidden.value, 2) == lines(plain.value, 1)
    assert any(secret in str(each) for each in variables_of(plain.value))
    # The test's own frame is the caller's, and keeps its variables.
    assert not any(secret in str(each) for each in variables_of(hidden.value)[1:])
    assert "raise ExceptionGroup" in "".join(traceback.format_exception(hidden.value))


def test_an_error_that_the_caller_was_handling_keeps_its_variables() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        try:
            fail("the caller's")
        except ExceptionGroup as own:
            before = own.__traceback__
            try:
                without_variables(fail)("ours")
            except ExceptionGroup as ours:
                assert own.__traceback__ is before
                assert ours.__cause__ is not None
            raise
    assert "the caller's" in str(variables_of(raised.value))


def test_a_coroutine_and_a_generator_show_no_variable_either() -> None:
    @without_variables
    async def coroutine(secret: str) -> None:
        fail(secret)

    @without_variables
    def generator(secret: str) -> Iterator[int]:
        yield 1
        fail(secret)

    calls: list[Callable[[], object]] = [lambda: asyncio.run(coroutine(SECRET)), lambda: list(generator(SECRET))]
    for call in calls:
        with pytest.raises(ExceptionGroup) as raised:
            call()
        assert SECRET not in str(variables_of(raised.value)[1:])


def test_a_generator_is_closed_and_told_as_before() -> None:
    seen: list[object] = []

    @without_variables
    def generator() -> Iterator[object]:
        try:
            seen.append((yield 1))
            yield 2
        finally:
            seen.append("closed")

    made = generator()
    next(made)
    assert made.send("hello") == 2  # type: ignore[attr-defined]
    made.close()  # type: ignore[attr-defined]
    assert seen == ["hello", "closed"]


def test_an_asynchronous_generator_hides_what_its_block_holds() -> None:
    async def outcomes(secret: str) -> AsyncIterator[str]:
        with hidden_variables():
            yield "first"
            fail(secret)

    async def take_all() -> list[str]:
        return [outcome async for outcome in outcomes(SECRET)]

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(take_all())
    assert SECRET not in str(variables_of(raised.value))
    assert any(entry.name == "fail" for entry in traceback.extract_tb(raised.value.__traceback__))


def test_of_a_class_the_constructor_and_the_public_methods_show_none() -> None:
    @methods_without_variables
    class Shop:
        def __init__(self, password: str = "") -> None:
            if password:
                fail(password)

        def send(self, text: str) -> None:
            """Sends."""
            fail(text)

    for call in (lambda: Shop(SECRET), lambda: Shop().send(SECRET)):
        with pytest.raises(ExceptionGroup) as raised:
            call()
        assert SECRET not in str(variables_of(raised.value)[1:])
    assert Shop.send.__doc__ == "Sends."


def test_errors_that_lead_to_each_other_come_to_an_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__context__ = other, one
    hide_variables(one)
