"""A program that forks after its first calls: python -m tests.processes.forking KIND URL CERTIFICATE.

Each of its processes writes one line of JSON: its name, the calls that went wrong, and, in a child, how many of the
parent's connections it still has open at its end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from spapi_messaging import AccessDeniedError
from tests.support.programs import LASTING, TEXT, client_for
from tests.support.servers import PATIENCE

ROUNDS = 6
MOST_WRONG = 3  # enough to see what is wrong


class Caller:
    """Calls a client of either kind, from the main thread.

    It starts no threads: OpenSSL may hold a lock of the whole process while a thread ends, and a child that was forked
    just then would wait for it for ever.
    """

    def __init__(self, kind: str, url: str, certificate: str) -> None:
        self.kind = kind
        self.client = client_for(kind, url, keepalive_expiry=LASTING, verify=certificate or True)
        self._loop = asyncio.new_event_loop()

    def end_of(self, call: Callable[[], Any]) -> Any:
        """The result of a call, or its exception."""
        try:
            made = call()
            return self._loop.run_until_complete(made) if isinstance(made, Awaitable) else made
        except Exception as error:
            return error

    def read(self, order: str) -> Any:
        return self.end_of(lambda: self.client.get_attributes(order))

    def say(self, order: str) -> Any:
        return self.end_of(lambda: self.client.send(order, "confirmOrderDetails", text=TEXT))

    def close(self) -> None:
        failed = self.end_of(self.client.close if self.kind == "threads" else self.client.aclose)
        assert failed is None, failed

    def after_fork(self) -> None:
        """In a child: goes on with an event loop of its own. The inherited one is the parent's, and is left alone."""
        self._inherited = self._loop
        self._loop = asyncio.new_event_loop()


def main(kind: str, url: str, certificate: str) -> None:
    caller = Caller(kind, url, certificate)
    before = sockets()  # among them those of the event loop
    wrong = [*wrong_calls(caller, "parent-first", 1)]
    held: list[Any] = []
    if kind == "threads":  # a call that is on its way while the program forks
        thread = Thread(target=lambda: held.append(caller.read("held")), daemon=True)
        thread.start()
        caller.read("parent-after-held")
    connections = sockets() - before
    children = [
        fork(caller, partial(close, connections=connections)),
        fork(caller, partial(call, name="child-1", connections=connections)),
        fork(caller, partial(call, name="child-2", connections=connections)),
    ]
    wrong += wrong_calls(caller, "parent-then")
    wrong += go_on_until_they_end(caller, children)
    if kind == "threads":
        caller.read("parent-release")
        thread.join(PATIENCE)
        if [getattr(answer, "locale", answer) for answer in held] != ["held"]:
            wrong.append(f"the call that was on its way got {held}")
    wrong += wrong_calls(caller, "parent-last", 1)
    report("parent", wrong)
    caller.close()


def call(caller: Caller, name: str, connections: set[str]) -> None:
    """What a child does."""
    wrong = [*wrong_calls(caller, name)]
    report(name, wrong, len(connections & sockets()))
    caller.close()


def close(caller: Caller, connections: set[str]) -> None:
    """What a child does that has no use for the client."""
    caller.close()
    report("closer", [], len(connections & sockets()))


def wrong_calls(caller: Caller, name: str, rounds: int = ROUNDS) -> Iterator[str]:
    """Reads, sends, and sends that the server refuses; tells of those that did not get their own answer."""
    found = 0
    for number in range(rounds):
        read, sent, refused = (f"{name}-{word}-{number}" for word in ("read", "sent", "refused"))
        got = {read: caller.read(read), sent: caller.say(sent), refused: caller.say(refused)}
        right = {
            read: getattr(got[read], "locale", None) == read,
            sent: getattr(got[sent], "status_code", None) == 201,
            refused: isinstance(got[refused], AccessDeniedError),
        }
        for order in (order for order, is_right in right.items() if not is_right):
            yield f"{order} got {got[order]!r:.200}"
            found += 1
        if found >= MOST_WRONG:
            return


def go_on_until_they_end(caller: Caller, children: list[int]) -> Iterator[str]:
    """Keeps the parent's connection in use until all children have ended."""
    last = time.perf_counter() + PATIENCE
    while children:
        for child in [child for child in children if os.waitpid(child, os.WNOHANG) != (0, 0)]:
            children.remove(child)
        if time.perf_counter() > last:
            for child in children:
                os.kill(child, signal.SIGKILL)
            yield f"{len(children)} children did not end"
            return
        time.sleep(0.02)
        if wrong := list(wrong_calls(caller, "parent-between", 1)):
            yield from wrong
            last = min(last, time.perf_counter() + 1)


def fork(caller: Caller, work: Callable[[Caller], None]) -> int:
    """Starts a child, and returns its process id."""
    child = os.fork()
    if child == 0:
        try:
            caller.after_fork()
            work(caller)
        except BaseException as error:
            report("a child", [f"it ended with {error!r:.200}"])
        finally:
            os._exit(0)
    return child


def report(name: str, wrong: list[str], inherited: int = 0) -> None:
    """One write, so that the lines of several processes do not mix."""
    os.write(1, json.dumps({"name": name, "wrong": wrong, "inherited": inherited}).encode() + b"\n")


def sockets() -> set[str]:
    """The sockets that this process has open."""
    found = set()
    for path in Path("/proc/self/fd").iterdir() if Path("/proc/self/fd").exists() else ():
        try:
            found.add(str(path.readlink()))
        except OSError:
            continue  # it was the one of this listing
    return {name for name in found if name.startswith("socket:")}


if __name__ == "__main__":
    main(*sys.argv[1:])
