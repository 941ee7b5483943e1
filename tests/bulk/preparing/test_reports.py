"""From an order report."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, InvalidMessageError
from spapi_messaging.bulk.preparing.defaults import Defaults
from tests.support.preparing import cells, from_report, put, told
from tests.support.runs import FILE_TYPE, TEXT_TYPE, order

BUYER = "Erika Mustermann"
# As Amazon's reports of orders have them.
HEADINGS = [
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "order-status",
    "sales-channel",
    "buyer-name",
    "sku",
]


def row(number: int, *, status: str = "Shipped", channel: str = "Amazon.de", sku: str = "A") -> list[str]:
    """A line of a report."""
    return [order(number), f"M-{number}", "2026-11-20T10:00:00+00:00", status, channel, BUYER, sku]


def write(
    path: Path, *rows: list[str], headings: list[str] = HEADINGS, delimiter: str = "\t", encoding: str = "utf-8"
) -> Path:
    """A report."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([headings, *rows])
    return path


def test_columns_are_guessed_and_the_guess_is_told(tmp_path: Path) -> None:
    found = from_report(write(tmp_path / "orders.txt", row(1), row(2, channel="Amazon.co.uk")))

    assert cells(found, "order", "marketplace", "type") == [(order(1), "DE", TEXT_TYPE), (order(2), "UK", TEXT_TYPE)]
    assert found.report is not None
    assert found.report.used == {"order": "amazon-order-id", "marketplace": "sales-channel", "status": "order-status"}
    assert found.report.left == ("merchant-order-id", "purchase-date", "buyer-name", "sku")
    assert set(found.jobs[0].cells) == {"order", "marketplace", "type"}


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_reports_are_read_as_job_files_are(tmp_path: Path, delimiter: str, encoding: str) -> None:
    report = write(tmp_path / "orders.csv", row(1), delimiter=delimiter, encoding=encoding)

    assert cells(from_report(report), "order") == [(order(1),)]


def test_another_encoding_is_named(tmp_path: Path) -> None:
    headings = ["Bestellnummer", "Käufer"]
    report = write(tmp_path / "orders.csv", [order(1), "Müller"], headings=headings, encoding="windows-1252")

    with pytest.raises(InvalidMessageError, match="windows-1252"):
        from_report(report)
    found = from_report(report, encoding="windows-1252", columns={"order": "Bestellnummer"}, keep=("Käufer",))
    assert cells(found, "order", "Käufer") == [(order(1), "Müller")]


def test_the_files_name_cannot_stand_in_two_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(put(tmp_path, "R-1.pdf", "R-2.pdf"))
    report = write(tmp_path / "o.csv", [order(1), "R-1", "R-2"], headings=["order-id", "Beleg", "Beleg"])

    with pytest.raises(ConfigurationError, match="2 columns that could be 'Beleg'"):
        from_report(report, attach=("{Beleg}.pdf",))
    assert cells(from_report(report), "order") == [(order(1),)]  # nothing needs these columns


@pytest.mark.parametrize(
    "given",
    [{}, {"columns": {"order": order(1)}}, {"columns": {"order": "X"}}, {"keep": ("Y",)}, {"attach": ("{Z}.pdf",)}],
)
def test_a_report_without_headings_is_told_and_shows_no_buyer(tmp_path: Path, given: dict[str, Any]) -> None:
    """Its first line would be left out, too."""
    report = write(tmp_path / "o.txt", [order(2), BUYER], headings=[order(1), "Max Mustermann"])

    with pytest.raises(ConfigurationError, match="an order id, and no headings") as raised:
        from_report(report, **given)
    assert "Mustermann" not in str(raised.value)


@pytest.mark.parametrize("given", [{"columns": {}}, {"columns": {"order": "X"}}, {"attach": ("{Z}.pdf",)}])
def test_headings_are_shown_in_one_line(tmp_path: Path, given: dict[str, Any]) -> None:
    """Neither escape codes nor a text in the place of a heading must reach the terminal."""
    report = write(tmp_path / "o.txt", ["1", "2", "3"], headings=["Beleg", "\x1b[2J", "a long text " * 10])

    with pytest.raises(ConfigurationError) as raised:
        from_report(report, **given)
    assert "\x1b" not in str(raised.value)
    assert "a long text" not in str(raised.value)


