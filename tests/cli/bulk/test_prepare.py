"""`bulk prepare`: what is typed, what is printed, and the job file."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from spapi_messaging.bulk.job_files.reading import JobFile
from tests.cli.conftest import Run, invoke
from tests.support.preparing import put
from tests.support.runs import FILE_TYPE, TEXT_TYPE, order
from tests.support.thorough import choose

BUYER = "Erika Mustermann"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, in which there is a folder of files for three marketplaces."""
    monkeypatch.chdir(tmp_path)
    for name in ("SP_API_DEFAULT_MARKETPLACE", "SP_API_REFRESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return put(
        tmp_path, *(f"invoices/{place}/{order(n)}_R-{n}.pdf" for n, place in enumerate(["DE", "FR", "IT", "DE"]))
    )


PATTERN = ("--pattern", "{marketplace}/{order}_{document}.pdf")


def prepare(source: str, *options: str, **given: Any) -> Run:
    return invoke("bulk", "prepare", source, "--type", FILE_TYPE, *options, **given)


def test_a_folder_becomes_a_job_file_and_the_next_command_is_told(shop: Path) -> None:
    done = prepare("invoices", *PATTERN)

    assert done.exit_code == 0
    *kinds, end, look, command = done.stdout.splitlines()
    assert [line.split() for line in kinds] == [
        ["MESSAGES", "MARKETPLACE", "TYPE"],
        ["2", "DE", FILE_TYPE],
        ["1", "FR", FILE_TYPE],
        ["1", "IT", FILE_TYPE],
    ]
    digest = shlex.split(command)[-1]
    assert end == f"jobs.csv: 4 messages, digest {digest}."
    assert look == "Look at jobs.csv, then:"
    assert shlex.split(command) == ["spapi-messaging", "bulk", "send", "jobs.csv", "--digest", digest]
    assert len(list(JobFile(shop / "jobs.csv"))) == 4


def test_json_has_the_same(shop: Path) -> None:
    put(shop, "invoices/DE/readme.txt")

    done = prepare("invoices", *PATTERN, "--output", "a b.jsonl", "--json")
    printed = prepare("invoices", *PATTERN)

    assert done.exit_code == 1
    document = done.json
    assert document["file"] == "a b.jsonl"
    assert document["digest"] in printed.stdout
    assert document["messages"] == 4
    assert document["kinds"][0] == {"account": None, "marketplace": "DE", "message_type": FILE_TYPE, "messages": 2}
    assert [problem["field"] for problem in document["problems"]] == ["DE/readme.txt"]
    assert document["problem_count"] == 1
    assert document["next"] == f"spapi-messaging bulk send 'a b.jsonl' --digest {document['digest']}"
    assert "a b.jsonl: 4 messages" in done.stderr


def test_problems_are_listed_and_the_rest_is_written(shop: Path) -> None:
    put(shop, "invoices/DE/readme.txt")

    done = prepare("invoices", *PATTERN)

    assert done.exit_code == 1
    assert "Not in the job file, from invoices: 1 problem\n" in done.stdout
    assert "error DE/readme.txt: the name does not fit" in done.stdout
    assert "bulk send jobs.csv --digest" in done.stdout
    assert len(list(JobFile(shop / "jobs.csv"))) == 4


def test_an_order_report_becomes_a_job_file_and_the_guess_is_told(shop: Path) -> None:
    lines = [
        "amazon-order-id\tpurchase-date\torder-status\tsales-channel\tbuyer-name",
        f"{order(0)}\t2026-11-20\tShipped\tAmazon.de\t{BUYER}",
        f"{order(0)}\t2026-11-20\tShipped\tAmazon.de\t{BUYER}",
        f"{order(1)}\t2026-11-20\tShipped\tAmazon.fr\t{BUYER}",
        f"{order(2)}\t2026-11-20\tCancelled\tAmazon.it\t{BUYER}",
    ]
    (shop / "orders.txt").write_text("\n".join(lines), encoding="utf-8")

    done = prepare("orders.txt", "--attach", "invoices/{marketplace}/{order}_*.pdf")

    assert done.exit_code == 0
    assert done.stdout.startswith(
        "Columns: order ← amazon-order-id\n"
        "         marketplace ← sales-channel\n"
        "         status ← order-status\n"
        "         not taken over: 2 columns (purchase-date, buyer-name)\n"
    )
    assert "1 line said the same as another one of the same order.\n" in done.stdout
    assert "Left out, because the order was cancelled: 1 (line 5).\n" in done.stdout
    assert BUYER not in done.stdout + (shop / "jobs.csv").read_text(encoding="utf-8")


