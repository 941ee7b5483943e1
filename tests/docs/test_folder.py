"""docs/folder.md: its commands are typed in order, in a folder as it describes it, against a sandbox."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from spapi_messaging.bulk import JOB_COLUMNS, JobFile, Ledger, State
from spapi_messaging.bulk.job_files.template_filters import filters
from spapi_messaging.cli.app import application
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import invoke
from tests.docs.pages import Page
from tests.support.sandboxes import complete_sandbox

PAGE = Page("folder.md")
SECTION = PAGE.text
COMMANDS = [line for line in PAGE.commands() if not line.startswith("pip ")]
FILES = re.findall(r"^invoices/\S+\.pdf$", SECTION, flags=re.MULTILINE)
(JOB_FILE,) = re.findall(r"```\n(order;.*?)```", SECTION, flags=re.DOTALL)
ORDERS = [re.findall(r"\d{3}-\d{7}-\d{7}", name)[0] for name in FILES]
SALES_CHANNELS = {"DE": "Amazon.de", "FR": "Amazon.fr", "IT": "Amazon.it"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans={"*": (50.0, 50)}) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop's folder, with a ledger of its own: the files, and two reports about their orders."""
    monkeypatch.chdir(tmp_path)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SP_API_DEFAULT_MARKETPLACE")
    monkeypatch.setenv("SPAPI_MESSAGING_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"%PDF-1.4\n{path.name}\n%%EOF\n".encode())
    channels = [SALES_CHANNELS[Path(name).parent.name] for name in FILES]
    report = ["\t".join(row) for row in zip(ORDERS, channels, strict=True)]
    (tmp_path / "orders.txt").write_text("\n".join(["amazon-order-id\tsales-channel", *report]), encoding="utf-8")
    table = [f"{order};{Path(name).stem.partition('_')[2]}" for order, name in zip(ORDERS, FILES, strict=True)]
    (tmp_path / "orders.csv").write_text("\n".join(["Bestellnummer;Beleg", *table]), encoding="utf-8")
    return tmp_path


def type_in(command: str) -> Any:
    """A command, as it is typed in the shop's folder."""
    program, *words = shlex.split(command)
    assert program == "spapi-messaging"
    return invoke(*words)


def test_its_commands_do_what_it_says(folder: Path, sandbox: Sandbox) -> None:
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        done = type_in(command)
        assert done.exit_code == 0, (command, done.stdout, done.stderr)

    assert sorted(message.order_id for message in sandbox.inbox) == sorted(ORDERS)
    with Ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        assert ledger.status().states == {State.SENT: len(FILES)}
        for name in ("from-report.csv", "from-table.csv"):
            assert sorted(entry.job.order_id for entry in JobFile(folder / name) if entry.job) == sorted(ORDERS)
    again = type_in(COMMANDS[1])
    assert (again.exit_code, len(sandbox.inbox)) == (0, len(FILES))


def test_its_job_file_is_one(folder: Path, sandbox: Sandbox) -> None:
    (folder / "own.csv").write_text(JOB_FILE, encoding="utf-8")

    done = type_in("spapi-messaging bulk send own.csv")

    assert done.exit_code == 0, done.stderr
    assert [message.order_id for message in sandbox.inbox] == ORDERS[:1]


def test_its_table_has_every_column() -> None:
    for name in JOB_COLUMNS:
        assert f"`{name}`" in SECTION


def test_it_lists_every_filter_of_templates() -> None:
    (listed,) = re.findall(r"^\| filters \| (.*) \|$", SECTION, flags=re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", listed)) == set(filters("its own")) - {"its own", "count", "d"}


def test_it_names_every_command() -> None:
    group = application.commands["bulk"]
    assert isinstance(group, click.Group)
    assert {name for name in group.commands if f"`bulk {name}" not in SECTION} - {"prepare", "send"} == set()


def test_the_texts_of_templates_do_what_they_say(folder: Path, sandbox: Sandbox) -> None:
    greeting, other = re.findall(r"`([^`]*\{\{ (?:name|row).*?\}\})`", PAGE.section("Texts from templates"))[:2]
    fallback = re.findall(r"`(\{\{ name \| default.*?\}\})`", SECTION)[0]
    rows = [f"{ORDERS[0]};{greeting};Ada;x", f"{ORDERS[1]};{other};;seen", f"{ORDERS[2]};{fallback};;x"]
    (folder / "texts.csv").write_text("order;text;name;Any Heading\n" + quoted(rows), encoding="utf-8")

    done = type_in("spapi-messaging bulk send texts.csv --type confirmOrderDetails --marketplace DE")

    assert done.exit_code == 0, done.stderr
    sent = {message.order_id: message.text for message in sandbox.inbox}
    assert sent == dict(zip(ORDERS, ["Dear Ada", "seen", "customer"], strict=True))


def quoted(rows: list[str]) -> str:
    return "".join(";".join('"{}"'.format(cell.replace('"', '""')) for cell in row.split(";")) + "\n" for row in rows)
