"""Job files in tests: bytes as a spreadsheet would write them, and what is read from them."""

from __future__ import annotations

import io
from typing import Any

from spapi_messaging.bulk import Job, JobFile
from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.messages import MESSAGE_TYPES
from tests.support.operations import content_kinds

#: A type whose messages are a text, one whose messages are files, and one with a date.
TEXT_TYPE = next(name for name, each in MESSAGE_TYPES.items() if content_kinds(each) == {"text"})
FILE_TYPE = next(name for name, each in MESSAGE_TYPES.items() if content_kinds(each) == {"attachments"})
DATE_TYPE, DATE_FIELD = next(
    (name, field) for name, each in MESSAGE_TYPES.items() for field in each.fields if field.kind == "date-time"
)
#: For rows that do not name it.
DEFAULTS = {"message_type": TEXT_TYPE, "marketplace": "DE"}


def job_file(content: str | bytes, **options: Any) -> JobFile:
    """A job file with this content. Rows need no type and no marketplace."""
    data = content.encode() if isinstance(content, str) else content
    return JobFile(io.BytesIO(data), **{**DEFAULTS, **options})


def jobs_of(content: str | bytes, **options: Any) -> list[Job]:
    """The jobs of a file in which nothing is wrong with the rows themselves."""
    entries = list(job_file(content, **options))
    assert [str(problem) for entry in entries for problem in entry.problems] == []
    return [entry.job for entry in entries if entry.job]


def problems_of(content: str | bytes, **options: Any) -> list[str]:
    """Everything that is wrong with a file, as a person reads it."""
    try:
        with check_jobs(job_file(content, **options)) as checked:
            return [str(problem) for problem in checked.problems.listed]
    except SpApiMessagingError as error:
        return [str(problem) for problem in getattr(error, "problems", ())] or [str(error)]


def the_problem(content: str | bytes, **options: Any) -> str:
    """The one thing that is wrong with a file."""
    [problem] = problems_of(content, **options)
    return problem
