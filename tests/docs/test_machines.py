"""docs/machines.md: its files and commands, in a shop's folder, against a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger
from spapi_messaging.limiters import RedisLimiter
from tests.docs.folders import ACCOUNTS, Folder
from tests.docs.pages import Page
from tests.support import postgres, redis_server
from tests.support.sandboxes import complete_sandbox

PAGE = Page("machines.md")
FILES = PAGE.files()
COMMANDS = PAGE.commands()
EXPORTS = [line for line in COMMANDS if line.startswith("export ")]
ADD, WORK, STATUS = (line for line in COMMANDS if line.startswith("spapi-messaging "))
(CELERY,) = (line for line in COMMANDS if line.startswith("celery "))
ROWS = len(FILES["jobs.csv"].splitlines()) - 1


@pytest.fixture
def folder(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis_server.Server) -> Iterator[Folder]:
    redis_server.flush()
    # A tick each second instead of every ten: the test need not wait for the first one.
    replaced = {"redis://localhost/1": redis_server.url, '"accounts:find")': '"accounts:find", every=1)'}
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as sandbox:
        yield Folder(tmp_path, FILES, postgres_server.fresh_url(), sandbox, replaced)


@pytest.fixture
def added(folder: Folder) -> Folder:
    """The folder after its jobs are added, with the credentials that the page exports."""
    folder.forget_credentials()
    for command in [*EXPORTS, ADD]:
        folder.run(command)
    return folder


def test_workers(added: Folder) -> None:
    with added.running([WORK]):
        added.until_sent(ROWS)
    added.run(STATUS)

    assert f"sent {ROWS}" in added.log
    assert {message.seller.rpartition("-")[2] for message in added.sandbox.inbox} == {*ACCOUNTS}


def test_celery(added: Folder) -> None:
    with added.running([CELERY]):
        added.until_sent(ROWS)

    assert added.warnings == []


def test_rows_without_an_account_get_one_when_they_are_added_again(folder: Folder) -> None:
    named = (folder.path / "jobs.csv").read_text(encoding="utf-8")
    (folder.path / "jobs.csv").write_text(named.replace(";anna;", ";;").replace(";bert;", ";;"), encoding="utf-8")
    for command in [*EXPORTS, ADD]:
        folder.run(command)
    (folder.path / "jobs.csv").write_text(named, encoding="utf-8")
    folder.run(ADD)

    with Ledger(folder.ledger) as ledger:
        assert {count.account for count in ledger.status().counts} == {*ACCOUNTS}


def test_the_limiter_is_made_as_it_says() -> None:
    (made,) = re.findall(r"limiter=(RedisLimiter\([^)]*\))", PAGE.text)
    limiter = eval(made, {"RedisLimiter": RedisLimiter})
    limiter.close()

    assert "share_without_redis=0.25" in PAGE.text
    RedisLimiter("redis://localhost/0", share_without_redis=0.25).close()
