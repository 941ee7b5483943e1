"""docs/machines.md: its files and commands, in a shop's folder, against a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.limiters import RedisLimiter
from tests.docs.folders import ACCOUNTS, Folder
from tests.docs.pages import Page
from tests.support import postgres, redis_server
from tests.support.sandboxes import complete_sandbox

PAGE = Page("machines.md")
FILES = PAGE.files()
COMMANDS = PAGE.commands()
TEXT = "Your parcel waits with the neighbour."
ROWS = [f"303-{n:07d}-1234567,confirmOrderDetails,{TEXT},{ACCOUNTS[n % 2]},DE" for n in range(6)]
JOBS = "\n".join(["order,type,text,account,marketplace", *ROWS])


@pytest.fixture
def folder(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis_server.Server) -> Iterator[Folder]:
    redis_server.flush()
    # A tick each second instead of every ten: the test need not wait for the first one.
    replaced = {"redis://localhost/1": redis_server.url, '"accounts:find")': '"accounts:find", every=1)'}
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as sandbox:
        yield Folder(tmp_path, {**FILES, "jobs.csv": JOBS}, postgres_server.fresh_url(), sandbox, replaced)


def test_workers(folder: Folder) -> None:
    export, add, work, status = (line for line in COMMANDS if line and "celery" not in line)
    folder.run(export)
    folder.run(add)
    with folder.running([work]):
        folder.until_sent(6)
    folder.run(status)

    assert "sent 6" in folder.log


def test_celery(folder: Folder) -> None:
    export, add = (line for line in COMMANDS if "export" in line or "bulk add" in line)
    (worker,) = (line for line in COMMANDS if "celery" in line)
    folder.run(export)
    folder.run(add)
    with folder.running([worker]):
        folder.until_sent(6)

    assert folder.warnings == []


def test_the_limiter_is_made_as_it_says() -> None:
    (made,) = re.findall(r"limiter=(RedisLimiter\([^)]*\))", PAGE.text)
    limiter = eval(made, {"RedisLimiter": RedisLimiter})
    limiter.close()

    assert "share_without_redis=0.25" in PAGE.text
    RedisLimiter("redis://localhost/0", share_without_redis=0.25).close()
