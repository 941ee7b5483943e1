"""The Redis server: its address, its connections, the script that runs on it, and what its errors mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from spapi_messaging._io.clock import Clock
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging.errors import ConfigurationError, NetworkError, SpApiMessagingError

if TYPE_CHECKING:
    import redis
    from redis.commands.core import Script

#: A reply of the script: numbers alone.
Reply = list[int]

_MAX_CONNECTIONS = 64
# How long a server is left alone that did not answer in time.
_HUNG_SECONDS = 1.0
_SCHEMES = ("redis", "rediss", "unix")
# What a server says that can be reached and may serve the same request later, where redis-py has no class for it.
_PASSING = re.compile(r"\b(LOADING|READONLY|OOM|MISCONF|NOREPLICAS|MASTERDOWN|BUSY|UNKILLABLE)\b")


class Request(NamedTuple):
    """The keys and the arguments of a script."""

    keys: Sequence[str]
    arguments: Sequence[str | int]


class _Hung(NamedTuple):
    """A server that did not answer in time."""

    until: float
    told: str


class Server:
    """A Redis server. It connects on first use, and anew in a forked process.

    Args:
        url: such as ``redis://host:6379/0``. It is checked now.
        timeout: seconds for a connection, and for a reply.
        clock: tells for how long a server that hangs was left alone.
    """

    def __init__(self, url: str, timeout: float, clock: Clock) -> None:
        self.shown = _shown(url)
        self._url, self._timeout, self._clock = url, timeout, clock
        self._connect()
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """The connections belong to the parent process."""
        self._lock = threading.Lock()
        self._script: Script | None = None
        self._hung: _Hung | None = None

    def run(self, request: Request) -> Reply:
        """Runs the script: one round trip, unless the server does not know the script any more.

        Raises:
            NetworkError: the server cannot be reached, or cannot serve now.
            ConfigurationError: it will refuse this again, such as a wrong password.
        """
        import redis

        self._leave_alone()
        try:
            reply: Reply = self._registered()(keys=request.keys, args=request.arguments)
        except redis.RedisError as error:
            raise self._meaning(error) from None
        return reply

    def run_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Runs the script for several buckets, in one round trip. It raises what ``run`` does."""
        import redis

        self._leave_alone()
        script = self._registered()
        try:
            with script.registered_client.pipeline(transaction=False) as pipeline:
                for keys, arguments in requests:
                    pipeline.evalsha(script.sha, len(keys), *keys, *arguments)
                replies = pipeline.execute(raise_on_error=False)
        except redis.RedisError as error:
            raise self._meaning(error) from None
        return [
            self.run(request) if isinstance(reply, Exception) else reply
            for request, reply in zip(requests, replies, strict=True)
        ]

    def close(self) -> None:
        """Closes the connections."""
        with self._lock:
            script, self._script = self._script, None
        if script is not None:
            script.registered_client.close()

    def _leave_alone(self) -> None:
        """Does not ask a server that hangs: each request would hold a thread for the whole timeout."""
        if self._hung is not None and self._clock.now() < self._hung.until:
            raise NetworkError(self._hung.told, retryable=True)

    def _registered(self) -> Script:
        with self._lock:
            if self._script is None:
                text = files(__package__).joinpath("bucket.lua").read_text(encoding="utf-8")
                self._script = self._connect().register_script(text)
            return self._script

    def _connect(self) -> redis.Redis:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ModuleNotFoundError as missing:
            if missing.name != "redis":
                raise
            raise ModuleNotFoundError(
                "RedisLimiter needs redis: pip install 'spapi-messaging[redis]'", name="redis"
            ) from None
        # Once more at once: the connection may have been lost while it was idle. The script books no ticket twice.
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        times = {"timeout": self._timeout, "socket_timeout": self._timeout, "socket_connect_timeout": self._timeout}
        try:
            pool = redis.BlockingConnectionPool.from_url(
                self._url, max_connections=_MAX_CONNECTIONS, retry=retry, **times
            )
        except (ValueError, TypeError):  # they show the URL
            raise _bad_url() from None
        return redis.Redis.from_pool(pool)

    def _meaning(self, error: redis.RedisError) -> SpApiMessagingError:
        import redis

        denied = (redis.AuthenticationError, redis.exceptions.AuthorizationError, redis.exceptions.NoPermissionError)
        told, name = str(error), type(error).__name__
        if isinstance(error, denied) or told.startswith(("NOAUTH", "NOPERM", "WRONGPASS", "Authentication required")):
            return ConfigurationError(
                f"Redis at {self.shown} refuses this user ({name}). Check the user and the password in the URL, and "
                "that the user may run EVALSHA, SCRIPT LOAD and the commands of the limiter. Nothing was sent."
            )
        passing = isinstance(error, redis.ReadOnlyError | redis.OutOfMemoryError | redis.exceptions.MasterDownError)
        if isinstance(error, redis.ResponseError) and not passing and not _PASSING.search(told):
            return ConfigurationError(
                f"Redis at {self.shown} cannot run the limiter's script ({name}). It must be one "
                "server (no node of a cluster) of version 6 or later that allows scripts. Nothing was sent."
            )
        gone = NetworkError(
            f"Redis at {self.shown} keeps the usage plans and cannot be reached or cannot serve now ({name}). Nothing "
            "was sent. Try again when it is back, or set share_without_redis.",
            retryable=True,
        )
        if isinstance(error, redis.TimeoutError):
            self._hung = _Hung(self._clock.now() + _HUNG_SECONDS, str(gone))
        return gone


def _shown(url: object) -> str:
    """The server as messages show it: without user, password and options."""
    if not isinstance(url, str):
        raise _bad_url()
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError:
        raise _bad_url() from None
    if parts.scheme not in _SCHEMES:
        raise _bad_url()
    if parts.scheme == "unix":
        return parts.path
    host = parts.hostname or "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bad_url() -> ConfigurationError:
    return ConfigurationError(
        "The URL of RedisLimiter is invalid. It looks like redis://host:6379/0, rediss://user:password@host:6379/0 or "
        "unix:///path/to/socket?db=0."
    )
