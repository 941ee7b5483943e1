"""From a folder of files that are named after their orders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk.adding.collecting import Kind
from spapi_messaging.bulk.preparing.defaults import Defaults
from tests.support.preparing import PDF, cells, from_folder, put, told
from tests.support.runs import FILE_TYPE, TEXT_TYPE, order

ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows takes no such names")


def test_each_file_is_a_job(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}_R-1.pdf", f"{order(2)}_R-2.PDF", f"{order(3)}.pdf")

    found = from_folder(tmp_path)

    expected = [(order(1), "R-1"), (order(2), "R-2"), (order(3), None)]
    assert cells(found, "order", "document") == expected
    assert [Path(job.files[0]).name for job in found.jobs] == sorted(file.name for file in tmp_path.iterdir())
    assert found.kinds == {Kind(None, "DE", FILE_TYPE): 3}
    assert not found.findings.count


def test_folders_may_name_the_marketplace_the_account_and_the_type(tmp_path: Path) -> None:
    put(tmp_path, f"de/shop-a/{order(1)}.pdf", f"FR/shop-a/{order(2)}.pdf", f"A1F83G8C2ARO7P/shop-b/{order(3)}.pdf")

    found = from_folder(tmp_path, "{marketplace}/{account}/{order}.pdf")

    assert cells(found, "marketplace", "account") == [("UK", "shop-b"), ("FR", "shop-a"), ("DE", "shop-a")]


def test_the_type_may_stand_in_the_name(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}_{FILE_TYPE.upper()}.pdf", f"{order(2)}_nothing.pdf")

    found = from_folder(tmp_path, "{order}_{type}.pdf", defaults=Defaults(marketplace="DE"))

    assert cells(found, "type") == [(FILE_TYPE,)]
    assert "no message type 'nothing'" in told(found)[f"{order(2)}_nothing.pdf"]


def test_what_systems_put_into_folders_is_passed_over(tmp_path: Path) -> None:
    names = (".DS_Store", "._x.pdf", "Thumbs.db", "desktop.ini", "~$Rechnung.docx", ".git/config", "__MACOSX/x.pdf")
    put(tmp_path, *names, f"{order(1)}.pdf")

    found = from_folder(tmp_path)

    assert len(found.jobs) == 1
    assert not found.findings.count
    assert not found.findings.left_out


def test_other_names_are_counted_and_the_first_ten_named(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}.pdf", *(f"readme {number:02}.md" for number in range(12)))

    found = from_folder(tmp_path)

    assert len(found.jobs) == 1
    assert list(told(found)) == [f"readme {number:02}.md" for number in range(10)]
    assert "does not fit {order}_{document}.pdf or {order}.pdf" in told(found)["readme 00.md"]
    assert found.findings.count == 12


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("3031234567-1234567.pdf", "'3031234567-1234567' is not an order id"),
        ("303_1234567_1234567_R-1.pdf", "is not an order id"),
        ("303–1234567–1234567.pdf", "such as 303-1234567-1234567"),
        ("30312345671234567.pdf", "has lost its hyphens"),
    ],
)
def test_an_order_id_that_is_none_is_named(tmp_path: Path, name: str, problem: str) -> None:
    found = from_folder(put(tmp_path, name))

    assert problem in told(found)[name]
    assert not found.jobs


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*{order}*.pdf", f"{order(1)} statt {order(2)}.pdf"),
        ("*{order}.pdf", f"{order(1)} statt {order(2)}.pdf"),
        ("{order}_{document}.pdf", f"{order(1)}_{order(2)}.pdf"),
        ("*/{order}.pdf", f"{order(1)}/{order(2)}.pdf"),
    ],
)
def test_a_name_with_two_orders_is_sent_to_neither(tmp_path: Path, pattern: str, name: str) -> None:
    put(tmp_path, name, name.replace(order(2), order(1)).replace(order(1), order(3)))

    found = from_folder(tmp_path, pattern)

    assert f"the name holds two order ids, {order(1)} and {order(2)}." in told(found)[name]
    assert cells(found, "order") == [(order(3),)]


def test_files_that_cannot_be_sent_are_left_out_with_a_reason(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}.pdf", f"{order(2)}.pdf")
    (tmp_path / f"{order(2)}.pdf").write_bytes(b"")
    (tmp_path / ".gitkeep").write_bytes(b"")

    found = from_folder(tmp_path)

    assert cells(found, "order") == [(order(1),)]
    assert told(found) == {f"{order(2)}.pdf": "the file is empty (0 bytes). Write it again, or remove it."}


@ON_POSIX
def test_links_stay_in_the_folder(tmp_path: Path) -> None:
    put(tmp_path, f"in/{order(1)}.pdf", f"out/{order(2)}.pdf", "in/de/x.pdf")
    folder = tmp_path / "in"
    (folder / f"{order(2)}.pdf").symlink_to(tmp_path / "out" / f"{order(2)}.pdf")
    (folder / f"{order(3)}.pdf").symlink_to(f"{order(1)}.pdf")
    (folder / f"{order(4)}.pdf").symlink_to("gone.pdf")
    (folder / "fr").symlink_to(tmp_path / "out")
    (tmp_path / "link").symlink_to(folder)

    found = from_folder(tmp_path / "link", "{order}.pdf", "{marketplace}/{order}.pdf")

    assert cells(found, "order") == [(order(1),), (order(3),)]
    assert "leads out of the folder" in told(found)[f"{order(2)}.pdf"]
    assert "cannot be read" in told(found)[f"{order(4)}.pdf"]
    assert "a link to a folder" in told(found)["fr"]


@ON_POSIX
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{order(1)}.pdf")

    assert "not a file" in told(from_folder(tmp_path))[f"{order(1)}.pdf"]


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_must_not_be_read_is_named(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}.pdf", f"de/{order(2)}.pdf")
    (tmp_path / f"{order(1)}.pdf").chmod(0)
    (tmp_path / "de").chmod(0)
    try:
        found = from_folder(tmp_path, "{order}.pdf", "*/{order}.pdf")
    finally:
        (tmp_path / "de").chmod(0o700)

    assert set(told(found)) >= {f"{order(1)}.pdf", "de"}


def test_folders_that_lie_deeper_are_told(tmp_path: Path) -> None:
    put(tmp_path, f"DE/{order(1)}.pdf", f"FR/{order(2)}.pdf")

    found = from_folder(tmp_path)

    (left_out,) = found.findings.left_out.values()
    assert left_out.examples == ["DE", "FR"]
    assert "--pattern '{marketplace}/{order}.pdf'" in told(found)[tmp_path.name]


def test_two_files_for_one_message_are_a_question(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}_a.pdf", f"{order(1)}_b.pdf", f"{order(2)}_a.pdf")

    asked = from_folder(tmp_path, "{order}_*.pdf")
    answered = from_folder(tmp_path, "{order}_*.pdf", together=True)

    assert cells(asked, "order") == [(order(2),)]
    assert f"{order(1)}_b.pdf is for the same message" in told(asked)[f"{order(1)}_a.pdf"]
    assert [[Path(file).name for file in job.files] for job in answered.jobs] == [
        [f"{order(1)}_a.pdf", f"{order(1)}_b.pdf"],
        [f"{order(2)}_a.pdf"],
    ]


def test_a_copy_of_a_file_is_not_sent_as_another_document(tmp_path: Path) -> None:
    """Programs name the second download of a file so."""
    put(tmp_path, f"{order(1)}_R-1.pdf", f"{order(1)}_R-2.pdf", f"{order(2)}_R-1.pdf")
    content = (tmp_path / f"{order(1)}_R-1.pdf").read_bytes()
    for name in (f"{order(1)}_R-1 (1).pdf", f"{order(3)}_R-1.pdf"):  # for another order, it is what everybody gets
        (tmp_path / name).write_bytes(content)

    found = from_folder(tmp_path)

    assert cells(found, "order", "document") == [(order(1), "R-2"), (order(2), "R-1"), (order(3), "R-1")]
    copied = f"its content is that of {order(1)}_R-1 (1).pdf, for the same order."
    assert told(found)[f"{order(1)}_R-1.pdf"].startswith(copied)
    assert f"{order(1)}_R-1 (1).pdf" in told(found)


def test_one_order_in_two_marketplaces_is_a_contradiction(tmp_path: Path) -> None:
    put(tmp_path, f"DE/{order(1)}.pdf", f"FR/{order(1)}.pdf")

    found = from_folder(tmp_path, "{marketplace}/{order}.pdf", together=True)

    assert "They differ in marketplace" in told(found)[f"DE/{order(1)}.pdf"]


def test_a_folder_that_is_no_marketplace_is_named(tmp_path: Path) -> None:
    found = from_folder(put(tmp_path, f"XX/{order(1)}.pdf"), "{marketplace}/{order}.pdf")

    assert "'XX' is not a marketplace" in told(found)[f"XX/{order(1)}.pdf"]


@pytest.mark.parametrize(("given", "missing"), [(Defaults(FILE_TYPE), "marketplace"), (Defaults(None, "DE"), "type")])
def test_what_nobody_says_is_asked_for_once(tmp_path: Path, given: Defaults, missing: str) -> None:
    put(tmp_path, f"{order(1)}.pdf", f"{order(2)}.pdf")

    with pytest.raises(ConfigurationError, match=f"No .*{missing} is given"):
        from_folder(tmp_path, defaults=given)


def test_an_order_report_says_the_marketplace(tmp_path: Path) -> None:
    put(tmp_path, *(f"pdf/{order(number)}.pdf" for number in range(1, 6)))
    report = tmp_path / "orders.txt"
    lines = [
        "amazon-order-id\torder-status\tsales-channel",
        f"{order(1)}\tShipped\tAmazon.de",
        f"{order(1)}\tShipped\tAmazon.de",
        f"{order(2)}\tShipped\tAmazon.co.uk",
        f"{order(3)}\tCancelled\tAmazon.de",
        f"{order(4)}\tShipped\tNon-Amazon",
    ]
    report.write_text("\n".join(lines), encoding="utf-8")

    found = from_folder(tmp_path / "pdf", orders=report, defaults=Defaults(FILE_TYPE))
    with_default = from_folder(tmp_path / "pdf", orders=report)

    assert cells(found, "order", "marketplace") == [(order(1), "DE"), (order(2), "UK")]
    assert {reason: each.examples for reason, each in found.findings.left_out.items()} == {
        "the order was cancelled": [f"{order(3)}.pdf"],
        "the order was not made on Amazon": [f"{order(4)}.pdf"],
    }
    assert "orders.txt does not say which marketplace" in told(found)[f"{order(5)}.pdf"]
    assert (order(5), "DE") in cells(with_default, "order", "marketplace")


def test_options_for_reports_are_refused(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}.pdf")

    for given in ({"attach": ("x",)}, {"keep": ("x",)}, {"columns": {"order": "x"}}, {"encoding": "utf-8"}):
        with pytest.raises(ConfigurationError, match="report"):
            from_folder(tmp_path, **given)


def test_an_empty_folder_holds_nothing_to_send(tmp_path: Path) -> None:
    assert told(from_folder(tmp_path)) == {tmp_path.name: "there is nothing to send in it. Nothing was written."}


@ON_POSIX
def test_a_name_cannot_look_like_lines_of_ours(tmp_path: Path) -> None:
    put(tmp_path, "evil\nerror: all is well\x1b[2J.pdf")

    assert next(iter(told(from_folder(tmp_path)))) == r"evil\nerror: all is well\x1b[2J.pdf"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes names that are not text")
def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + f"/{order(1)}_".encode() + b"\xff.pdf")).write_bytes(PDF)

    assert "not UTF-8" in told(from_folder(tmp_path))[rf"{order(1)}_\udcff.pdf"]


def test_the_job_file_is_no_file_of_the_folder(tmp_path: Path) -> None:
    put(tmp_path, f"{order(1)}.pdf", "jobs.csv")

    assert not from_folder(tmp_path, ignored=Path(os.path.realpath(tmp_path / "jobs.csv"))).findings.count


def test_messages_of_several_types_for_one_order_stay_apart(tmp_path: Path) -> None:
    put(tmp_path, f"{FILE_TYPE}/{order(1)}.pdf", f"{TEXT_TYPE}/{order(1)}.pdf")

    found = from_folder(tmp_path, "{type}/{order}.pdf")

    assert sorted(cells(found, "type")) == sorted([(FILE_TYPE,), (TEXT_TYPE,)])