def test_a_heading_that_a_spreadsheet_would_run_is_not_kept(tmp_path: Path) -> None:
    report = write(tmp_path / "o.csv", [order(1), "x"], headings=["order", "=1+1"])

    with pytest.raises(ConfigurationError, match="formula"):
        from_report(report, keep=("=1+1",))
    assert from_report(report).jobs


def test_columns_can_be_named(tmp_path: Path) -> None:
    headings = ["Bestell-ID", "Beleg", "Land", "Fällig am"]
    report = write(tmp_path / "o.csv", [order(1), "R-1", "fr", "2026-12-24"], headings=headings)
    columns = {"order": "bestell_id", "document": "Beleg", "marketplace": "Land", "due": "Fällig am"}

    found = from_report(report, columns=columns)

    assert cells(found, "order", "document", "marketplace", "due") == [(order(1), "R-1", "FR", "2026-12-24")]


@pytest.mark.parametrize(
    ("headings", "given", "told"),
    [
        (["number", "name"], {}, "no column with order ids. Its columns: number, name"),
        (["order-id", "name"], {"columns": {"document": "beleg"}}, "no column 'beleg'. Its columns: order-id, name"),
        (["order-id", "order_id"], {}, "2 columns that could be 'order'"),
        (["order-id", "sku", "sku"], {"keep": ("sku",)}, "2 columns that could be 'sku'"),
        (["order-id", "document"], {"keep": ("document",)}, "a column 'document' of its own"),
        (["order-id"], {"attach": ("{invoice}.pdf",)}, "names the column {invoice}, which is not there"),
        (["order-id"], {"attach": ("{order.pdf",)}, "a brace is missing"),
        (["order-id"], {"patterns": ("{order}.pdf",)}, "--pattern is for a folder"),
        (["order-id"], {"orders": Path("o.txt")}, "--orders is for a folder"),
        (["order-id"], {"defaults": Defaults(TEXT_TYPE)}, "No marketplace is given"),
        (["order-id"], {"defaults": Defaults(None, "DE")}, "No message type is given"),
        (
            ["order-id"],
            {"defaults": Defaults(FILE_TYPE, "DE")},
            "needs a file, and nothing says where it is. Use --attach",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, headings: list[str], given: dict[str, object], told: str
) -> None:
    report = write(tmp_path / "o.csv", [order(1)] * len(headings), headings=headings)

    with pytest.raises(ConfigurationError) as error:
        from_report(report, **given)
    assert told in str(error.value)


def test_what_is_not_to_be_sent_is_left_out_with_its_reason(tmp_path: Path) -> None:
    report = write(
        tmp_path / "o.txt",
        row(1),
        row(2, status="Cancelled"),
        row(3, status="canceled"),
        row(4, channel="Non-Amazon DE"),
        row(5, status="Pending"),
    )

    found = from_report(report)

    assert cells(found, "order") == [(order(1),), (order(5),)]
    assert {reason: each.examples for reason, each in found.findings.left_out.items()} == {
        "the order was cancelled": ["line 3", "line 4"],
        "the order was not made on Amazon": ["line 5"],
    }
    assert not found.findings.count


def test_the_lines_of_one_order_are_one_job(tmp_path: Path) -> None:
    report = write(tmp_path / "o.txt", row(1, sku="A"), row(2), row(1, sku="B"), row(1, sku="C"))

    found = from_report(report)

    assert cells(found, "order") == [(order(1),), (order(2),)]
    assert found.findings.repeated == 2


def test_lines_of_one_order_that_differ_are_a_contradiction(tmp_path: Path) -> None:
    report = write(tmp_path / "o.txt", row(1, sku="A"), row(2), row(1, sku="B"))

    found = from_report(report, keep=("sku",))

    assert cells(found, "order", "sku") == [(order(2), "A")]
    assert told(found)["line 2"].startswith("line 4 is for the same message. They differ in sku.")


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("3,03123E+16", "a spreadsheet made a number of the order id"),
        ("30312345671234567", "has lost its hyphens"),
        ("303-1234567-123456", "'303-1234567-123456' is not an order id"),
        ("", "the order id is empty"),
        (BUYER, "[16 characters] is not an order id"),
    ],
)
def test_a_damaged_order_id_is_named_with_its_line(tmp_path: Path, cell: str, problem: str) -> None:
    found = from_report(write(tmp_path / "o.csv", [cell, "A"], headings=["order-id", "sku"]))

    assert problem in told(found)["line 2, order"]
    assert BUYER not in str(told(found))


