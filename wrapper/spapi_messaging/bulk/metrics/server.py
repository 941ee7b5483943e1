"""A small HTTP server in a thread, from which Prometheus fetches the metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

from spapi_messaging.bulk.metrics.collector import LedgerCollector
from spapi_messaging.bulk.metrics.worker import WorkerMetrics
from spapi_messaging.errors import ConfigurationError, LedgerError

if TYPE_CHECKING:
    from spapi_messaging.bulk.ledger import Ledger

__all__ = ["MetricsServer", "start_metrics_server"]

log = logging.getLogger("spapi_messaging.bulk")


class MetricsServer(WorkerMetrics):
    """What ``start_metrics_server`` returns. ``observer`` and ``on_outcome`` count what this process sends.

    Attributes:
        url: where the metrics are.
    """

    def __init__(self, port: int, ledger: Ledger | Callable[[], Ledger] | None, host: str) -> None:
        registry = CollectorRegistry()
        if ledger is not None:
            collector = LedgerCollector(ledger)
            _try(collector)
            registry.register(collector)
        super().__init__(registry)
        self._server, self._thread = _started(registry, port, host)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_port}/metrics"

    def __enter__(self) -> MetricsServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server. It may be called again."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def start_metrics_server(
    port: int, ledger: Ledger | Callable[[], Ledger] | None = None, *, host: str = "127.0.0.1"
) -> MetricsServer:
    """Starts a server of metrics in a thread, and returns at once.

    Args:
        port: 1 to 65535; 0 takes a free one.
        ledger: the ledger whose figures are told, too; or a function that opens it, which is called again while the
            database is away. One process is enough for that. None: only what this process sends.
        host: the address to listen on. 127.0.0.1 is reached from this machine alone, 0.0.0.0 from everywhere. The
            server asks for no password: let only Prometheus reach it.

    Returns:
        The server. Close it, or use it as a context manager.

    Raises:
        ConfigurationError: the port cannot be used, there is no ledger, or the database's user may not read it.
        LedgerError: the ledger cannot be read, and trying again does not help. A database that is only away is logged:
            ``spapi_messaging_ledger_up`` is 0 until it is back.
    """
    return MetricsServer(port, ledger, host)


def _try(collector: LedgerCollector) -> None:
    """Reads the ledger once: a fault that a person must mend is raised now, not only told to Prometheus."""
    try:
        collector.read()
    except LedgerError as error:
        if not error.retryable:
            raise
        log.warning("The metrics of the ledger cannot be read yet: %s", error)


def _started(registry: CollectorRegistry, port: int, host: str) -> tuple[WSGIServer, Thread]:
    if type(port) is not int or not 0 <= port <= 65535:
        raise ConfigurationError("port must be a whole number from 0 to 65535.")
    try:
        return start_http_server(port, host, registry)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise ConfigurationError(
        f"The metrics cannot be served at {host}, port {port}: {reason}. Give another host or port."
    )
