"""Writes the job file and reads it again, as it will be read when it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.bulk.job_files.reading import JobFile
from spapi_messaging.bulk.preparing.candidates import Candidate
from spapi_messaging.bulk.preparing.target import Target
from spapi_messaging.bulk.preparing.writing import columns_for, write
from spapi_messaging.errors import InvalidMessageError, Problem

__all__ = ["Verified", "write_and_verify"]


class Verified(NamedTuple):
    """What a job file would be, if it was sent.

    Args:
        digest: stands for all that would be sent; None if it cannot be sent as it is.
        problems: what is wrong with its lines.
        problem_count: how many problems there are. Not all may be listed.
        needs_text: whether it lacks nothing but the texts, which may be given with the command that sends it.
    """

    digest: str | None
    problems: Sequence[Problem]
    problem_count: int
    needs_text: bool = False


def write_and_verify(jobs: Sequence[Candidate], stream: BinaryIO, target: Target) -> Verified:
    """Writes a job file and checks it, with all files that it names.

    Args:
        jobs: its rows.
        stream: takes the bytes, and gives them back.
        target: where it will be.
    """
    columns = columns_for(jobs)
    write(jobs, columns, stream, target.format, folder=str(target.folder), delimiter=target.delimiter)
    stream.seek(0)
    try:
        checked = check_jobs(JobFile(stream, format=target.format, folder=target.folder))
    except InvalidMessageError as error:  # of the file as a whole
        return Verified(None, error.problems, len(error.problems))
    with checked:
        found = checked.problems
        lacks_text = [each for each in found.listed if each.rule == "required" and each.field.endswith(", text")]
        needs_text = bool(lacks_text) and not any(name.startswith("text") for name in columns)
        if needs_text:
            others = [each for each in found.listed if each not in lacks_text]
            return Verified(None, others, len(others), needs_text=True)
        return Verified(None if found else checked.digest, found.listed, found.count)
