"""The four effects that a flow may ask for.

A flow is a generator. It yields effects. A driver of ``_io`` carries each one out, by blocking a thread or by
suspending a task, and sends the result back or throws the error in. Flows delegate to each other with ``yield from``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import httpx

if TYPE_CHECKING:
    from spapi_messaging._call.first_byte import FirstByte
    from spapi_messaging.messages import Operation

T = TypeVar("T")
#: A generator that yields effects and returns a T.
Flow = Generator[Any, Any, T]

#: The most bytes of content that an answer may have, both as it arrives and after decoding.
MAX_CONTENT = 16 * 2**20
#: Marks, in the extensions, an answer that has more. The answer comes without its content.
TOO_LARGE = "spapi_messaging.too_large"


class Bell:
    """Wakes whoever waits for it. It may ring before anyone waits."""

    wake: Callable[[], None] | None = None

    def ring(self) -> None:
        if self.wake is not None:
            self.wake()


class Exchange(NamedTuple):
    """Sends a request as it is. The result is an httpx.Response, read to its end, or TOO_LARGE."""

    request: httpx.Request
    until: float | None = None  # when it must be over, on the driver's clock
    first_byte: FirstByte | None = None  # passed just before the first byte of the request's headers leaves


class Purpose(NamedTuple):
    """What an exchange is for."""

    service: Literal["api", "lwa", "storage"]
    operation: Operation | None = None
    order_id: str = ""
    attempt: int = 1
    private: Callable[[], Iterable[str]] = tuple  # values of it that nobody may see


class Wait(NamedTuple):
    """Waits until ``remaining(now)`` is 0 or less. It is asked again when the bell rings; None waits for the bell."""

    remaining: Callable[[float], float | None]
    bell: Bell


class Invoke(NamedTuple):
    """Calls a function that may take time: in this thread, or beside the event loop. The result is what it returns.

    On an event loop it may be a coroutine function. At ``until`` DeadlinePassed is raised, while the function may still
    be running. ``on_loop`` is a coroutine function that does the same, and is called instead on an event loop.
    """

    function: Callable[[], Any]
    until: float | None = None
    on_loop: Callable[[], Any] | None = None


class Together(NamedTuple):
    """Runs flows side by side where the driver can. The result is the list of their results."""

    flows: Sequence[Flow[Any]]
