"""Workers of Celery in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from proofs.programs import PATHS, ROOT
from tests.support.waiting import PATIENCE, wait_until

#: The variable with the settings of the app.
VARIABLE = "CELERY_APP_OF_TESTS"


class Worker:
    """A worker, or beat. It ends with its block, and its children with it.

    Args:
        folder: for its log.
        settings: of the app; see ``celery_app``.
        *options: of its command line.
        program: "worker" or "beat".
        **environment: variables.
    """

    def __init__(
        self, folder: Path, settings: dict[str, Any], *options: str, program: str = "worker", **environment: str
    ) -> None:
        number = time.monotonic_ns()
        self.log = folder / f"{program}-{number}.log"
        command = [sys.executable, "-m", "celery", "-A", "tests.support.celery_app", program, "--loglevel=INFO"]
        if program == "worker":
            command += ["--hostname", f"w{number}@test", "--without-mingle", "--without-gossip"]  # a second less
        if program == "beat" or "--beat" in options:
            command += ["--schedule", str(folder / f"schedule-{number}")]
        given = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(PATHS),
            "PYTHONUNBUFFERED": "1",
            VARIABLE: json.dumps(settings),
            **environment,
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=given, cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    @property
    def lines(self) -> list[str]:
        """What it wrote so far."""
        return self.log.read_text(encoding="utf-8").splitlines()

    def warnings(self) -> list[str]:
        """The warnings among that."""
        return [line for line in self.lines if "WARNING" in line]

    def wait_for(self, words: str, times: int = 1) -> None:
        """Until it has written them."""
        wait_until(
            lambda: "\n".join(self.lines).count(words) >= times, f"{words!r} in {self.log}", lambda: self.lines[-5:]
        )

    def children(self) -> list[int]:
        """The processes of its pool."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> float:
        """Seconds until it has ended."""
        began = time.monotonic()
        self._process.wait(PATIENCE)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
