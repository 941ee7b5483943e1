"""The recipes of docs/schedulers.md: each block is written into a shop's folder and run, against a sandbox."""

from __future__ import annotations

import configparser
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk import Job, Ledger, State
from spapi_messaging.sandbox import Sandbox
from tests.docs.folders import ACCOUNTS, Folder
from tests.docs.pages import Page
from tests.support import postgres, redis_server
from tests.support.sandboxes import complete_sandbox
from tests.support.waiting import wait_until

PAGE = Page("schedulers.md")
BLOCKS = PAGE.all_blocks()
FILES = {block.text.splitlines()[0].removeprefix("# "): block.text for block in BLOCKS if block.text.startswith("# ")}
CONSOLES = [text.splitlines() for text in PAGE.blocks("console")]
(CRON,) = PAGE.blocks("cron")
CRON_SECTION = PAGE.text.partition("## cron and systemd")[2].partition("\n## ")[0]


def add(folder: Folder, messages: int = 3) -> None:
    """Adds messages of all accounts."""
    text = "Your parcel waits with the neighbour."
    with Ledger(folder.ledger) as ledger:
        ledger.add(
            Job(f"303-{number:07d}-{place:07d}", "confirmOrderDetails", text=text, account=name, marketplace="DE")
            for number in range(messages)
            for place, name in enumerate(ACCOUNTS)
        )


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """Those of the page, and the sandbox's in their place."""
    shown = re.findall(r"^(\w+)='(.*)'$", FILES["shop.env"], flags=re.MULTILINE)
    known = sandbox.environment() | {
        f"REFRESH_TOKEN_{name}": str(sandbox.credentials_for(name).refresh_token) for name in ACCOUNTS
    }
    return {value: known[name] for name, value in shown}


@pytest.fixture
def folder(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis_server.Server) -> Iterator[Folder]:
    redis_server.flush()
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as sandbox:
        replaced = {"redis://localhost/1": redis_server.url, **credentials(sandbox)}
        yield Folder(tmp_path, FILES, postgres_server.fresh_url(), sandbox, replaced)


@pytest.mark.parametrize("commands", [each for each in CONSOLES if "celery" in each[0]])
def test_celery(folder: Folder, commands: list[str]) -> None:
    with folder.running(commands):
        folder.run("python add.py")
        folder.until_sent(1)
        wait_until(lambda: "A slice ended: 1 sent" in folder.log, "the line of the slice")
        wait_until(lambda: "beat: Starting" in folder.log, "beat")
        assert folder.warnings == []


def test_procrastinate(folder: Folder) -> None:
    ((export, schema, worker),) = (each for each in CONSOLES if "procrastinate" in each[-1])
    add(folder)
    folder.run(export)
    folder.run(schema)

    with folder.running([worker]):
        folder.until_sent(6)


def test_cron(folder: Folder) -> None:
    found = re.fullmatch(r"\* \* \* \* \* (cd /srv/shop && .*serve\.py)\n", CRON)
    assert found is not None
    command = found[1].replace("/srv/shop", str(folder.path)).replace(".venv/bin/", "")
    folder.forget_credentials()
    add(folder)

    folder.run(shlex.join(["sh", "-c", command]))
    folder.until_sent(6)


@pytest.mark.parametrize("option", ["--limiter redis://localhost/1", "--metrics-port 0"])
def test_the_accounts_go_with_the_options_of_a_worker(folder: Folder, option: str) -> None:
    (line,) = re.findall(r"`(spapi-messaging bulk work [^`]*)`", CRON_SECTION.replace("\n", " "))
    add(folder)

    folder.run(f"{line.replace('URL', folder.ledger)} {option}")
    folder.until_sent(6)


def test_systemd(folder: Folder) -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment]  # systemd knows names by their case
    unit.read(folder.path / "shop-serve.service")
    service = unit["Service"]
    program = service["ExecStart"].removeprefix(service["WorkingDirectory"] + "/.venv/bin/")
    variables = folder.path / service["EnvironmentFile"].removeprefix(service["WorkingDirectory"] + "/")
    lines = [line for line in variables.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"\w+='[^'$\\]+'", line) for line in lines)  # a shell and systemd read them alike
    folder.forget_credentials()
    add(folder)

    folder.run(" ".join(["env", *lines, program]))
    folder.until_sent(6)


def test_a_program_that_is_stopped_ends_early(folder: Folder) -> None:
    folder.sandbox.faults.add("delay", on="sends", every=1, seconds=0.5)
    add(folder, messages=400)

    process = folder.start("python serve.py")
    wait_until(lambda: len(folder.sandbox.inbox) > 0, "the first message")
    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 6, "messages are left"
    with Ledger(folder.ledger) as ledger:
        states = ledger.status().states
    assert set(states) == {State.SENT, State.PENDING}


def test_every_block_is_run() -> None:
    assert set(FILES) == {"accounts.py", "tasks.py", "add.py", "jobs.py", "serve.py", "shop.env", "shop-serve.service"}
    assert len(BLOCKS) == len(FILES) + len(CONSOLES) + 1
    assert len(CONSOLES) == 3


def test_its_links_lead_somewhere() -> None:
    assert PAGE.broken_links() == []
