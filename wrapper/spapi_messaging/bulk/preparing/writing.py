"""Writes jobs as a job file: CSV for people with spreadsheets, or JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.bulk.job_files.names import JOB_COLUMNS
from spapi_messaging.bulk.preparing.candidates import Candidate
from spapi_messaging.bulk.preparing.findings import Findings, shown

__all__ = ["Format", "columns_for", "is_formula", "writable", "write"]

Format = Literal["csv", "jsonl"]

# What a spreadsheet takes for a formula, which may do harm on the computer of whoever opens the file.
# Some take the wide signs of Japanese for it as well. In a country with another delimiter, the cell is split.
_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]|.*?[;,\t][=+\-@](?=\S)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def columns_for(jobs: Iterable[Candidate]) -> list[str]:
    """The columns that a job file needs: ours that are used, in their order, and then all others."""
    used: dict[str, None] = {}
    for job in jobs:
        used.update(dict.fromkeys(job.cells))
        if job.files:
            used["attachments"] = None
    return [name for name in JOB_COLUMNS if name in used] + [name for name in used if name not in JOB_COLUMNS]


def writable(jobs: Iterable[Candidate], file_format: Format, findings: Findings) -> Iterator[Candidate]:
    """The jobs that can be written. The findings say why others cannot."""
    for job in jobs:
        wrong = {name: told for name, cell in job.cells.items() if (told := _what_is_wrong(cell, file_format))}
        parted = len(job.files) > 1 or any(map(looks_like_url, job.files))  # a single path is found as a whole
        if file_format == "csv" and parted and any(re.search(r"[;\r\n]", file) for file in job.files):
            wrong["attachments"] = "the name of a file, or of its folder, holds a semicolon or a line break."
        for name, told in wrong.items():
            findings.wrong(f"{job.place}, {name}", told, "cell", _remedy(job))
        if not wrong:
            yield job


def write(jobs: Iterable[Candidate], columns: Sequence[str], stream: BinaryIO, file_format: Format, **how: str) -> None:
    """Writes a job file.

    Args:
        jobs: its rows.
        columns: its columns.
        stream: takes the bytes. It stays open.
        file_format: ``"csv"`` or ``"jsonl"``.
        **how: ``folder``: the folder that paths begin in, where files are below it. ``delimiter``: of CSV.
    """
    folder = os.path.join(os.path.abspath(how["folder"]), "")  # noqa: PTH100, PTH118
    # With the mark at the beginning, spreadsheets know that it is UTF-8.
    text = io.TextIOWrapper(stream, "utf-8-sig" if file_format == "csv" else "utf-8", newline="")
    if file_format == "csv":
        # CRLF, as RFC 4180 says and spreadsheets write it: a file that was edited differs in nothing else.
        writer = csv.writer(text, delimiter=how.get("delimiter", ","), lineterminator="\r\n")
        writer.writerow(columns)
        for job in jobs:
            cells = job.cells | {"attachments": ";".join(path_in(folder, file) for file in job.files)}
            writer.writerow([cells.get(name, "") for name in columns])
    else:
        for job in jobs:
            row: dict[str, object] = {name: job.cells[name] for name in columns if job.cells.get(name)}
            if job.files:
                row["attachments"] = [path_in(folder, file) for file in job.files]
            text.write(json.dumps(row, ensure_ascii=False) + "\n")
    text.detach()


def path_in(folder: str, file: str) -> str:
    """A file's path as a job file has it: from its own folder on, where the file is below it, with ``/``.

    Args:
        folder: the job file's folder, as an absolute path with a separator at its end.
        file: the file, as an absolute path or a URL.
    """
    if looks_like_url(file):
        return file
    if not file.startswith(folder):
        return Path(file).as_posix()
    path = Path(file[len(folder) :]).as_posix()
    # ./ keeps a name from being taken for a formula, for the home folder or for a URL, and keeps its spaces.
    is_plain = path[0].isalnum() and ":" not in path
    return path if is_plain else f"./{path}"


def _what_is_wrong(cell: str, file_format: Format) -> str | None:
    """Why a cell cannot be written. None: it can."""
    if not cell.isascii() and any("\ud800" <= each <= "\udfff" for each in cell):
        return "it holds characters that are not UTF-8."
    if file_format == "csv" and is_formula(cell):
        return "it begins with a sign by which a spreadsheet knows a formula, or has one behind a comma or semicolon."
    return None


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take a cell, or a part of it, for a formula."""
    return _FORMULA.match(cell) is not None and _NUMBER.fullmatch(cell) is None


def _remedy(job: Candidate) -> str:
    what = f"Rename {shown(job.place)}" if job.files and not job.place.startswith("line ") else "Change it"
    return f"{what}; or write a .jsonl file, which no spreadsheet opens."
