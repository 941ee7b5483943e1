"""Jobs whose files lie behind URLs go into a ledger."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, InvalidMessageError, NetworkError, Problem
from spapi_messaging.attachments import MAX_TOTAL_SIZE
from spapi_messaging.bulk import Added, Job, JobFile, Ledger
from spapi_messaging.bulk.adding import side_by_side
from tests.support.ledgers import order, rows
from tests.support.runs import FILE_TYPE
from tests.support.servers import PATIENCE
from tests.support.storages import PDF, Shelf

SECRET = "s3cr3tValue"


@pytest.fixture
def ledger(ledger_url: str) -> Any:
    with Ledger(ledger_url) as made:
        yield made


def invoice(*files: Any, number: int = 1, **more: Any) -> Job:
    return Job(order(number), FILE_TYPE, attachments=files, marketplace="DE", **more)


def problems(ledger: Ledger, *jobs: Job) -> list[Problem]:
    with pytest.raises(InvalidMessageError) as refused:
        ledger.add(jobs)
    assert rows(ledger) == []
    assert SECRET not in str(refused.value)
    return list(refused.value.problems)


def test_the_ledger_keeps_url_name_size_and_digest(ledger: Ledger, shelf: Shelf) -> None:
    (url,) = shelf.put("invoices/R-17.pdf")
    ledger.add(invoice(url))

    content = shelf.files["invoices/R-17.pdf"]
    assert rows(ledger)[0].attachments == [
        {"path": url, "name": "R-17.pdf", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    ]
    (outcome,) = ledger.outcomes()
    assert outcome.job.attachments == (("R-17.pdf", url),)


def test_the_buyer_may_see_another_name(ledger: Ledger, shelf: Shelf) -> None:
    (url,) = shelf.put("invoices/4711")
    ledger.add(invoice(("Rechnung.pdf", url)))

    assert rows(ledger)[0].attachments[0]["name"] == "Rechnung.pdf"


def test_a_file_that_moved_behind_a_url_is_the_same_message(ledger: Ledger, shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "R-17.pdf").write_bytes(PDF)
    ledger.add(invoice(tmp_path / "R-17.pdf"))
    shelf.files["invoices/R-17.pdf"] = PDF

    assert ledger.add(invoice("shelf://invoices/R-17.pdf")) == Added(known=1)
    assert rows(ledger)[0].attachments[0]["path"] == "shelf://invoices/R-17.pdf"


def test_another_content_is_another_message(ledger: Ledger, shelf: Shelf) -> None:
    (url,) = shelf.put("invoices/R-17.pdf")
    ledger.add(invoice(url))
    shelf.put("invoices/R-17.pdf", content=PDF + b"another")

    with pytest.raises(InvalidMessageError, match="another content"):
        ledger.add(invoice(url))
    assert ledger.add(invoice(url), replace_unsent=True).known == 1
    assert rows(ledger)[0].attachments[0]["size"] == len(shelf.files["invoices/R-17.pdf"])


def test_the_same_file_under_two_documents_is_told(ledger: Ledger, shelf: Shelf) -> None:
    shelf.files |= {"a/R-17.pdf": PDF, "b/R-17.pdf": PDF}
    (problem,) = problems(ledger, invoice("shelf://a/R-17.pdf"), invoice("shelf://b/R-17.pdf", document="R-18"))

    assert problem.rule == "same-content"


def test_recover_takes_them(ledger: Ledger, shelf: Shelf) -> None:
    (url,) = shelf.put("invoices/R-17.pdf")

    assert ledger.recover("2020-01-01T00:00:00Z", [invoice(url)]) == 1
    assert rows(ledger)[0].attachments[0]["path"] == url


@pytest.mark.parametrize(
    "url",
    [
        f"shelf://invoices/R-17.pdf?token={SECRET}",
        f"shelf://shop:{SECRET}@invoices/R-17.pdf",
        f"simplecache::shelf://{SECRET}/R-17.pdf",
        f"shelf://{SECRET}/../R-17.pdf",
    ],
)
def test_urls_with_secrets_are_refused_before_anything_is_read(ledger: Ledger, shelf: Shelf, url: str) -> None:
    (problem,) = problems(ledger, invoice(url))

    assert (problem.field, problem.rule) == ("jobs[0].attachments", "file-url")
    assert not shelf.opened


def test_a_path_made_of_a_url_is_told(ledger: Ledger) -> None:
    (problem,) = problems(ledger, invoice(Path("shelf://invoices/R-17.pdf")))

    assert "two slashes" in problem.message


def test_what_is_wrong_with_files_is_told_by_job(ledger: Ledger, shelf: Shelf) -> None:
    shelf.files |= {
        "sound.pdf": PDF,
        "empty.pdf": b"",
        "page.pdf": b"<html>Please log in</html>",
        "large.pdf": PDF + bytes(MAX_TOTAL_SIZE),
    }
    shelf.errors["denied.pdf"] = PermissionError(SECRET)
    names = ("sound", "gone", "empty", "page", "large", "denied")
    found = problems(ledger, *(invoice(f"shelf://{name}.pdf", number=n) for n, name in enumerate(names)))

    assert [(each.field, each.rule) for each in found] == [
        ("jobs[1].attachments", "file-unreadable"),
        ("jobs[2].attachments", "file-size"),
        ("jobs[3].attachments", "file-content"),
        ("jobs[4].attachments", "file-size"),
        ("jobs[5].attachments", "file-unreadable"),
    ]
    assert found[0].message == "gone.pdf: there is no such file."


def test_what_was_given_as_a_name_by_mistake_is_not_shown(ledger: Ledger, shelf: Shelf) -> None:
    (problem,) = problems(ledger, invoice((f"Dear Ms {SECRET}", "shelf://gone.pdf")))

    assert problem.rule == "file-unreadable"


def test_a_storage_that_is_out_of_reach_ends_it_at_once(ledger: Ledger, shelf: Shelf) -> None:
    """100,000 files need not be tried one by one."""
    urls = shelf.put(*(f"R-{number}.pdf" for number in range(1000)))
    shelf.errors |= {f"R-{number}.pdf": TimeoutError(SECRET) for number in range(17, 1000)}

    with pytest.raises(NetworkError, match=r"jobs\[17\]: R-17\.pdf cannot be read .* Nothing was added") as failed:
        ledger.add(invoice(url, number=number) for number, url in enumerate(urls))
    assert failed.value.retryable
    assert SECRET not in str(failed.value)
    assert sum(shelf.opened.values()) < 200
    assert rows(ledger) == []


def test_a_storage_that_does_not_answer_is_not_waited_for(
    ledger: Ledger, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "MAX_FETCH_SECONDS", 0.05)
    (url,) = shelf.put("R-17.pdf")
    hang = threading.Event()
    shelf.before = lambda path: hang.wait(PATIENCE)
    with pytest.raises(NetworkError, match="did not come from its storage"):
        ledger.add(invoice(url))
    hang.set()


def test_each_file_is_read_once_and_many_are_read_at_once(ledger: Ledger, shelf: Shelf) -> None:
    together = threading.Barrier(side_by_side.MAX_THREADS)
    shelf.before = lambda path: together.wait(PATIENCE)
    count = 4 * side_by_side.MAX_THREADS
    urls = shelf.put(*(f"R-{number}.pdf" for number in range(count)))

    assert ledger.add(invoice(url, number=number) for number, url in enumerate(urls)) == Added(added=count)
    assert set(shelf.opened.values()) == {1}
    assert shelf.most_at_once == side_by_side.MAX_THREADS
    assert [row.amazon_order_id for row in rows(ledger)] == [order(number) for number in range(count)]


@pytest.mark.parametrize(
    "given", ["2026/R-17.pdf", "./2026/R-17.pdf", "shelf://invoices/2026/R-17.pdf", Path("2026/R-17.pdf")]
)
def test_files_below_a_root_are_kept_relative_to_it(ledger_url: str, shelf: Shelf, given: Any) -> None:
    shelf.put("invoices/2026/R-17.pdf")
    with Ledger(ledger_url, attachments_root="shelf://invoices/") as ledger:
        ledger.add(invoice(given))

        assert rows(ledger)[0].attachments[0]["path"] == "2026/R-17.pdf"


@pytest.mark.parametrize(
    "given", ["../R-17.pdf", "/srv/R-17.pdf", "shelf://invoices-2/R-17.pdf", "file:///srv/R-17.pdf"]
)
def test_everything_lies_below_the_root(ledger_url: str, shelf: Shelf, given: str) -> None:
    shelf.put("R-17.pdf", "invoices-2/R-17.pdf")
    with Ledger(ledger_url, attachments_root="shelf://invoices") as ledger:
        (problem,) = problems(ledger, invoice(given))

    assert problem.rule in ("file-root", "file-url")
    assert not shelf.opened


def test_below_a_folder_there_are_no_urls(ledger_url: str, shelf: Shelf, tmp_path: Path) -> None:
    (url,) = shelf.put("R-17.pdf")
    with Ledger(ledger_url, attachments_root=tmp_path) as ledger:
        (problem,) = problems(ledger, invoice(url))

    assert problem.rule == "file-root"


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows begin with a drive")
def test_a_file_url_is_the_path_that_it_stands_for(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "R 17.pdf"
    path.write_bytes(PDF)
    ledger.add(invoice(path.as_uri()))

    assert rows(ledger)[0].attachments[0] | {"sha256": ""} == {
        "path": str(path), "name": "R 17.pdf", "size": len(PDF), "sha256": "",
    }  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows begin with a drive")
def test_a_root_with_a_file_url_is_a_folder(ledger_url: str, tmp_path: Path) -> None:
    (tmp_path / "R-17.pdf").write_bytes(PDF)
    with Ledger(ledger_url, attachments_root=tmp_path.as_uri()) as ledger:
        ledger.add(invoice((tmp_path / "R-17.pdf").as_uri()))

        assert rows(ledger)[0].attachments[0]["path"] == "R-17.pdf"


@pytest.mark.parametrize(
    ("root", "told"),
    [
        (f"shelf://shop:{SECRET}@invoices", "user or a password"),
        (f"shelf://invoices?{SECRET}", "query"),
        ("nowhere://invoices", "knows no filesystem"),
        ("file:///no/such/folder", "not a folder"),
    ],
)
def test_a_root_that_cannot_be_is_refused(ledger_url: str, shelf: Shelf, root: str, told: str) -> None:
    for make in (lambda: Ledger(ledger_url, attachments_root=root), lambda: JobFile("jobs.csv", folder=root)):
        with pytest.raises(ConfigurationError, match=told) as refused:
            make()
        assert SECRET not in str(refused.value)
        if "not a folder" in told:
            break  # job files need no folder that exists


def test_job_files_name_urls(ledger: Ledger, shelf: Shelf, tmp_path: Path) -> None:
    one, two = shelf.put("invoices/R-1.pdf", "invoices/R-2.pdf")
    path = tmp_path / "jobs.jsonl"
    lines: list[dict[str, Any]] = [
        {"order": order(1), "attachments": f" {one} "},
        {"order": order(2), "attachments": f"{one};{two}"},
        {"order": order(3), "attachments": [two, one]},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    ledger.add(JobFile(path, message_type=FILE_TYPE, marketplace="DE"))

    kept = [[file["path"] for file in row.attachments] for row in rows(ledger)]
    assert kept == [[one], [one, two], [two, one]]


def test_paths_of_job_files_begin_at_a_root_behind_a_url(ledger_url: str, shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("invoices/2026/R-1.pdf", "invoices/2026/R-2.pdf")
    path = tmp_path / "jobs.jsonl"
    paths = [r"2026\R-1.pdf", "2026/R-2.pdf"]
    path.write_text("\n".join(json.dumps({"order": order(n), "attachments": p}) for n, p in enumerate(paths)))
    with Ledger(ledger_url, attachments_root="shelf://invoices") as ledger:
        ledger.add(JobFile(path, message_type=FILE_TYPE, marketplace="DE", folder="shelf://invoices/"))

        assert [row.attachments[0]["path"] for row in rows(ledger)] == ["2026/R-1.pdf", "2026/R-2.pdf"]


def test_fsspec_is_loaded_for_urls_alone(tmp_path: Path) -> None:
    (tmp_path / "R-17.pdf").write_bytes(PDF)
    program = f"""
import sys
from spapi_messaging.bulk import Job, Ledger, Sender, work
with Ledger({f"sqlite:///{tmp_path / 'ledger.db'}"!r}) as ledger:
    for place in ({str(tmp_path / "R-17.pdf")!r}, "memory://no.pdf"):
        ledger.check(Job("303-1234567-1234567", {FILE_TYPE!r}, attachments=[place], marketplace="DE")).close()
        print("fsspec" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
