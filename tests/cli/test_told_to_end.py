"""Commands that run until they are told to end: they hear a signal at any moment."""

from __future__ import annotations

import subprocess
import sys

# In each round the signal comes at another line of what waits; if there is no such line, while it waits.
PROGRAM = """
import signal, sys
from itertools import count
from spapi_messaging.cli.interruption import Ending

def signal_at(number):
    lines = count(1)
    def trace(frame, event, argument):
        if event == "line" and next(lines) == number:
            signal.raise_signal(signal.SIGTERM)
        return trace
    return trace

signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGTERM))
for number in range(1, 16):
    ending = Ending()
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    sys.settrace(signal_at(number))
    ending.wait()
    sys.settrace(None)
print("ended")
"""


def test_a_signal_is_heard_wherever_it_comes() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True)

    assert ended.stdout == "ended\n"
