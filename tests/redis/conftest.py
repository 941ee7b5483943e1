"""Limiters on the tests' own Redis server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.redis_bench import NewBench, RedisBench
from tests.support.redis_server import Server, find_program


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One that a test may stop, pause and set up."""
    program = find_program()
    if program is None:
        pytest.skip("no Redis server on this machine")
    server = Server(program)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def bench(redis_server: Server) -> Iterator[RedisBench]:
    made = RedisBench(redis_server.url)
    yield made
    made.limiter.close()


@pytest.fixture
def new_bench(redis_server: Server) -> Iterator[NewBench]:
    """Makes benches, for a server and with options."""
    made: list[RedisBench] = []

    def make(server: Server = redis_server, **options: Any) -> RedisBench:
        made.append(RedisBench(server.url, **options))
        return made[-1]

    yield make
    for each in made:
        each.limiter.close()