def test_what_spreadsheets_write_around_an_order_id_is_read(tmp_path: Path) -> None:
    rows = [[f'="{order(1)}"', "A"], [f"'{order(2)}", "A"], [f" {order(3)} ", "A"]]

    found = from_report(write(tmp_path / "o.csv", *rows, headings=["order-id", "sku"]))

    assert cells(found, "order") == [(order(1),), (order(2),), (order(3),)]


def test_an_unknown_marketplace_or_type_is_named_with_its_line(tmp_path: Path) -> None:
    headings = ["order-id", "marketplace", "message-type"]
    rows = [[order(1), "Amazon.xy", ""], [order(2), "", "invoicce"], [order(3), "", ""]]

    found = from_report(write(tmp_path / "o.csv", *rows, headings=headings))

    assert cells(found, "order", "marketplace", "type") == [(order(3), "DE", TEXT_TYPE)]
    assert "is not a marketplace of Amazon" in told(found)["line 2, marketplace"]
    assert "there is no message type 'invoicce'" in told(found)["line 3"]


def test_a_row_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(f"order-id,sku\n{order(1)},A,B\n{order(2)},C\n", encoding="utf-8")

    found = from_report(path)

    assert cells(found, "order") == [(order(2),)]
    assert "3 cells" in told(found)["line 2"]


def test_files_are_found_by_the_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, f"pdf/DE/{order(1)}_R-1.PDF", "pdf/UK/R-2 (Kopie).pdf", "terms.pdf")
    monkeypatch.chdir(tmp_path)
    headings = ["order-id", "sales-channel", "Invoice No"]
    rows = [[order(1), "Amazon.de", "R-1"], [order(2), "Amazon.co.uk", "R-2"]]
    report = write(tmp_path / "o.csv", *rows, headings=headings)

    for attach in (
        "pdf/{marketplace}/*{Invoice No}*.pdf",
        "pdf\\{marketplace}\\*{Invoice No}*.pdf",
        f"{tmp_path}/pdf/*/*{{Invoice No}}*",
    ):
        found = from_report(report, attach=(attach, "./terms.pdf"))

        assert [[Path(file).name for file in job.files] for job in found.jobs] == [
            [f"{order(1)}_R-1.PDF", "terms.pdf"],
            ["R-2 (Kopie).pdf", "terms.pdf"],
        ]


def test_what_is_wrong_with_files_is_named_with_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "R-2.pdf", "R-3 a.pdf", "R-3 b.pdf", "secret/x.pdf")
    (tmp_path / "R-2.pdf").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    rows = [[order(number), cell] for number, cell in enumerate(["R-1", "R-2", "R-3", "", "secret/x", ".."], 1)]
    report = write(tmp_path / "o.csv", *rows, headings=["order-id", "document"])

    found = from_report(report, attach=("{document}*.pdf",))

    assert not found.jobs
    problems = {place.removesuffix(", attachments"): problem for place, problem in told(found).items()}
    assert "there is no file R-1*.pdf" in problems["line 2"]
    assert "the file is empty" in problems["line 3"]
    assert "2 files fit R-3*.pdf: R-3 a.pdf, R-3 b.pdf" in problems["line 4"]
    assert "the column document names the file, and is empty" in problems["line 5"]
    assert "holds a slash" in problems["line 6"]
    assert "holds a slash or is ." in problems["line 7"]


