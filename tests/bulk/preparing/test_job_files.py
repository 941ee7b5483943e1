"""The job file that is written: read again, it is the same jobs."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Job
from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.bulk.job_files.reading import JobFile
from spapi_messaging.bulk.preparing.candidates import Candidate
from spapi_messaging.bulk.preparing.findings import Findings
from spapi_messaging.bulk.preparing.patterns import normal
from spapi_messaging.bulk.preparing.preparation import Preparation
from spapi_messaging.bulk.preparing.target import Target
from spapi_messaging.bulk.preparing.verifying import Verified, write_and_verify
from spapi_messaging.bulk.preparing.writing import writable
from tests.support.preparing import from_folder, put
from tests.support.runs import FILE_TYPE, TEXT_TYPE, order

ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows takes no such names")


def write(found: Preparation, path: Path, delimiter: str | None = None) -> Verified:
    """The job file of what was prepared."""
    target = Target(path, delimiter)
    with target.replaced() as stream:
        return write_and_verify(found.jobs, stream, target)


def jobs_in(path: Path) -> list[Job]:
    """The jobs of a job file, in which nothing may be wrong."""
    entries = list(JobFile(path))
    assert not [entry.problems for entry in entries if entry.problems]
    return [entry.job for entry in entries if entry.job is not None]


@pytest.mark.parametrize("name", ["jobs.csv", "jobs.tsv", "jobs.jsonl", "JOBS.CSV", "jobs.ndjson"])
def test_what_was_found_is_read_again(tmp_path: Path, name: str) -> None:
    found = from_folder(
        put(tmp_path / "pdf", f"DE/{order(1)}_R-1.pdf", f"FR/{order(2)}_Größe ü.pdf"),
        "{marketplace}/{order}_{document}.pdf",
    )

    verified = write(found, tmp_path / name)

    files = [tmp_path / "pdf" / "DE" / f"{order(1)}_R-1.pdf", tmp_path / "pdf" / "FR" / f"{order(2)}_Größe ü.pdf"]
    read = jobs_in(tmp_path / name)
    assert [(job.order_id, job.document, job.marketplace) for job in read] == [
        (order(1), "R-1", "DE"),
        (order(2), "Größe ü", "FR"),
    ]
    assert [Path(os.fsdecode(str(job.attachments[0]))) for job in read] == files
    with check_jobs(JobFile(tmp_path / name)) as checked:
        assert verified == (checked.digest, [], 0, False)


def test_a_spreadsheet_opens_it_with_a_double_click(tmp_path: Path) -> None:
    found = from_folder(put(tmp_path / "pdf", f"{order(1)}_Größe.pdf"))
    write(found, tmp_path / "jobs.csv", ";")

    headings, row = (tmp_path / "jobs.csv").read_bytes().splitlines(keepends=True)

    assert headings == b"\xef\xbb\xbfmarketplace;order;type;document;attachments\r\n"
    assert row == f"DE;{order(1)};{FILE_TYPE};Größe;pdf/{order(1)}_Größe.pdf\r\n".encode()


def test_paths_begin_in_the_job_files_folder_or_at_the_root(tmp_path: Path) -> None:
    found = from_folder(put(tmp_path / "pdf", f"{order(1)}.pdf"))
    (tmp_path / "elsewhere").mkdir()

    for folder, path in (("pdf", f"{order(1)}.pdf"), ("elsewhere", (tmp_path / "pdf" / f"{order(1)}.pdf").as_posix())):
        write(found, tmp_path / folder / "jobs.jsonl")
        row = json.loads((tmp_path / folder / "jobs.jsonl").read_text(encoding="utf-8"))
        assert row["attachments"] == [path]
        assert len(jobs_in(tmp_path / folder / "jobs.jsonl")) == 1


@ON_POSIX
@pytest.mark.parametrize(
    "begin", ["=cmd ", "+1 ", "-", "@x ", "~", " ", "http:", "#", "'", '"', "a;b ", "a\nb ", "a\\b "]
)
@pytest.mark.parametrize("name", ["jobs.csv", "jobs.jsonl"])
def test_names_that_mean_something_to_programs_stay_names(tmp_path: Path, begin: str, name: str) -> None:
    found = from_folder(put(tmp_path, f"{begin}x/{order(1)}.pdf"), "*/{order}.pdf")

    verified = write(found, tmp_path / name)

    assert verified.problems == []
    assert Path(str(jobs_in(tmp_path / name)[0].attachments[0])).samefile(tmp_path / f"{begin}x" / f"{order(1)}.pdf")
    if name == "jobs.csv":
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell[0] in "=+-@"]


@pytest.mark.parametrize("document", ["=1+1", "+R-1", "-R-1", "@SUM(A1)", "\uff1d1+1", "A;=1+1", "A,@x;", "A\t+x"])
def test_a_cell_that_a_spreadsheet_would_run_is_refused(document: str) -> None:
    job = Candidate(
        "a.pdf", {"order": order(1), "type": FILE_TYPE, "marketplace": "DE", "document": document}, ("/a.pdf",)
    )
    findings = Findings()

    assert list(writable([job], "jsonl", findings)) == [job]
    assert list(writable([job], "csv", findings)) == []
    (problem,) = findings.problems
    assert problem.field == "a.pdf, document"
    assert "formula" in problem.message
    assert "Rename a.pdf; or write a .jsonl file" in problem.remedy


@pytest.mark.parametrize("document", ["-17", "+49301234", "-1,5", "R=1", "5,- EUR", "A; -"])
def test_a_plain_number_is_no_formula(document: str) -> None:
    job = Candidate("a.pdf", {"order": order(1), "type": FILE_TYPE, "document": document})

    assert list(writable([job], "csv", Findings())) == [job]


def test_several_files_fit_into_a_cell_unless_their_names_would_part_it(tmp_path: Path) -> None:
    names = [f"{order(1)} a.pdf", f"{order(1)} b.pdf", f"{order(2)} a;b.pdf", f"{order(2)} c.pdf"]
    found = from_folder(put(tmp_path, *names), "{order}*.pdf", together=True)

    assert [len(job.files) for job in found.jobs] == [2]
    assert "semicolon" in found.findings.problems[0].message
    write(found, tmp_path / "jobs.csv")
    assert [Path(str(file)).name for file in jobs_in(tmp_path / "jobs.csv")[0].attachments] == names[:2]


def test_what_bulk_send_would_refuse_is_told_with_its_line(tmp_path: Path) -> None:
    found = from_folder(put(tmp_path, f"{order(1)}.pdf", f"{order(2)}_{'R' * 200}.pdf"))
    too_long = found.jobs[1].cells | {"document": "R" * 256}

    verified = write(
        Preparation([found.jobs[0], found.jobs[1]._replace(cells=too_long)], Findings()), tmp_path / "jobs.csv"
    )

    assert verified.digest is None
    (problem,) = verified.problems
    assert problem.field == "line 3, document"
    assert (tmp_path / "jobs.csv").exists()


def test_messages_that_lack_their_text_only_are_no_problem(tmp_path: Path) -> None:
    job = Candidate("line 2", {"order": order(1), "type": TEXT_TYPE, "marketplace": "DE"})

    verified = write(Preparation([job], Findings()), tmp_path / "jobs.csv")

    assert verified == (None, [], 0, True)


_NAME = st.text(
    st.characters(exclude_characters='/\\\0:*?"<>|', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
)


@settings(max_examples=30, deadline=None)
@given(
    pairs=st.sets(st.tuples(st.integers(1, 50), _NAME.map(normal).map(str.strip).filter(str.isprintable).filter(bool))),
    name=st.sampled_from(["jobs.csv", "jobs.jsonl"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_any_orders_and_documents_come_back(pairs: set[tuple[int, str]], name: str, delimiter: str) -> None:
    pairs = {(number, document) for number, document in pairs if document[0] not in "=+-@"}
    pairs = {*{(number, document.casefold()): (number, document) for number, document in sorted(pairs)}.values()}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        put(folder / "pdf", *(f"{order(number)}_{document}.pdf" for number, document in pairs))
        (folder / "pdf").mkdir(exist_ok=True)
        found = from_folder(folder / "pdf")

        assert bool(found.findings.problems) == (not pairs)
        if pairs:
            verified = write(found, folder / name, delimiter if name == "jobs.csv" else None)
            assert verified.problems == []
            assert {(job.order_id, job.document) for job in jobs_in(folder / name)} == {
                (order(number), document) for number, document in pairs
            }


@pytest.mark.parametrize(
    ("name", "delimiter", "told"),
    [
        ("jobs.xlsx", None, "Name it .csv or .jsonl"),
        ("jobs", None, "Name it .csv or .jsonl"),
        ("none/jobs.csv", None, "There is no folder 'none'"),
        ("folder.csv", None, "is there, and is not a file"),
        ("jobs.jsonl", ";", "has no delimiter"),
        ("jobs.csv", ";;", "A delimiter is one character"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_refused(
    tmp_path: Path, name: str, delimiter: str | None, told: str
) -> None:
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(ConfigurationError) as error:
        Target(tmp_path / name, delimiter)
    assert told in str(error.value)


def test_a_job_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = Target(tmp_path / "jobs.csv")
    target.path.write_text("corrected", encoding="utf-8")

    with pytest.raises(KeyboardInterrupt), target.replaced() as stream:
        stream.write(b"half")
        raise KeyboardInterrupt

    assert [file.name for file in tmp_path.iterdir()] == ["jobs.csv"]
    assert target.path.read_text(encoding="utf-8") == "corrected"


@ON_POSIX
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "jobs.csv").symlink_to(tmp_path / "there" / "jobs.csv")

    with Target(tmp_path / "jobs.csv").replaced() as stream:
        stream.write(b"x")

    assert (tmp_path / "jobs.csv").is_symlink()
    assert (tmp_path / "there" / "jobs.csv").read_bytes() == b"x"


@ON_POSIX
def test_paths_begin_beside_a_link_as_they_do_when_it_is_read(tmp_path: Path) -> None:
    """There may be other files with these names where it leads to."""
    found = from_folder(put(tmp_path / "there" / "pdf", f"{order(1)}.pdf"))
    put(tmp_path / "pdf", f"{order(1)}.pdf")
    (tmp_path / "jobs.csv").symlink_to(tmp_path / "there" / "jobs.csv")

    verified = write(found, tmp_path / "jobs.csv")

    with check_jobs(JobFile(tmp_path / "jobs.csv")) as checked:
        assert checked.digest == verified.digest
    assert [job.attachments for job in jobs_in(tmp_path / "jobs.csv")] == [found.jobs[0].files]
