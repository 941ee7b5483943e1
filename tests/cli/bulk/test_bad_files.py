"""Files that cannot be sent: one clear message with its line, and nothing is sent."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from tests.cli.bulk.conftest import Desk
from tests.support.runs import FILE_TYPE, TEXT, TEXT_TYPE, order, pdf

ROW = f"{order(1)},{TEXT_TYPE}"
SECRET = "the buyer's own words"


class Bad(NamedTuple):
    """A file that is bad.

    Args:
        name: what is bad about it.
        content: what is in it.
        line: where the message says that it is.
        told: what the message says.
        code: 2 if it is not a job file, 1 if a row is wrong.
        suffix: how the file's name ends.
    """

    name: str
    content: str | bytes
    line: int
    told: str
    code: int = 1
    suffix: str = ".csv"


FILES = [
    Bad("a missing column", f"type,text\n{TEXT_TYPE},{SECRET}\n", 1, "there is no column order", 2),
    Bad("an unknown type", f"order,type,text\n{order(1)},{TEXT_TYPE}x,{SECRET}\n", 2, f"Did you mean {TEXT_TYPE}?"),
    Bad("an unknown account", f"order,type,text,account\n{ROW},{SECRET},shop-xy\n", 2, "there is no account 'shop-xy'"),
    Bad("a folder", f"order,type,attachments\n{order(1)},{FILE_TYPE},folder\n", 2, "is a folder"),
    Bad("a missing file", f"order,type,attachments\n{order(1)},{FILE_TYPE},R-18.pdf\n", 2, "there is no such file"),
    Bad("a long cell", f"order,type,text\n{ROW},{SECRET * 2000}\n", 2, "characters. The limit is 32,767"),
    Bad("an empty file", "", 1, "the file is empty", 2),
    Bad("headings alone", "order,type,text\n", 1, "the file holds no message", 2),
    Bad("a binary file", b"PK\x03\x04" + bytes(range(256)), 1, "this is a ZIP archive", 2),
    Bad("another encoding", f"order,type,text\n{ROW},Grüße {SECRET}\n".encode("latin-1"), 2, "this is not UTF-8", 2),
    Bad("one message twice", f"order,type,text\n{ROW},{SECRET}\n{ROW},{TEXT}\n", 3, "line 2 is the same message"),
    Bad(
        "one key twice",
        f"order,type,text,key\n{ROW},{SECRET},k\n{ROW},{TEXT},k\n",
        3,
        "key: line 2 is the same message",
    ),
    Bad("no zone", f"order,type,text,due\n{ROW},{SECRET},2026-12-01T10:00\n", 2, "this time has no zone"),
    Bad("a number", f"order,type,text\n3.03123E+16,{TEXT_TYPE},{SECRET}\n", 2, "a spreadsheet made a number of"),
    Bad("a missing name", f"order,type,text\n{ROW},{SECRET} {{{{ nmae }}}}\n", 2, "uses 'nmae', and there is no such"),
    Bad("no JSON", f'{{"order": "{order(1)}", "text": "{SECRET}"\n', 1, "this is not JSON", 1, ".jsonl"),
]


@pytest.mark.parametrize("bad", FILES, ids=lambda bad: bad.name.replace(" ", "-"))
def test_a_bad_file_is_told_with_its_line_and_nothing_is_sent(desk: Desk, bad: Bad) -> None:
    (desk.folder / "folder").mkdir()
    file = desk.folder / f"jobs{bad.suffix}"
    file.write_bytes(bad.content if isinstance(bad.content, bytes) else bad.content.encode())
    done = desk.send(file)

    assert done.exit_code == bad.code
    (told,) = re.findall(r"^(?:error|Error: Nothing was sent:) (line \d+.*)$", done.stderr, re.MULTILINE)
    assert re.match(rf"line {bad.line}\b", told)
    assert bad.told in told
    assert "Nothing was sent" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert (desk.states(), desk.received()) == ({}, [])


def test_an_attachment_that_changed_since_it_was_added(desk: Desk) -> None:
    """The same file is typed again, and a part of it is not what the ledger was given."""
    pdf(desk.folder)
    file = desk.write((order(1), FILE_TYPE, "R-17.pdf"), headings="order,type,attachments")
    desk.send(file)
    pdf(desk.folder, content=b"%PDF-1.7 another")
    done = desk.send(file)

    assert done.exit_code == 1
    assert "error line 2, document: this message was sent on " in done.stderr
    assert desk.received() == [1]


def test_a_folder_is_no_job_file(desk: Desk) -> None:
    (desk.folder / "invoices").mkdir()
    done = desk.send(desk.folder / "invoices")

    assert done.exit_code == 2
    assert "invoices is a folder. `bulk prepare` makes a job file of it." in done.stderr


def test_a_file_that_is_not_there(desk: Desk) -> None:
    done = desk.send(desk.folder / "missing.csv")

    assert done.exit_code == 2
    assert "missing.csv" in done.stderr
