"""The README's day's work: its commands are typed in order, in a folder as it describes it, against a sandbox."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from spapi_messaging.bulk import JOB_COLUMNS, JobFile, Ledger, State
from spapi_messaging.bulk.job_files.template_filters import filters
from spapi_messaging.cli.app import application
from spapi_messaging.sandbox import Sandbox
from tests.support.sandboxes import complete_sandbox
from tests.test_readme import README

(SECTION,) = re.findall(r"^## From a folder of PDFs.*?(?=^## )", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [
    line for block in re.findall(r"```console\n(.*?)```", SECTION, flags=re.DOTALL) for line in block.splitlines()
]
FILES = re.findall(r"^invoices/\S+\.pdf$", SECTION, flags=re.MULTILINE)
(JOB_FILE,) = re.findall(r"```\n(order;.*?)```", SECTION, flags=re.DOTALL)
ORDERS = [re.findall(r"\d{3}-\d{7}-\d{7}", name)[0] for name in FILES]
SALES_CHANNELS = {"DE": "Amazon.de", "FR": "Amazon.fr", "IT": "Amazon.it"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans={"*": (50.0, 50)}) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shop's folder: the files, and two reports about their orders."""
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


def type_in(command: str, folder: Path, sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    """A command, typed in the shop's folder, with a ledger of its own."""
    program, *words = shlex.split(command)
    assert program == "spapi-messaging"
    environment = {
        **sandbox.environment(),
        "SPAPI_MESSAGING_LEDGER": f"sqlite:///{folder / 'ledger.db'}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONUTF8": "1",
    }
    environment.pop("SP_API_DEFAULT_MARKETPLACE")
    return subprocess.run(
        [sys.executable, "-m", "spapi_messaging", *words],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip


def test_its_commands_do_what_it_says(folder: Path, sandbox: Sandbox) -> None:
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        done = type_in(command, folder, sandbox)
        assert done.returncode == 0, (command, done.stdout, done.stderr)

    assert sorted(message.order_id for message in sandbox.inbox) == sorted(ORDERS)
    with Ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        assert ledger.status().states == {State.SENT: len(FILES)}
        for name in ("from-report.csv", "from-table.csv"):
            assert sorted(entry.job.order_id for entry in JobFile(folder / name) if entry.job) == sorted(ORDERS)
    again = type_in(COMMANDS[1], folder, sandbox)
    assert (again.returncode, len(sandbox.inbox)) == (0, len(FILES))


def test_its_job_file_is_one(folder: Path, sandbox: Sandbox) -> None:
    (folder / "own.csv").write_text(JOB_FILE, encoding="utf-8")

    done = type_in("spapi-messaging bulk send own.csv", folder, sandbox)

    assert done.returncode == 0, done.stderr
    assert [message.order_id for message in sandbox.inbox] == ORDERS[:1]


def test_its_table_has_every_column() -> None:
    for name in JOB_COLUMNS:
        assert f"`{name}`" in SECTION


def test_it_lists_every_filter_of_templates() -> None:
    (listed,) = re.findall(r"and the filters (.*?)\. A name", SECTION, flags=re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) == set(filters("its own")) - {"its own", "count", "d"}


def test_it_names_every_command() -> None:
    group = application.commands["bulk"]
    assert isinstance(group, click.Group)
    assert {name for name in group.commands if f"`bulk {name}" not in SECTION} - {"prepare", "send"} == set()
