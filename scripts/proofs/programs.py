"""Processes that a proof starts: what they print, and how they end."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import spapi_messaging
import spapi_messaging_client
from tests.support.proof import Arrival, Content, File

ROOT = Path(__file__).resolve().parents[2]
#: The package comes from where this process has it: the repository, or an installed wheel.
PACKAGES = [str(Path(package.__path__[0]).parent) for package in (spapi_messaging, spapi_messaging_client)]
PATHS = [str(ROOT), str(ROOT / "scripts"), *dict.fromkeys(PACKAGES)]

#: Seconds after which a proof that waits for a line fails. On a working machine nothing takes so long.
PATIENCE = 30.0


class Program:
    """A process of this project's Python. It ends with its block, at the latest by a kill.

    Args:
        module: the module that it runs.
        *arguments: its arguments.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
            text=True,
        )
        self.lines: list[str] = []
        self._arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def id(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def ask(self, line: str) -> str:
        """Writes a line to its input, and returns the next line of its output."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.line()

    def line(self, seconds: float = PATIENCE) -> str:
        """The next line of its output.

        Raises:
            EOFError: it has ended, or closed its output.
            TimeoutError: none came.
        """
        if (found := self.next_line(seconds)) is None:
            raise EOFError(f"the program ended with {self._process.wait(PATIENCE)}, after {self.lines[-3:]}")
        return found

    def next_line(self, seconds: float = PATIENCE) -> str | None:
        """The next line of its output; None at its end."""
        try:
            return self._arrived.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"the program wrote nothing for {seconds:g} s, after {self.lines[-3:]}") from None

    def rest(self) -> list[str]:
        """Waits for its end, and returns what it wrote until then."""
        found = []
        while (line := self.next_line()) is not None:
            found.append(line)
        return found

    def wait(self, seconds: float) -> bool:
        """Whether it ended within this time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def send_signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        self._process.send_signal(number)

    def until_stopped(self) -> None:
        """Waits until it has stopped itself."""
        found = os.waitid(os.P_PID, self.id, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert found is not None
        assert found.si_code == os.CLD_STOPPED, f"the program ended, after {self.lines[-3:]}"

    def kill(self) -> None:
        """kill -9. Returns when it is gone and its output is read."""
        self._process.kill()
        self._process.wait()
        self._reader.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._arrived.put(self.lines[-1])
        self._arrived.put(None)


class Peer(Program):
    """A sandbox in a process of its own.

    Args:
        plan: the usage plan of every operation: calls a second, and burst. None: the published ones.
        faults: what goes wrong, each as the arguments of ``Faults.add``.
    """

    def __init__(self, plan: tuple[float, int] | None = None, faults: Sequence[dict[str, Any]] = ()) -> None:
        settings = {"faults": list(faults), **({"plan": plan} if plan else {})}
        super().__init__("proofs.server", json.dumps(settings))
        self.url = self.line()

    def inbox(self) -> list[Arrival]:
        """What buyers received so far."""
        found = json.loads(self.ask("inbox"))
        return [Arrival(_content(*content), request_id) for content, request_id in found]

    def arrived(self) -> int:
        """How many messages buyers received so far, but for those that outsiders send."""
        return int(self.ask("arrived"))

    def settle(self) -> None:
        """Waits until no request is under way: what a sender that was killed had sent is carried out all the same."""
        self.ask("settled")

    def lately(self) -> int:
        """How many messages are under way, or were answered so lately that the result may not be committed."""
        return int(self.ask("lately"))

    def counts(self) -> dict[str, int]:
        """How many answers with 429 there were, and how often the fate of a message was left open."""
        found: dict[str, int] = json.loads(self.ask("counts"))
        return found


def _content(account: str, order_id: str, message_type: str, text: str | None, files: list[list[str]]) -> Content:
    return Content(account, order_id, message_type, text, tuple(File(*file) for file in files))
