"""The files that a cell names."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from spapi_messaging.bulk import JobFile
from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.bulk.job_files.attachment_cells import paths_in
from tests.support.amazon import ORDER
from tests.support.job_files import FILE_TYPE

posix = pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows are its own there")
PDF = b"%PDF-1.4 one page"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "invoices").mkdir()
    for name in ("R-1.pdf", "R-2.pdf", "R 3; copy.pdf"):
        (tmp_path / "invoices" / name).write_bytes(PDF)
    return tmp_path


def read(where: Path, *cells: str, **options: object) -> JobFile:
    path = where / "jobs.csv"
    lines = [f'{ORDER}\t"{cell.replace(chr(34), chr(34) * 2)}"\tR-{number}' for number, cell in enumerate(cells)]
    path.write_text("\n".join(["order\tattachments\tdocument", *lines]), "utf-8")
    return JobFile(path, message_type=FILE_TYPE, marketplace="DE", **options)  # type: ignore[arg-type]


def files_of(folder: Path, cell: str) -> list[str]:
    [entry] = read(folder, cell)
    assert entry.job is not None and entry.problems == ()
    return [os.path.relpath(str(each), folder / "invoices") for each in entry.job.attachments]


def the_problem(folder: Path, cell: str) -> str:
    with check_jobs(read(folder, cell)) as checked:
        [problem] = checked.problems.listed
    return str(problem)


def test_relative_paths_begin_in_the_folder_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    jobs = read(Path(), "invoices/R-1.pdf")
    monkeypatch.chdir("/")

    with check_jobs(jobs) as checked:
        assert (checked.count, checked.problems.count) == (1, 0)


def test_relative_paths_begin_in_another_folder_if_that_is_given(folder: Path) -> None:
    with check_jobs(read(folder, "R-1.pdf", folder=folder / "invoices")) as checked:
        assert checked.count == 1


@pytest.mark.parametrize(
    ("cell", "files"),
    [
        ("invoices/R-1.pdf", ["R-1.pdf"]),
        ("invoices/R-1.pdf; invoices/R-2.pdf;", ["R-1.pdf", "R-2.pdf"]),
        ("invoices/R-1.pdf\ninvoices/R-2.pdf\n", ["R-1.pdf", "R-2.pdf"]),
        ("invoices/R 3; copy.pdf", ["R 3; copy.pdf"]),
        ('"invoices/R-1.pdf"', ["R-1.pdf"]),  # as Windows copies a path
    ],
)
def test_files_in_a_cell(folder: Path, cell: str, files: list[str]) -> None:
    assert files_of(folder, cell) == files


@posix
def test_backslashes_are_tried_as_slashes(folder: Path) -> None:
    assert files_of(folder, "invoices\\R-1.pdf;.\\invoices\\R-2.pdf") == ["R-1.pdf", "R-2.pdf"]
    (folder / "invoices\\R-1.pdf").write_bytes(PDF)
    assert files_of(folder, "invoices\\R-1.pdf") == ["../invoices\\R-1.pdf"]


def test_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))

    assert files_of(folder, "~/invoices/R-1.pdf") == ["R-1.pdf"]


@posix
@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("C:\\invoices\\R-1.pdf", "this is a path of Windows, but this machine does not run Windows."),
        ("c:/invoices/R-1.pdf", "this is a path of Windows, but this machine does not run Windows."),
        ("\\\\server\\invoices\\R-1.pdf", "this is a path of Windows, but this machine does not run Windows."),
        ("s3:/shop/R-1.pdf", "a URL has two slashes behind its colon."),
        ("~nobody-here/R-1.pdf", "there is no such home folder."),
        ("invoices", "invoices is a folder. Give the files in it, one by one."),
        ("invoices/R-9.pdf", "R-9.pdf: there is no such file."),
        ("invoices/R-\x07.pdf", "this cannot be a path: it holds characters that do not show."),
    ],
)
def test_what_is_no_file_is_told(folder: Path, cell: str, told: str) -> None:
    assert the_problem(folder, cell).startswith(f"line 2, attachments: {told}")


def test_paths_of_windows_are_its_own_there() -> None:
    assert paths_in("C:\\invoices\\R-1.pdf", "", is_windows=True) == (["C:\\invoices\\R-1.pdf"], [])


def test_lines_of_json_hold_a_list_or_a_path(folder: Path) -> None:
    path = folder / "jobs.jsonl"
    one, two = {"order": ORDER, "attachments": "invoices/R-1.pdf"}, {"order": ORDER, "document": "R-2"}
    two["attachments"] = ["invoices/R 3; copy.pdf", "invoices/R-2.pdf"]  # type: ignore[assignment]
    path.write_text("\n".join(map(json.dumps, [one, two, {"order": ORDER, "file": [5]}])))
    one_file, two_files, wrong = JobFile(path, message_type=FILE_TYPE, marketplace="DE")

    assert one_file.job and [Path(str(each)).name for each in one_file.job.attachments] == ["R-1.pdf"]
    assert two_files.job and [Path(str(each)).name for each in two_files.job.attachments] == [
        "R 3; copy.pdf",
        "R-2.pdf",
    ]
    assert [problem.message for problem in wrong.problems] == ["this is int, not the path of a file."]


def test_a_file_that_is_named_after_another_order_is_told(folder: Path) -> None:
    """Somebody sorted one column of the spreadsheet, and not the others."""
    other = f"404{ORDER[3:]}"
    for name in (f"{other}_R-1.pdf", f"RE {ORDER}.pdf", f"{other} {ORDER}.pdf", f"1{other}.pdf"):
        (folder / "invoices" / name).write_bytes(PDF)

    told = f"line 2, attachments: the file is named after order {other}, and the row is for order {ORDER}."
    assert the_problem(folder, f"invoices/{other}_R-1.pdf").startswith(told)
    assert the_problem(folder, f"invoices/R-1.pdf;invoices/{other}_R-1.pdf").startswith(told)
    for name in (f"RE {ORDER}.pdf", f"{other} {ORDER}.pdf", f"1{other}.pdf"):
        assert files_of(folder, f"invoices/{name}") == [name]


@pytest.mark.parametrize("path", ["~\0", "~a\0b/c.pdf", "~\ud800/c.pdf", "\0", "a\ud800.pdf"])
def test_a_path_that_no_system_knows_is_told(path: str, folder: Path) -> None:
    """JSON can write what no cell holds."""
    (folder / "jobs.jsonl").write_text(json.dumps({"order": ORDER, "attachments": path}), "utf-8")

    with check_jobs(JobFile(folder / "jobs.jsonl", message_type=FILE_TYPE, marketplace="DE")) as checked:
        [problem] = checked.problems.listed
    assert problem.field == "line 1, attachments"
