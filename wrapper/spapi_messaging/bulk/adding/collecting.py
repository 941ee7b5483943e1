"""Takes jobs one by one, checks each, and keeps its row until all are checked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spapi_messaging.bulk.adding.checking import check
from spapi_messaging.bulk.adding.problems import Problems
from spapi_messaging.bulk.adding.spool import Spool
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.errors import ConfigurationError, Problem

__all__ = ["checked"]


def checked(jobs: Iterable[Job] | Job, root: Path | None, spool: Spool) -> Problems:
    """Everything that is wrong with jobs. The rows of those that keep the rules are in the spool.

    Args:
        jobs: the jobs.
        root: the folder that all files lie below; None: anywhere.
        spool: takes the rows.

    Raises:
        ConfigurationError: these are no jobs.
    """
    given = [jobs] if isinstance(jobs, Job) else jobs
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise ConfigurationError(f"Jobs are a list or another iterable of Job, not {type(given).__name__}.")
    problems = Problems()
    for place, job in enumerate(given):
        if not isinstance(job, Job):
            told = f"this is {type(job).__name__}, not a Job."
            problems.add(place, Problem("", told, rule="type", remedy="Give Job(order_id, message_type, …)."))
            continue
        found = check(place, job, root)
        if isinstance(found, list):
            problems.extend(place, found)
        else:
            spool.append(found)
    return problems