def test_a_column_is_kept_if_it_is_named(shop: Path) -> None:
    (shop / "orders.csv").write_text(f"Bestellung;Name\n{order(1)};{BUYER}\n", encoding="utf-8")

    options = ("--column", "order=Bestellung", "--keep", "Name", "--marketplace", "DE", "--delimiter", ";")
    done = invoke("bulk", "prepare", "orders.csv", "--type", TEXT_TYPE, *options)

    assert done.exit_code == 0
    assert "kept for templates: Name" in done.stdout
    assert "Its messages need texts." in done.stdout
    assert "bulk send jobs.csv --text-file text.txt --dry-run" in done.stdout
    assert BUYER not in done.stdout
    expected = f"marketplace;order;type;Name\r\nDE;{order(1)};{TEXT_TYPE};{BUYER}\r\n"
    assert (shop / "jobs.csv").read_bytes().decode("utf-8-sig") == expected


def test_the_account_the_marketplace_and_the_sandbox_are_those_of_the_options(shop: Path) -> None:
    done = prepare("invoices/DE", "--profile", "shop-de", "--marketplace", "A1PA6795UKMFR9", "--sandbox", "local")

    assert done.exit_code == 0
    assert ["2", "DE", FILE_TYPE, "shop-de"] in [line.split() for line in done.stdout.splitlines()]
    assert "bulk send jobs.csv --sandbox local --digest" in done.stdout
    entries = list(JobFile(shop / "jobs.csv"))
    assert {entry.job.account for entry in entries if entry.job} == {"shop-de"}


def test_the_marketplace_may_come_from_the_environment(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "IT")

    assert prepare("invoices/DE", "--json").json["kinds"][0]["marketplace"] == "IT"


def test_a_job_file_is_not_replaced_unasked(shop: Path) -> None:
    (shop / "jobs.csv").write_text("corrected", encoding="utf-8")

    refused = prepare("invoices", *PATTERN)
    assert (refused.exit_code, (shop / "jobs.csv").read_text(encoding="utf-8")) == (2, "corrected")
    assert "jobs.csv is there already, and was not changed." in refused.stderr

    assert prepare("invoices", *PATTERN, "--force").exit_code == 0
    assert len(list(JobFile(shop / "jobs.csv"))) == 4


@pytest.mark.parametrize("arguments", [["orders.csv"], ["invoices", "--orders", "orders.csv"]])
def test_a_report_is_not_replaced_by_what_is_made_of_it(shop: Path, arguments: list[str]) -> None:
    report = shop / "orders.csv"
    report.write_text(f"order,sales-channel\n{order(0)},Amazon.de\n", encoding="utf-8")
    before = report.read_bytes()

    refused = prepare(*arguments, "--output", "./orders.csv", "--force")

    assert (refused.exit_code, report.read_bytes()) == (2, before)
    assert "orders.csv is the order report" in refused.stderr


def test_documents_that_a_spreadsheet_would_change_are_told(shop: Path) -> None:
    """Another document is another message: the buyer would get it again."""
    put(shop, f"numbers/{order(1)}_000123.pdf", f"numbers/{order(2)}_R-2.pdf", f"numbers/{order(3)}_1-2.pdf")

    done = prepare("numbers", "--marketplace", "DE")
    assert done.exit_code == 0
    assert "A spreadsheet that saves jobs.csv changes 2 of its documents or keys, such as 000123." in done.stdout
    assert "document" not in prepare("numbers", "--marketplace", "DE", "--output", "jobs.jsonl").stdout
    found = json.loads(prepare("numbers", "--marketplace", "DE", "--force", "--json").stdout)
    assert found["changed_by_spreadsheets"] == 2


