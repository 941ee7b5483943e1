"""Runs the script on the Redis server, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from spapi_messaging._io.fork import reset_in_child
from spapi_messaging._redis.address import Address, script_text

if TYPE_CHECKING:
    from redis.commands.core import Script

#: A reply of the script: numbers alone.
Reply = list[int]
#: What redis-py lets through when something other than Redis answers.
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

# How many numbers each reply has: whether there was room, the wait, the bucket's interval and burst, its beginning.
_OF_EACH_REPLY = 5
_LARGEST = 2**63


class Request(NamedTuple):
    """The keys and the arguments of a script.

    Args:
        told: how many further numbers the reply to this request has.
    """

    keys: Sequence[str]
    arguments: Sequence[str | int]
    told: int = 0


def checked(reply: object, request: Request) -> Reply:
    """The reply, if the script can have made it.

    Raises:
        ValueError: something else answered.
    """
    if not isinstance(reply, list) or len(reply) != _OF_EACH_REPLY + request.told:
        raise ValueError
    if not all(type(number) is int and abs(number) < _LARGEST for number in reply) or min(reply[2:4]) < 1:
        raise ValueError
    return reply


class Server:
    """Connections for threads. They are opened on first use, and anew in a forked process."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connect()  # which checks the URL's options
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """The connections belong to the parent process."""
        self._lock = threading.Lock()
        self._script: Script | None = None

    def run(self, request: Request) -> Reply:
        """Runs the script: one round trip, unless the server does not know the script any more.

        Raises:
            NetworkError: the server cannot be reached, or cannot serve now.
            ConfigurationError: it will refuse this again, such as a wrong password.
        """
        import redis

        self._address.check_answering()
        try:
            return checked(self._registered()(keys=request.keys, args=request.arguments), request)
        except (redis.RedisError, *UNREADABLE) as error:
            raise self._address.meaning(error) from None

    def run_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Runs the script for several buckets, in one round trip. It raises what ``run`` does."""
        import redis

        self._address.check_answering()
        script = self._registered()
        try:
            with script.registered_client.pipeline(transaction=False) as pipeline:
                for keys, arguments, _ in requests:
                    pipeline.evalsha(script.sha, len(keys), *keys, *arguments)
                replies = pipeline.execute(raise_on_error=False)
            return [
                self.run(request) if isinstance(reply, Exception) else checked(reply, request)
                for request, reply in zip(requests, replies, strict=True)
            ]
        except (redis.RedisError, *UNREADABLE) as error:
            raise self._address.meaning(error) from None

    def close(self) -> None:
        """Closes the connections. The next request opens them again."""
        with self._lock:
            script, self._script = self._script, None
        if script is not None:
            script.registered_client.close()

    def _registered(self) -> Script:
        with self._lock:
            if self._script is None:
                self._script = self._connect()
            return self._script

    def _connect(self) -> Script:
        import redis
        from redis.retry import Retry

        pool = self._address.pool(redis.BlockingConnectionPool, Retry)
        return redis.Redis.from_pool(pool).register_script(script_text())
