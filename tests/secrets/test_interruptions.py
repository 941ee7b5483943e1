"""An error in any function, of ours or of the HTTP library: memory that runs out, or Ctrl-C in the middle of a call."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import h11
import httpcore
import httpx
import pytest

import spapi_messaging
from spapi_messaging import AsyncMessagingClient, MessagingClient, RetryPolicy
from spapi_messaging._io.token_cells import token_cell
from spapi_messaging.limiters import Unlimited
from tests.secrets.amazon import ORDER, answers
from tests.secrets.capturing import check, frames_of, without_frames_of_tests
from tests.secrets.planting import SECRETS
from tests.support.servers import Server

FOLDERS = tuple(str(Path(str(module.__file__)).parent) for module in (spapi_messaging, httpx, httpcore, h11))
#: Every 16th function is tried, so that this takes two seconds in all. Each kind of client and error has its own.
STEP = 16
#: Here our outermost function takes over, and hides variables. What interrupts this is not hidden: see SECURITY.md.
HIDING = ("hidden_variables.__enter__", "hidden_variables.__exit__")

Place = tuple[str, str, int]  # file, function and line
Trace = Callable[[FrameType, str, Any], Any]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(answers) as running:
        yield running


def send(kind: str, url: str) -> None:
    """Gets a token, uploads a file and sends a text."""
    token_cell.cache_clear()
    given: dict[str, Any] = {
        "credentials": CREDENTIALS,
        "marketplace": "DE",
        "endpoint": url,
        "lwa_endpoint": f"{url}/auth/o2/token",
        "limiter": Unlimited(),
        "retry": RetryPolicy(attempts=1),
    }
    message: dict[str, Any] = {"text": SECRETS.buyers_text, "attachments": [("a.txt", SECRETS.file_content.encode())]}

    async def main() -> None:
        async with AsyncMessagingClient(**given) as client:
            await client.send(ORDER, "digitalAccessKey", **message)

    if kind == "asyncio":
        asyncio.run(main())
    else:
        with MessagingClient(**given) as client:
            client.send(ORDER, "digitalAccessKey", **message)


CREDENTIALS = SECRETS.credentials


def traced(trace: Trace, work: Callable[[], None]) -> None:
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)


def last_lines(work: Callable[[], None]) -> list[Place]:
    """The last line of each function that runs: there it has most of its variables."""
    seen: dict[tuple[str, str], int] = {}

    def trace(frame: FrameType, event: str, _: Any) -> Trace | None:
        name = frame.f_code.co_filename
        if event == "line":
            place = name, frame.f_code.co_qualname
            seen[place] = max(seen.get(place, 0), frame.f_lineno)
        return trace if name.startswith(FOLDERS) else None

    traced(trace, work)
    return [(*place, line) for place, line in seen.items() if place[1] not in HIDING]


def failing(place: Place, error: type[BaseException]) -> Trace:
    """Raises an error once, when a line is reached."""
    file, function, line = place
    pending = [error]

    def trace(frame: FrameType, event: str, _: Any) -> Trace | None:
        code = frame.f_code
        if (code.co_filename, code.co_qualname) != (file, function):
            return None
        if event == "line" and frame.f_lineno == line and pending:
            raise pending.pop()
        return trace

    return trace


# Python says what it does with an error in a callback of the event loop, or of the collector: nobody could catch it.
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning"
)
@pytest.mark.parametrize(
    ("kind", "error", "first"),
    [("threads", MemoryError, 0), ("threads", KeyboardInterrupt, 3), ("asyncio", MemoryError, 7)],
    ids=["threads: memory", "threads: Ctrl-C", "asyncio: memory"],
)
def test_no_variable_of_ours_is_shown(kind: str, error: type[BaseException], first: int, server: Server) -> None:
    send(kind, server.url)
    places = last_lines(lambda: send(kind, server.url))[first::STEP]
    assert len(places) > 15
    failed = 0
    for place in places:
        try:
            traced(failing(place, error), lambda: send(kind, server.url))
        except BaseException as raised:
            failed += 1
            check(raised)
            assert all(not frame.f_locals for frame in frames_of(without_frames_of_tests(raised)) if is_ours(frame)), (
                place
            )
    assert failed > 10
    gc.collect()  # here, and in no later test: connections that nobody could close are warned of


def is_ours(frame: FrameType) -> bool:
    """Whether it is a frame of the package, except the outermost ones that hold nothing but their own class."""
    return frame.f_code.co_filename.startswith(FOLDERS[0]) and frame.f_code.co_name not in (
        "__enter__",
        "__exit__",
        "__aenter__",
        "__aexit__",
    )
