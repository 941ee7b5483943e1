"""A folder of a shop's files, and what is prepared from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from spapi_messaging.bulk.preparing.defaults import Defaults
from spapi_messaging.bulk.preparing.preparation import Preparation, Request, prepared
from tests.support.runs import FILE_TYPE, TEXT_TYPE

PDF = b"%PDF-1.4\n%%EOF\n"
GERMAN = Defaults(FILE_TYPE, "DE")


def put(folder: Path, *names: str) -> Path:
    """Writes a PDF by each of these names, with folders where the names say so. No two have the same content."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF + b"%" + os.fsencode(name))
    return folder


def from_folder(folder: Path, *patterns: str, **given: Any) -> Preparation:
    """What is prepared from a folder."""
    return prepared(Request(folder, **{"defaults": GERMAN, "patterns": patterns, **given}), "csv")


def from_report(report: Path, **given: Any) -> Preparation:
    """What is prepared from an order report: texts, which need no file."""
    return prepared(Request(report, **{"defaults": Defaults(TEXT_TYPE, "DE"), **given}), "csv")


def cells(found: Preparation, *names: str) -> list[tuple[str | None, ...]]:
    """These cells of each job, in order."""
    return [tuple(job.cells.get(name) for name in names) for job in found.jobs]


def told(found: Preparation) -> dict[str, str]:
    """What is wrong, by place."""
    return {problem.field: problem.advice for problem in found.findings.problems}
