"""A row of a job file, on its way into the ledger."""

from __future__ import annotations

from typing import NamedTuple

from spapi_messaging.bulk.jobs import Job
from spapi_messaging.errors import Problem

__all__ = ["Entry"]


class Entry(NamedTuple):
    """A job that comes from a file, and what is wrong with it already.

    Args:
        line: where it stands in the file; the first line is 1.
        job: the job; None if the row is too wrong to be one.
        problems: what is wrong with the row itself. The rules for jobs are checked besides, but for the fields that
            these problems name.
    """

    line: int
    job: Job | None
    problems: tuple[Problem, ...] = ()
