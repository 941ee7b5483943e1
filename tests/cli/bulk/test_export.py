"""`bulk export`: a table that spreadsheets open right, and lines of JSON."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import Ledger
from spapi_messaging.cli.bulk import export as exporting
from tests.cli.conftest import invoke
from tests.support.desks import SECRET, WordDesk
from tests.support.ledgers import set_columns
from tests.support.runs import FILE_TYPE, TEXT_TYPE, job, order, pdf


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


def table(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=delimiter))


def test_a_table(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent", account="shop-de", document="Größe 17")
    desk.change(0, request_id="r-1", note="one\ntwo", finished_at=1_795_345_200_000)
    with Ledger(desk.url) as ledger:
        files = [pdf(tmp_path, "a.pdf"), pdf(tmp_path, "b.pdf")]
        ledger.add(job(1, message_type=FILE_TYPE, attachments=files))
        expected = list(ledger.export())
    rows = table(desk.types("export").stdout)

    assert [list(row) for row in rows] == [list(exporting.COLUMNS)] * 2
    assert set(exporting.COLUMNS) == set(expected[0])
    first, second = rows
    assert (first["account"], first["amazon_order_id"], first["document"]) == ("shop-de", order(0), "Größe 17")
    assert (first["request_id"], first["note"], first["state"]) == ("r-1", "one\ntwo", "sent")
    assert (first["finished_at"], first["attempts"]) == ("2026-11-22T11:00:00.000Z", "0")
    assert (second["account"], second["files"]) == ("", "a.pdf; b.pdf")


def test_lines_of_json(desk: WordDesk) -> None:
    desk.add("sent", "unknown")
    with Ledger(desk.url) as ledger:
        expected = list(ledger.export())
    done = desk.types("export", "--json")

    assert [json.loads(line) for line in done.stdout.splitlines()] == expected


def test_some_messages(desk: WordDesk) -> None:
    desk.add("sent", "rejected", "unknown")
    done = desk.types("export", "--state", "rejected", "--state", "unknown", "--type", TEXT_TYPE)

    assert [row["state"] for row in table(done.stdout)] == ["rejected", "unknown"]
    assert table(desk.types("export", "--order", order(9)).stdout) == []


def test_into_a_file(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent")
    file = tmp_path / "outcomes.csv"
    done = desk.types("export", "--output", str(file))

    assert (done.exit_code, done.stdout) == (0, "")
    assert f"1 message in {file}" in done.stderr
    assert file.read_bytes().startswith("\ufeffaccount,marketplace,".encode())
    assert file.read_bytes().endswith(b"\r\n")

    desk.add("sent", first=5)
    assert desk.types("export", "--output", str(file), "--force", "--delimiter", "semicolon").exit_code == 0
    assert len(table(file.read_bytes().decode(), ";")) == 2
    assert desk.types("export", "--output", str(file), "--force", "--json").exit_code == 0
    assert len(file.read_text().splitlines()) == 2
    assert desk.types("export", "--output", str(file), "--force").exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("*outcomes*")) == ["outcomes.csv"]


def test_an_earlier_export_is_replaced_only_with_force(desk: WordDesk, tmp_path: Path) -> None:
    """A person may have written notes into it."""
    desk.add("sent")
    file = tmp_path / "outcomes.csv"
    desk.types("export", "--output", str(file))
    with file.open("a") as stream:
        stream.write("a note")
    before = file.read_bytes()

    for more in ([], ["--json"]):
        done = desk.types("export", "--output", str(file), *more)
        assert (done.exit_code, file.read_bytes()) == (2, before)
        assert "outcomes.csv is there already, and was not changed." in done.stderr and "--force" in done.stderr
    assert desk.types("export", "--output", str(file), "--force").exit_code == 0
    assert file.read_bytes() != before


@pytest.mark.parametrize(
    ("given", "delimiter"), [(";", ";"), ("semicolon", ";"), (",", ","), ("comma", ","), ("tab", "\t"), ("|", "|")]
)
def test_delimiters_are_those_of_job_files(desk: WordDesk, tmp_path: Path, given: str, delimiter: str) -> None:
    desk.add("sent")
    file = tmp_path / "outcomes.csv"
    for _ in range(2):  # an export is known again
        assert desk.types("export", "--output", str(file), "--force", "--delimiter", given).exit_code == 0

    assert len(table(file.read_bytes().decode(), delimiter)) == 1


def test_what_is_no_delimiter(desk: WordDesk) -> None:
    done = desk.types("export", "--delimiter", "colon")

    assert done.exit_code == 2
    assert "A delimiter is one character, such as a comma, a semicolon or tab" in done.stderr


def test_another_file_is_not_replaced(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent")
    (tmp_path / "jobs.csv").write_text("order,text\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "null").symlink_to(os.devnull)

    for name, told in (
        ("jobs.csv", "This file exists, and is not an earlier export. Name another file."),
        ("folder", "This is a folder."),
        ("null", "This is a pipe or a device."),
        ("missing/a.csv", "The folder of this file does not exist."),
    ):
        done = desk.types("export", "--output", str(tmp_path / name))
        assert done.exit_code == 2
        assert told in done.stderr
    assert (tmp_path / "jobs.csv").read_text() == "order,text\n"
    assert desk.types("export", "--output", str(tmp_path / "empty.csv")).exit_code == 0


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_job_file_is_no_earlier_export(desk: WordDesk, tmp_path: Path, suffix: str) -> None:
    """Its first columns may be the same. It may hold a person's corrections."""
    desk.add("sent", account="shop-de")
    (tmp_path / "files").mkdir()
    pdf(tmp_path / "files", f"{order(1)}.pdf")
    file = tmp_path / f"jobs.{suffix}"
    given = ["--type", FILE_TYPE, "--marketplace", "DE", "--profile", "shop-de"]
    assert invoke("bulk", "prepare", str(tmp_path / "files"), *given, "--output", str(file)).exit_code == 0
    before = file.read_bytes()

    for more in ([], ["--json"]):
        done = desk.types("export", "--output", str(file), *more)
        assert done.exit_code == 2
        assert "not an earlier export" in done.stderr
    assert file.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_an_earlier_export_keeps_its_rights(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent")
    (tmp_path / "a.csv").touch(mode=0o600)
    desk.types("export", "--output", str(tmp_path / "a.csv"))

    assert (tmp_path / "a.csv").read_bytes()
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_pipe_or_a_device_is_not_replaced(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent")
    os.mkfifo(tmp_path / "pipe.csv")
    done = desk.types("export", "--output", str(tmp_path / "pipe.csv"))

    assert done.exit_code == 2
    assert "This is a pipe or a device." in done.stderr
    assert (tmp_path / "pipe.csv").is_fifo()


def test_a_file_that_a_link_leads_to(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent")
    file, link = tmp_path / "real.csv", tmp_path / "outcomes.csv"
    file.touch()
    link.symlink_to(file)
    desk.types("export", "--output", str(link))

    assert link.is_symlink()
    assert len(table(file.read_text(encoding="utf-8"))) == 1


def test_no_other_file_is_touched(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent")
    (tmp_path / ".outcomes.csv.part").write_text("mine")
    desk.types("export", "--output", str(tmp_path / "outcomes.csv"))

    assert (tmp_path / ".outcomes.csv.part").read_text() == "mine"


def test_an_export_that_fails_leaves_the_earlier_one(
    desk: WordDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add("sent")
    file = tmp_path / "outcomes.csv"
    desk.types("export", "--output", str(file))
    before = file.read_bytes()

    def full(_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "cell", full)
    done = desk.types("export", "--output", str(file), "--force")

    assert done.exit_code == 1
    assert "the export could not be written: No space left on device." in done.stderr
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*outcomes*")] == ["outcomes.csv"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", " ="])
def test_no_cell_is_a_formula(desk: WordDesk, begin: str) -> None:
    name = f"{begin}HYPERLINK(1)"
    desk.add("sent", document=name, key=name)
    (row,) = table(desk.types("export").stdout)

    assert (row["document"], row["key"]) == (f"'{name.strip()}",) * 2


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_value_comes_back_or_is_marked(value: str) -> None:
    row = dict.fromkeys(exporting.COLUMNS, value) | {"files": [value]}
    (found,) = table("".join(exporting.as_csv([row], ",")))

    for cell in found.values():
        assert cell in (value, f"'{value}")
        assert not cell.lstrip(" ").startswith(exporting.FORMULAS)


def test_thousands_come_page_by_page(desk: WordDesk) -> None:
    with Ledger(desk.url) as ledger:
        ledger.add(job(number) for number in range(1, 2502))
        set_columns(ledger, state="sent", text=SECRET)
    assert len(table(desk.types("export").stdout)) == 2501


def test_there_is_no_such_ledger(tmp_path: Path) -> None:
    done = invoke("bulk", "export", "--ledger", f"sqlite:///{tmp_path / 'sent.db'}", "--output", str(tmp_path / "a"))

    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []
