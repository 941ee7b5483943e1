"""Which pools of Celery a sender works in."""

from __future__ import annotations

from kombu.utils import compat

GREEN_THREADS = (
    "The pools gevent and eventlet replace Python's threads, and a sender needs real ones. Start the worker of these "
    "slices with --pool=prefork, solo or threads: one process serves hundreds of sellers at once anyway."
)


def has_green_threads() -> bool:
    """Whether gevent or eventlet has replaced the threads of this process."""
    environment = compat.detect_environment()  # type: ignore[no-untyped-call]
    return bool(environment != "default")
