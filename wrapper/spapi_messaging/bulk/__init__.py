"""Thousands of messages, each at most once: a ledger that remembers them, and senders that serve it.

    from spapi_messaging.bulk import Job, Ledger, Sender

    with Ledger("sqlite:///sent.db") as ledger:
        ledger.add([Job("303-1234567-1234567", "invoice", attachments=["R-17.pdf"], marketplace="DE")])
        for outcome in Sender(ledger, accounts).run():
            print(outcome.job, outcome.state, outcome.receipt or outcome.error)

It needs ``spapi-messaging[bulk]``, and a ledger in PostgreSQL ``spapi-messaging[postgres]``. The names are loaded on
first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spapi_messaging.bulk.adding.collecting import CheckedJobs, Kind
    from spapi_messaging.bulk.adding.comparing import Added
    from spapi_messaging.bulk.adding.entries import Entry
    from spapi_messaging.bulk.job_files.headings import ColumnUse
    from spapi_messaging.bulk.job_files.names import JOB_COLUMNS
    from spapi_messaging.bulk.job_files.reading import JobFile
    from spapi_messaging.bulk.jobs import Job
    from spapi_messaging.bulk.ledger import Ledger
    from spapi_messaging.bulk.outcomes import Outcome, RecordedError
    from spapi_messaging.bulk.people.status import Count, ParkedAccount, Status
    from spapi_messaging.bulk.people.timeline import Span
    from spapi_messaging.bulk.sender import AsyncSender, Progress, Sender
    from spapi_messaging.bulk.slices import Slice, work
    from spapi_messaging.bulk.states import State, exit_code
    from spapi_messaging.bulk.texts import LocalizedText

__all__ = [
    "JOB_COLUMNS",
    "Added",
    "AsyncSender",
    "CheckedJobs",
    "ColumnUse",
    "Count",
    "Entry",
    "Job",
    "JobFile",
    "Kind",
    "Ledger",
    "LocalizedText",
    "Outcome",
    "ParkedAccount",
    "Progress",
    "RecordedError",
    "Sender",
    "Slice",
    "Span",
    "State",
    "Status",
    "exit_code",
    "work",
]

_HOMES = {
    "Added": "adding.comparing",
    "AsyncSender": "sender",
    "CheckedJobs": "adding.collecting",
    "ColumnUse": "job_files.headings",
    "Count": "people.status",
    "Entry": "adding.entries",
    "JOB_COLUMNS": "job_files.names",
    "Job": "jobs",
    "JobFile": "job_files.reading",
    "Kind": "adding.collecting",
    "Ledger": "ledger",
    "LocalizedText": "texts",
    "Outcome": "outcomes",
    "ParkedAccount": "people.status",
    "Progress": "sender",
    "RecordedError": "outcomes",
    "Sender": "sender",
    "Slice": "slices",
    "Span": "people.timeline",
    "State": "states",
    "Status": "people.status",
    "exit_code": "states",
    "work": "slices",
}
_EXTRA = {"filelock", "jinja2", "platformdirs", "sqlalchemy"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in _EXTRA:
            message = f"the ledger needs {missing}: pip install 'spapi-messaging[bulk]'"
            raise ModuleNotFoundError(message, name=missing) from error
        raise


def __dir__() -> list[str]:
    return sorted(__all__)
