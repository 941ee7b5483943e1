"""The README's section on more than one machine: its files and commands, in a shop's folder, against a sandbox."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger, State
from spapi_messaging.limiters import RedisLimiter
from spapi_messaging.sandbox import Sandbox
from tests.support import postgres, redis_server
from tests.support.celery_workers import PATIENCE, until_finished
from tests.support.sandboxes import complete_sandbox
from tests.test_readme import README

(SECTION,) = re.findall(r"^## More than one machine.*?(?=^## )", README, flags=re.MULTILINE | re.DOTALL)
FILES = dict(re.findall(r"^```python\n# (\S+)\n(.*?)^```$", SECTION, flags=re.MULTILINE | re.DOTALL))
COMMANDS = "\n".join(re.findall(r"^```console\n(.*?)^```$", SECTION, flags=re.MULTILINE | re.DOTALL)).split("\n")
ACCOUNTS = ("anna", "bert")
TEXT = "Your parcel waits with the neighbour."


class Shop:
    """The shop's folder, in which commands are typed."""

    def __init__(self, path: Path, ledger: str, broker: str, sandbox: Sandbox) -> None:
        self.path, self.ledger, self.sandbox = path, ledger, sandbox
        self._addresses = {"postgresql+psycopg://localhost/shop": ledger, "redis://localhost/1": broker}
        for name, text in FILES.items():
            (path / name).write_text(self._here(text), encoding="utf-8")
        rows = [f"303-{n:07d}-1234567,confirmOrderDetails,{TEXT},{ACCOUNTS[n % 2]},DE" for n in range(6)]
        (path / "jobs.csv").write_text("\n".join(["order,type,text,account,marketplace", *rows]), encoding="utf-8")
        tokens = {f"REFRESH_TOKEN_{name}": str(sandbox.credentials_for(name).refresh_token) for name in ACCOUNTS}
        self._environment = {
            **os.environ,
            **sandbox.environment(),
            **tokens,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Types a command that may go on."""
        with (self.path / "log").open("ab") as log:
            return subprocess.Popen(
                shlex.split(self._here(command)), cwd=self.path, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def run(self, command: str) -> None:
        """Types a command, and waits for its end."""
        if command.startswith("export "):
            name, _, value = self._here(command).removeprefix("export ").partition("=")
            self._environment[name] = value
        else:
            assert self.start(command).wait(PATIENCE) == 0, self.log

    def run_until_sent(self, command: str, messages: int) -> None:
        """Types a command that goes on, and ends it when all is sent."""
        process = self.start(command)
        try:
            until_finished(self.ledger)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, self.log
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
        with Ledger(self.ledger) as ledger:
            assert ledger.status().states == {State.SENT: messages}, self.log
        assert len({message.order_id for message in self.sandbox.inbox}) == len(self.sandbox.inbox) == messages

    @property
    def log(self) -> str:
        """What the commands printed."""
        return (self.path / "log").read_text(encoding="utf-8")

    def _here(self, text: str) -> str:
        for shown, real in self._addresses.items():
            text = text.replace(shown, real)
        return text


@pytest.fixture
def shop(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis_server.Server) -> Iterator[Shop]:
    redis_server.flush()
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as sandbox:
        yield Shop(tmp_path, postgres_server.fresh_url(), redis_server.url, sandbox)


def test_workers(shop: Shop) -> None:
    export, add, work, status = (line for line in COMMANDS if line and "celery" not in line)
    shop.run(export)
    shop.run(add)
    shop.run_until_sent(work, 6)
    shop.run(status)

    assert "sent 6" in shop.log


def test_celery(shop: Shop) -> None:
    export, add = (line for line in COMMANDS if "export" in line or "bulk add" in line)
    (worker,) = (line for line in COMMANDS if "celery" in line)
    shop.run(export)
    shop.run(add)
    shop.run_until_sent(worker, 6)

    assert "WARNING" not in shop.log


def test_the_limiter_is_made_as_it_says() -> None:
    (made,) = re.findall(r"limiter=(RedisLimiter\([^)]*\))", SECTION)
    limiter = eval(made, {"RedisLimiter": RedisLimiter})
    limiter.close()

    assert "share_without_redis=0.25" in SECTION
    RedisLimiter("redis://localhost/0", share_without_redis=0.25).close()
