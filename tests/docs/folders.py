"""A shop's folder, with the files of a page and the programs that are started there as a person types them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from spapi_messaging.bulk import Ledger, State
from spapi_messaging.sandbox import Sandbox
from tests.support.waiting import PATIENCE, until_finished

#: The accounts whose refresh tokens are in the environment.
ACCOUNTS = ("anna", "bert")


class Folder:
    """A shop's folder.

    Args:
        path: where it is.
        files: its files, by name.
        ledger: the URL of the shop's ledger.
        sandbox: where its messages go.
        replaced: what stands in the files and the commands, and what takes its place.
    """

    def __init__(
        self, path: Path, files: Mapping[str, str], ledger: str, sandbox: Sandbox, replaced: Mapping[str, str]
    ) -> None:
        self.path, self.ledger, self.sandbox = path, ledger, sandbox
        self._replaced = {
            "postgresql+psycopg://localhost/shop": ledger,
            "postgresql://localhost/shop": ledger.replace("+psycopg", ""),
            "amzn1.application-oa2-client.1234": sandbox.credentials.client_id,
            "amzn1.oa2-cs.v1.1234": sandbox.credentials.client_secret,
            **{f"Atzr|1234-{name}": str(sandbox.credentials_for(name).refresh_token) for name in ACCOUNTS},
            **replaced,
        }
        for name, text in files.items():
            (path / name).write_text(self._here(text), encoding="utf-8")
        self._environment = {
            **os.environ,
            **sandbox.environment(),
            **{f"REFRESH_TOKEN_{name}": str(sandbox.credentials_for(name).refresh_token) for name in ACCOUNTS},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def forget_credentials(self) -> None:
        """Programs that start from now on find no credentials in the environment, as under cron or systemd."""
        for name in [*self._environment]:
            if name.startswith(("LWA_APP", "LWA_CLIENT", "REFRESH_TOKEN", "SP_API_REFRESH")):
                del self._environment[name]

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
            for word in shlex.split(self._here(command))[1:]:
                name, _, value = word.partition("=")
                is_path = name == "PYTHONPATH"  # which leads to this package as well, because it is not installed
                self._environment[name] = os.pathsep.join([value, *sys.path]) if is_path else value
        else:
            assert self.start(command).wait(PATIENCE) == 0, self.log

    @contextmanager
    def running(self, commands: Iterable[str]) -> Iterator[None]:
        """While it lasts, these go on. At its end they are told to end, and do."""
        with ExitStack() as started:
            for command in commands:
                started.callback(self._end, self.start(command))
            yield

    def until_sent(self, messages: int) -> None:
        """Waits until this many messages are sent, and no other message is left."""
        until_finished(self.ledger)
        with Ledger(self.ledger) as ledger:
            assert ledger.status().states == {State.SENT: messages}, self.log
        orders = [message.order_id for message in self.sandbox.inbox]
        assert len(orders) == len(set(orders)) == messages

    @property
    def log(self) -> str:
        """What the commands printed."""
        return (self.path / "log").read_text(encoding="utf-8")

    @property
    def warnings(self) -> list[str]:
        """What they warned of."""
        return warnings_in(self.log)

    def _here(self, text: str) -> str:
        for shown, real in self._replaced.items():
            text = text.replace(shown, real)
        return text

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(PATIENCE) == 0, self.log
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)


def warnings_in(log: str) -> list[str]:
    """A log's warnings. That a tick went back to the broker, because its worker ended, does not count."""
    return [line for line in log.splitlines() if "WARNING" in line and "No consumers" not in line]
