"""docs/bulk.md: its program is killed, started again, and sends nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.people.words import Words
from spapi_messaging.sandbox import Sandbox
from tests.docs.pages import Page
from tests.docs.reader import Reader
from tests.support.sandboxes import complete_sandbox

PAGE = Page("bulk.md")
(BULK,) = (example for example in PAGE.blocks("python") if "Sender(ledger)" in example)


def begin(sandbox: Sandbox, folder: Path) -> subprocess.Popen[str]:
    """Starts the program of the page."""
    (folder / "example.py").write_text(BULK, encoding="utf-8")
    environment = {**os.environ, **sandbox.environment(), "PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "example.py"], cwd=folder, env=environment, stdout=pipe, stderr=pipe, encoding="utf-8"
    )


def test_program_with_a_ledger_is_killed_and_goes_on(tmp_path: Path) -> None:
    with complete_sandbox(plans={"*": (50.0, 50)}) as sandbox:
        kill_and_go_on(sandbox, tmp_path)


def kill_and_go_on(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "invoices").mkdir()
    orders = [f"303-1234567-{number:07d}" for number in range(8)]
    rows = [f"{order},R-{number},R-{number}.pdf" for number, order in enumerate(orders)]
    (tmp_path / "invoices.csv").write_text("\n".join(["order,number,file", *rows]), encoding="utf-8")
    for number in range(len(orders)):
        (tmp_path / "invoices" / f"R-{number}.pdf").write_bytes(b"%PDF-1.4\n%EOF\n")
    assert len([line for line in BULK.splitlines() if line.strip()]) <= 15

    with begin(sandbox, tmp_path) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "Added(added=8, known=0, already_sent=0, repeated=0)\n"
        assert " sent " in program.stdout.readline()
        program.kill()
    with begin(sandbox, tmp_path) as program:
        printed, errors = program.communicate()
    assert program.returncode == 0, errors

    assert printed.startswith("Added(added=0, known=")
    sent = [message.order_id for message in sandbox.inbox]
    assert len(set(sent)) == len(sent)
    assert set(orders) - set(sent) <= {line.split()[0] for line in printed.splitlines() if " unknown " in line}


def test_the_other_examples_do_what_they_say(reader: Reader) -> None:
    for number in (17, 18):
        reader.write(f"invoices/R-{number}.pdf", f"%PDF-1.4\nR-{number}\n%%EOF\n")
    reader.write("other.pdf", b"%PDF-1.4\nanother invoice\n%%EOF\n")

    reader.read(PAGE)

    with Ledger("sqlite:///shop.db") as ledger:
        assert ledger.status().states == {State.PENDING: 1}
    assert len(reader.sandbox.inbox) == 2


def test_its_program_fails_without_credentials(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        reader.set(name, "")
    reader.write("invoices.csv", "order,number,file\n303-1234567-1234567,R-17,../invoice.pdf\n")

    with pytest.raises(SystemExit, match="1 messages are not sent yet"):
        reader.run_program(BULK)

    assert "There are no credentials for the account without a name" in caplog.text


def test_the_table_has_every_state() -> None:
    told = PAGE.section("Where a message stands")

    assert [state for state in State if f"`{state}`" not in told] == []


def test_the_table_has_every_word_of_a_person() -> None:
    told = PAGE.section("What a person decides")
    words = [name for name in vars(Words) if not name.startswith("_")]

    assert len(words) >= 8
    assert [name for name in words if f"`{name}(" not in told] == ["archivable"]  # a look, and no word
