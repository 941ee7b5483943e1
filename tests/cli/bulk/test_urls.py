"""`bulk` with files that lie behind URLs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk import State
from spapi_messaging.bulk.job_files.reading import JobFile
from tests.cli.bulk.conftest import Desk
from tests.cli.conftest import Run, invoke
from tests.support import storages
from tests.support.runs import FILE_TYPE, order
from tests.support.storages import PDF, Shelf

SECRET = "s3cr3tValue"
HEADINGS = "order,type,attachments"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with storages.shelf() as made:
        yield made


def test_urls_are_added_and_sent(desk: Desk, shelf: Shelf) -> None:
    one, two = shelf.put("invoices/R-1.pdf", "invoices/R-2.pdf")
    file = desk.write((order(1), FILE_TYPE, one), (order(2), FILE_TYPE, f"{one};{two}"), headings=HEADINGS)
    added = invoke("bulk", "add", str(file), "--ledger", desk.ledger_url)

    assert "2 messages: 2 new" in added.stdout
    assert desk.send(file).exit_code == 0
    assert {message.order_id: len(message.attachments) for message in list(desk.sandbox.inbox)} == {
        order(1): 1,
        order(2): 2,
    }


def test_the_root_may_be_a_url(desk: Desk, shelf: Shelf) -> None:
    shelf.put("invoices/2026/R-1.pdf")
    file = desk.write((order(1), FILE_TYPE, "2026/R-1.pdf"), headings=HEADINGS)

    done = desk.send(file, "--attachments-root", "shelf://invoices")
    assert (done.exit_code, desk.received()) == (0, [1])


def test_a_root_with_a_secret_is_refused_without_being_repeated(desk: Desk, shelf: Shelf) -> None:
    file = desk.write((order(1), FILE_TYPE, "2026/R-1.pdf"), headings=HEADINGS)
    done = desk.send(file, "--attachments-root", f"shelf://shop:{SECRET}@invoices")

    assert done.exit_code == 2
    assert "this URL holds a user or a password" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_url_with_a_secret_is_refused_by_its_line(desk: Desk, shelf: Shelf) -> None:
    file = desk.write((order(1), FILE_TYPE, f"https://shop.example/R-1.pdf?X={SECRET}"), headings=HEADINGS)
    done = desk.send(file)

    assert done.exit_code != 0
    assert "line 2" in done.stderr and "query" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert desk.states() == {}


def test_a_storage_that_is_out_of_reach_adds_nothing(desk: Desk, shelf: Shelf) -> None:
    (url,) = shelf.put("R-1.pdf")
    shelf.errors["R-1.pdf"] = ConnectionRefusedError(111, SECRET)
    done = desk.send(desk.write((order(1), FILE_TYPE, url), headings=HEADINGS))

    assert done.exit_code == 1
    assert "line 2: R-1.pdf cannot be read from its storage now (Connection refused)" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert desk.states() == {}


def test_recover_reads_job_files_with_urls(desk: Desk, shelf: Shelf) -> None:
    one, two = shelf.put("R-1.pdf", "R-2.pdf")
    invoke("bulk", "add", str(desk.write((order(1), FILE_TYPE, one), headings=HEADINGS)), "--ledger", desk.ledger_url)
    file = desk.write((order(2), FILE_TYPE, two), headings=HEADINGS)
    given = ("--since", "2020-01-01", "--ledger", desk.ledger_url, "--marketplace", "DE", "--yes")
    done = invoke("bulk", "recover", str(file), *given)

    assert done.exit_code == 0
    assert desk.states() == {State.UNKNOWN: 2}


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An order report in the working folder."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "orders.txt").open("w", encoding="utf-8", newline="") as file:
        rows = [[order(number), "Amazon.de", f"R-{number}"] for number in (1, 2)]
        csv.writer(file, delimiter="\t").writerows([["amazon-order-id", "sales-channel", "number"], *rows])
    return tmp_path


def prepare(pattern: str, *more: str) -> Run:
    return invoke("bulk", "prepare", "orders.txt", "--type", FILE_TYPE, "--attach", pattern, *more)


@pytest.mark.parametrize("name", ["jobs.csv", "jobs.jsonl"])
def test_prepare_names_urls(report: Path, shelf: Shelf, name: str) -> None:
    urls = shelf.put(*(f"invoices/{order(n)}/R-{n}.pdf" for n in (1, 2)))
    assert prepare("shelf://invoices/{order}/{number}.pdf", "--output", name).exit_code == 0
    assert [list(entry.job.attachments) for entry in JobFile(report / name) if entry.job] == [[url] for url in urls]


def test_prepare_tells_what_is_not_there(report: Path, shelf: Shelf) -> None:
    shelf.put("invoices/R-1.pdf")
    done = prepare("shelf://invoices/{number}.pdf")

    assert done.exit_code != 0
    assert "R-2.pdf: there is no such file." in done.stdout and "R-1.pdf" not in done.stdout


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("shelf://invoices/{order}*.pdf", "a URL takes no *"),
        ("shelf://invoices/{nothing}.pdf", "the column {nothing}, which is not there"),
        (f"https://shop.example/{{order}}.pdf?X={SECRET}", "query"),
        (f"shelf://shop:{SECRET}@invoices/{{order}}.pdf", "user or a password"),
    ],
)
def test_prepare_refuses_what_cannot_be_a_pattern(report: Path, shelf: Shelf, pattern: str, told: str) -> None:
    done = prepare(pattern)

    assert done.exit_code == 2
    assert told in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("cell", ["../R-1", "R%2f1", "R?1", "R#1", ""])
def test_a_report_names_no_file_elsewhere(report: Path, shelf: Shelf, cell: str) -> None:
    shelf.files = {"invoices/R-2.pdf": PDF}
    path = report / "orders.txt"
    path.write_text(path.read_text().replace("R-1", cell))
    done = prepare("shelf://invoices/{number}.pdf", "--json")

    assert done.exit_code != 0
    assert [problem["field"] for problem in done.json["problems"]] == ["line 2, attachments"]