@pytest.mark.parametrize(("answer", "exit_code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_a_person_is_asked(shop: Path, monkeypatch: pytest.MonkeyPatch, answer: str, exit_code: int) -> None:
    (shop / "jobs.csv").write_text("corrected", encoding="utf-8")
    monkeypatch.setattr("spapi_messaging.cli.bulk.asking.has_terminal", lambda: True)

    done = prepare("invoices", *PATTERN, stdin=answer)

    assert done.exit_code == exit_code
    assert "Replace it?" in done.stderr
    assert ((shop / "jobs.csv").read_text(encoding="utf-8") == "corrected") == bool(exit_code)


def test_standard_output_takes_the_job_file_alone(shop: Path) -> None:
    done = prepare("invoices", *PATTERN, "--output", "-")

    assert done.exit_code == 0
    assert done.stdout.lstrip("\ufeff").startswith("marketplace,order,type,document,attachments")
    assert len(done.stdout.splitlines()) == 5
    assert "The job file: 4 messages, digest" in done.stderr
    assert "  spapi-messaging bulk send - --digest " in done.stderr
    assert "jobs.csv" not in done.stderr
    assert not (shop / "jobs.csv").exists()


def test_a_report_that_is_not_unicode_needs_a_name_of_its_encoding(shop: Path) -> None:
    (shop / "orders.csv").write_bytes(f"order-id;marketplace;Käufer\n{order(0)};DE;Jörg\n".encode("windows-1252"))
    done = prepare("orders.csv")

    assert done.exit_code == 2
    assert "Error: Nothing was written: " in done.stderr
    assert 'name the encoding with --encoding, such as "windows-1252".' in done.stderr
    assert "Nothing was sent" not in done.stderr
    assert "UTF-8" not in prepare("orders.csv", "--encoding", "windows-1252").stderr


def test_the_job_file_may_lie_in_the_folder(shop: Path) -> None:
    for _ in range(2):
        assert (
            prepare("invoices/DE", "--marketplace", "DE", "--output", "invoices/DE/jobs.csv", "--force").exit_code == 0
        )


def test_nothing_to_send_writes_nothing(shop: Path) -> None:
    (shop / "empty").mkdir()

    done = prepare("empty", "--marketplace", "DE")

    assert done.exit_code == 1
    assert "there is nothing to send in it" in done.stdout
    assert not (shop / "jobs.csv").exists()


def test_a_folder_within_says_how_to_go_on(shop: Path) -> None:
    done = prepare("invoices", "--marketplace", "DE")

    assert done.exit_code == 1
    assert "Left out, because the folder lies deeper than the pattern goes: 3 (DE, FR, IT).\n" in done.stdout
    assert "--pattern '{marketplace}/{order}.pdf'" in done.stdout


def test_what_bulk_send_would_refuse_gives_no_digest(shop: Path) -> None:
    name = f"{order(9)}_\u200b.pdf"  # a document number that does not show
    put(shop, f"invoices/DE/{name}")

    done = prepare("invoices", *PATTERN)

    assert done.exit_code == 1
    assert "In jobs.csv: " in done.stdout
    assert "error line 4, document: " in done.stdout
    assert "It cannot be sent like this." in done.stdout
    assert "digest" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "does not exist"),
        (["invoices", "--type", "invoise"], "Unknown message type 'invoise'. Did you mean"),
        (["invoices", "--marketplace", "DE"], "No message type is given. Use --type, for example invoice"),
        (["invoices", "--type", FILE_TYPE], "No marketplace is given. Use --marketplace, for example DE"),
        (["invoices", "--pattern", "{number}.pdf"], "There is no placeholder {number}"),
        (["invoices", "--output", "-", "--json"], "both write to standard output"),
        (["invoices", "--output", "jobs.xlsx"], "Name it .csv or .jsonl"),
        (["invoices", "--column", "order"], "write NAME=HEADING"),
        (["invoices", "--column", "colour=red"], "a job file has no such column. It has order, marketplace"),
        (["invoices", "--column", "file=Datei"], "--attach says where the files are"),
        (["invoices", "--column", "order=a", "--column", "order-id=b"], "order is given twice"),
        (["invoices", "--output", "a.csv", "--output", "b.csv"], "--output is given twice"),
        (["empty.csv", "--type", FILE_TYPE], "empty.csv line 1: the file is empty"),
        (["excel.xlsx", "--type", FILE_TYPE], "excel.xlsx line 1: this is an Excel workbook"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_written(shop: Path, arguments: list[str], told: str) -> None:
    (shop / "empty.csv").touch()
    with ZipFile(shop / "excel.xlsx", "w") as workbook:
        workbook.writestr("[Content_Types].xml", "<Types/>")
        workbook.writestr("xl/workbook.xml", "<workbook/>")

    done = invoke("bulk", "prepare", *arguments)

    assert done.exit_code == 2
    assert told in done.stderr + done.stdout
    assert not list(shop.glob("jobs*"))


def test_thousands_of_files_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = choose(2_000, 10_000)
    monkeypatch.chdir(put(tmp_path, *(f"pdf/{order(number)}.pdf" for number in range(count))))

    assert prepare("pdf", "--marketplace", "DE", "--json").json["messages"] == count


def test_without_the_extra_the_error_says_how_to_install_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("spapi_messaging.bulk.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    done = prepare("invoices", *PATTERN)

    assert done.exit_code == 2
    assert "pip install 'spapi-messaging[bulk]'" in done.stderr


def test_the_help_shows_how_it_is_typed() -> None:
    done = invoke("bulk", "prepare", "--help")

    assert "--pattern '{marketplace}/{order}_{document}.pdf'" in done.stdout
    assert "prepare" in invoke("bulk", "--help").stdout


def test_json_is_plain(shop: Path) -> None:
    (shop / "orders.csv").write_text(f"order-id,marketplace\n{order(0)},DE\n", encoding="utf-8")

    document = prepare("orders.csv", "--attach", "invoices/*/{order}*.pdf", "--json").json

    assert document["columns"] == {
        "used": {"order": "order-id", "marketplace": "marketplace"},
        "kept": [],
        "left": [],
    }
    assert json.dumps(document)