def test_several_files_go_into_one_message_if_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, f"{order(1)} a.pdf", f"{order(1)} b.pdf")
    monkeypatch.chdir(tmp_path)
    report = write(tmp_path / "o.csv", [order(1), "A"], headings=["order-id", "sku"])

    (job,) = from_report(report, attach=("{order}*.pdf",), together=True).jobs

    assert [Path(file).name for file in job.files] == [f"{order(1)} a.pdf", f"{order(1)} b.pdf"]


def test_a_file_is_found_whatever_its_capital_letters_unless_two_differ_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "r-1.PDF", "R-2.pdf", "r-2.pdf")
    if len(list(tmp_path.iterdir())) < 3:
        pytest.skip("this file system knows no capital letters")
    monkeypatch.chdir(tmp_path)
    report = write(tmp_path / "o.csv", [order(1), "R-1"], [order(2), "R-2"], headings=["order-id", "document"])

    found = from_report(report, attach=("{document}.pdf",))

    assert [[Path(file).name for file in job.files] for job in found.jobs] == [["r-1.PDF"], ["R-2.pdf"]]


@pytest.mark.parametrize("pattern", ["{document}*.pdf", "*{document}.pdf", "*{document}*"])
@pytest.mark.parametrize("name", ["R-10.pdf", "AR-1.pdf", "R-1a.pdf"])
def test_a_number_is_no_part_of_a_longer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, name: str
) -> None:
    """The buyer would get the invoice of somebody else."""
    monkeypatch.chdir(put(tmp_path, name))
    report = write(tmp_path / "o.csv", [order(1), "R-1"], headings=["order-id", "document"])

    found = from_report(report, attach=(pattern,))

    assert not found.jobs
    assert "there is no file" in told(found)["line 2, attachments"]


def test_no_file_goes_to_two_buyers_by_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(put(tmp_path, "R-1-2.pdf", "R-3.pdf"))
    rows = [[order(1), "R-1"], [order(2), "R-1-2"], [order(3), "R-3"]]
    report = write(tmp_path / "o.csv", *rows, headings=["order-id", "document"])

    found = from_report(report, attach=("{document}*.pdf",))

    assert cells(found, "document") == [("R-3",)]
    assert "R-1-2.pdf would be sent for line 3, too" in told(found)["line 2, attachments"]
    assert "R-1-2.pdf would be sent for line 2, too" in told(found)["line 3, attachments"]


@pytest.mark.parametrize("attach", ["terms.pdf", "{marketplace}*.pdf", "{document}.pdf"])
def test_a_file_that_is_named_goes_to_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attach: str) -> None:
    monkeypatch.chdir(put(tmp_path, "terms.pdf", "DE terms.pdf", "R-1.pdf"))
    report = write(tmp_path / "o.csv", [order(1), "R-1"], [order(2), "R-1"], headings=["order-id", "document"])

    assert len(from_report(report, attach=(attach,)).jobs) == 2


def test_a_star_finds_no_file_of_another_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other order need not stand in the report."""
    monkeypatch.chdir(put(tmp_path, f"{order(1)} statt {order(2)}.pdf", f"R-3 {order(4)}.pdf", f"R-5 {order(5)}.pdf"))
    rows = [[order(1), ""], [order(3), "R-3"], [order(5), "R-5"]]
    report = write(tmp_path / "o.csv", *rows, headings=["order", "Beleg"])

    found = from_report(report, attach=("*{order}*.pdf",))
    assert "its name holds the order id" in told(found)["line 2, attachments"]
    found = from_report(report, attach=("{Beleg}*.pdf",))
    assert "its name holds the order id" in told(found)["line 3, attachments"]
    assert cells(found, "order") == [(order(5),)]


def test_a_longer_order_id_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(
        put(tmp_path, f"1{order(1)}.pdf", f"{order(1)}8.pdf", f"RE{order(2)}.pdf", f"{order(3)[:-8]}-{order(3)}.pdf")
    )
    rows = [[order(number), "A"] for number in (1, 2, 3)]
    report = write(tmp_path / "o.csv", *rows, headings=["order-id", "sku"])

    assert cells(from_report(report, attach=("*{order}*",)), "order") == [(order(3),)]
    assert cells(from_report(report, attach=("RE{order}.pdf",)), "order") == [(order(2),)]
