"""Where the Redis server is, how to connect to it, and what its errors mean."""

from __future__ import annotations

import contextlib
import re
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from spapi_messaging._io.clock import Clock
from spapi_messaging.errors import ConfigurationError, NetworkError, SpApiMessagingError

#: Connections at once: for the threads of a process, and for each event loop.
MAX_CONNECTIONS = 16
# Seconds for which a server that did not answer in time is left alone.
_HUNG_SECONDS = 1.0
_SCHEMES = ("redis", "rediss", "unix")
# What a server says that can be reached and may serve the same request later, where redis-py has no class for it.
_PASSING = re.compile(r"\b(LOADING|READONLY|OOM|MISCONF|NOREPLICAS|MASTERDOWN|BUSY|UNKILLABLE)\b")


class _Hung(NamedTuple):
    """A server that did not answer in time."""

    until: float
    told: str


class Address:
    """A Redis server, as the URL names it.

    Args:
        url: such as ``redis://host:6379/0``. It is checked here.
        timeout: seconds for a connection, and for a reply.
        clock: tells for how long a server that hangs was left alone.
    """

    def __init__(self, url: str, timeout: float, clock: Clock) -> None:
        self.shown = _shown(url)
        self._url, self._timeout, self._clock = url, timeout, clock
        self._hung: _Hung | None = None

    def pool(self, pool_class: Any, retry_class: Any) -> Any:
        """A pool of connections: redis-py has a class for threads, and another one for an event loop."""
        import redis
        from redis.backoff import NoBackoff

        # Once more at once: the connection may have been lost while it was idle. The script books no ticket twice.
        retry = retry_class(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        times = {"timeout": self._timeout, "socket_timeout": self._timeout, "socket_connect_timeout": self._timeout}
        with contextlib.suppress(ValueError, TypeError):  # such errors show the URL, so ours must not refer to them
            pool = pool_class.from_url(self._url, max_connections=MAX_CONNECTIONS, retry=retry, **times)
            pool.connection_class(**pool.connection_kwargs)  # refuses an option that it does not know
            return pool
        raise _bad_url()

    def check_answering(self) -> None:
        """Raises NetworkError for a server that hangs: each request would take the whole timeout."""
        if self._hung is not None and self._clock.now() < self._hung.until:
            raise NetworkError(self._hung.told, retryable=True)

    def meaning(self, error: Exception) -> SpApiMessagingError:
        """The error to raise instead of one of redis-py: it names the server, and shows no secret."""
        from redis import exceptions

        if not isinstance(error, exceptions.RedisError):
            return NetworkError(
                f"What answers at {self.shown} is not a Redis server, or something on the way changes its replies "
                f"({type(error).__name__}). Nothing was sent. Check the URL of RedisLimiter.",
                retryable=True,
            )

        denied = (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError)
        told, name = str(error), type(error).__name__
        # A server that wants a password reads no long request without it, and redis-py before 8 sends one all the same.
        unauthenticated = "unauthenticated" in told or told.startswith(("NOAUTH", "NOPERM", "WRONGPASS"))
        if isinstance(error, denied) or unauthenticated:
            return ConfigurationError(
                f"Redis at {self.shown} refuses this user ({name}). Check the user and the password in the URL, and "
                "that the user may run EVALSHA, SCRIPT LOAD and the commands of the limiter. Nothing was sent."
            )
        passing = isinstance(error, exceptions.ReadOnlyError | exceptions.OutOfMemoryError | exceptions.MasterDownError)
        if isinstance(error, exceptions.ResponseError) and not passing and not _PASSING.search(told):
            return ConfigurationError(
                f"Redis at {self.shown} cannot run the limiter's script ({name}). It must be one server (no node of a "
                "cluster) of version 6 or later that allows scripts, and it must have the database that the URL names. "
                "Nothing was sent."
            )
        gone = NetworkError(
            f"Redis at {self.shown} keeps the usage plans and cannot be reached or cannot serve now ({name}). Nothing "
            "was sent. Try again when it is back, or set share_without_redis.",
            retryable=True,
        )
        if isinstance(error, exceptions.TimeoutError):
            self._hung = _Hung(self._clock.now() + _HUNG_SECONDS, str(gone))
        return gone


def script_text() -> str:
    """The script of a bucket."""
    return files("spapi_messaging._redis").joinpath("bucket.lua").read_text(encoding="utf-8")


def require_redis() -> None:
    """Raises ModuleNotFoundError, which names the extra, if redis-py is not installed."""
    try:
        import redis  # noqa: F401
    except ModuleNotFoundError as missing:
        if missing.name != "redis":  # pragma: no cover - redis is there, and lacks a library of its own
            raise
        message = "RedisLimiter needs redis: pip install 'spapi-messaging[redis]'"
        raise ModuleNotFoundError(message, name="redis") from None


def _shown(url: object) -> str:
    """The server as messages show it: without user, password and options."""
    if not isinstance(url, str):
        raise _bad_url()
    found = None
    with contextlib.suppress(ValueError):  # it shows what stands where the port belongs: a piece of a password, say
        parts = urlsplit(url)
        found = parts, parts.port or 6379
    if found is None:
        raise _bad_url()
    parts, port = found
    if parts.scheme not in _SCHEMES or (parts.scheme == "unix" and not parts.path):
        raise _bad_url()
    if parts.scheme == "unix":
        return parts.path
    if not re.fullmatch("/?|/[0-9]+", parts.path):  # redis-py would take database 0
        raise _bad_url()
    host = parts.hostname or "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bad_url() -> ConfigurationError:
    return ConfigurationError(
        "The URL of RedisLimiter is invalid. It looks like redis://host:6379/0, rediss://user:password@host:6379/0 or "
        "unix:///path/to/socket?db=0."
    )
