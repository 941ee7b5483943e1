"""Programs that do something at the same moment."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

WAIT = 60


def run_together(command: Sequence[str], number: int) -> list[tuple[str, str]]:
    """Starts a program several times, lets all go on once each is "ready", and gives what each printed after that."""
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(number)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=WAIT) for process in processes]
