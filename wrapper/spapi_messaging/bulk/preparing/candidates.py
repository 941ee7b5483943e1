"""What may become a job: one for each file, or one for each line of a report. Several may be the same job."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from spapi_messaging.bulk.preparing.findings import Findings, shown

__all__ = ["Candidate", "merged"]


class Candidate(NamedTuple):
    """What may become a job.

    Args:
        place: the file or the line that it comes from.
        cells: what the job file is to hold, by column, without attachments.
        files: its attachments, as absolute paths or URLs.
        own: its files that no other message may have, because a ``*`` found them.
    """

    place: str
    cells: dict[str, str]
    files: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, ...]:
        """What distinguishes messages in a ledger. Orders have the same id in all marketplaces."""
        if own := self.cells.get("key"):
            return (own,)
        return (self.cells["order"], self.cells["type"], self.cells.get("document", ""))


def merged(candidates: Iterable[Candidate], findings: Findings, *, together: bool) -> Iterator[Candidate]:
    """One candidate for each job, in order. What contradicts itself is a problem, and left out.

    Args:
        candidates: all of them.
        findings: takes the problems.
        together: whether several files of a job become attachments of one message.
    """
    groups: dict[tuple[str, ...], list[Candidate]] = {}
    for each in candidates:
        groups.setdefault(each.key, []).append(each)
    found = [one for group in groups.values() if (one := _merged(group, findings, together)) is not None]
    yield from _without_mistaken_files(found, findings)


def _merged(group: list[Candidate], findings: Findings, together: bool) -> Candidate | None:
    first = group[0]
    if all(each.cells == first.cells for each in group):
        files = tuple(dict.fromkeys(file for each in group for file in each.files))
        if files == first.files or together:
            findings.repeated += sum(each.files == first.files for each in group[1:])
            return first._replace(files=files)
    other = next(each for each in group if (each.cells, each.files) != (first.cells, first.files))
    findings.wrong(first.place, *_contradiction(first, other, len(group)))
    return None


def _contradiction(first: Candidate, other: Candidate, count: int) -> tuple[str, str, str]:
    """What is wrong with two candidates for one job, by which rule, and what to do."""
    several = f"{other.place} is for the same message" + (f", and {count - 2} more." if count > 2 else ".")
    differing = sorted(name for name in {*first.cells, *other.cells} if first.cells.get(name) != other.cells.get(name))
    if differing:
        told = f"{several} They differ in {', '.join(differing)}."
        return told, "same-message", "Correct one; or give each a document number of its own, and both are sent."
    remedy = (
        "Remove one; or give each another {document} in its name, as in {order}_{document}; or --together sends them "
        "in one message."
    )
    return several, "same-message", remedy


def _without_mistaken_files(jobs: list[Candidate], findings: Findings) -> Iterator[Candidate]:
    """The jobs that share no file with another job: one of the two buyers would get the other one's invoice."""
    users: dict[str, list[Candidate]] = {}
    for job in jobs:
        for file in job.files:
            users.setdefault(file, []).append(job)
    mistaken = {file for job in jobs for file in job.own if len(users[file]) > 1}
    for job in jobs:
        shared = next((file for file in job.files if file in mistaken), None)
        if shared is None:
            yield job
            continue
        other = next(each for each in users[shared] if each is not job)
        told = f"{shown(os.path.basename(shared))} would be sent for {other.place}, too."  # noqa: PTH119
        findings.wrong(f"{job.place}, attachments", told, "file-ambiguous", "Give an --attach that fits one line only.")
