"""The suite itself: no test reaches the network by accident."""

from __future__ import annotations

import asyncio
import socket

import pytest

DOCUMENTATION_ADDRESS = ("192.0.2.1", 443)


def test_other_hosts_are_out_of_reach() -> None:
    with socket.socket() as connection, pytest.raises(RuntimeError, match="Network is disabled"):
        connection.connect(DOCUMENTATION_ADDRESS)


async def test_other_hosts_are_out_of_reach_for_asyncio() -> None:
    with pytest.raises(RuntimeError, match="Network is disabled"):
        await asyncio.open_connection(*DOCUMENTATION_ADDRESS)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
