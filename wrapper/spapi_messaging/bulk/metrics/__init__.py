"""Figures for Prometheus: how a ledger stands, and what a worker does. It needs ``spapi-messaging[metrics]``.

    from spapi_messaging.bulk.metrics import start_metrics_server

    with Ledger(url) as ledger, start_metrics_server(9108, ledger) as metrics:
        for outcome in Sender(ledger, accounts, observer=metrics.observer).run():
            metrics.on_outcome(outcome)

No order id, account, secret or text stands in a label.
"""

from __future__ import annotations

try:
    from spapi_messaging.bulk.metrics.collector import LedgerCollector
    from spapi_messaging.bulk.metrics.server import MetricsServer, start_metrics_server
    from spapi_messaging.bulk.metrics.worker import WorkerMetrics
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "prometheus_client":
        raise
    message = "metrics need prometheus-client: pip install 'spapi-messaging[metrics]'"
    raise ModuleNotFoundError(message, name=error.name) from error

__all__ = ["LedgerCollector", "MetricsServer", "WorkerMetrics", "start_metrics_server"]
