"""Copies of one file, such as ``… (1).pdf``: the buyer would get the same document twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from filecmp import cmp

from spapi_messaging.bulk.preparing.candidates import Candidate
from spapi_messaging.bulk.preparing.findings import Findings

__all__ = ["without_copies"]


def without_copies(jobs: Iterable[Candidate], findings: Findings) -> Iterator[Candidate]:
    """Leaves out jobs for one order and type whose files have the same content: nobody knows which one is meant."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for job in jobs:
        groups.setdefault((job.cells["order"], job.cells["type"]), []).append(job)
    for group in groups.values():
        for job in group:
            other = next((each for each in group if each is not job and _are_same(job.files, each.files)), None)
            if other is None:
                yield job
            else:
                told = f"its content is that of {other.place}, for the same order."
                remedy = "Remove the copy: the buyer would get it twice."
                findings.wrong(job.place, told, "same-content", remedy)


def _are_same(files: tuple[str, ...], others: tuple[str, ...]) -> bool:
    if not files or len(files) != len(others):
        return False
    try:
        return all(cmp(*pair, shallow=False) for pair in zip(files, others, strict=True))
    except OSError:  # it cannot be read any more, which is told when the job file is checked
        return False
