"""`python -m spapi_messaging` from a process that has imported the package already: a start takes a tenth of the time.

Each run is a process of its own, forked from that one. Like any other it ends with what Python does last, such as the
flush of its streams. Only what Python does first is not repeated: to open the standard streams, and to read the
variables that begin with PYTHON.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from typing import Self

#: What the process imports before the first run; with these comes what they import.
IMPORTED = ("spapi_messaging.cli.app", "spapi_messaging.client", "httpcore")
#: Seconds that a run may take.
PATIENCE = 60
#: Bytes of arguments and environment, at most.
LARGEST = 1 << 20


class WarmCommand:
    """The command, ready to run. As a context manager."""

    def __enter__(self) -> Self:
        self._channel, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._channel.settimeout(PATIENCE)
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
        with theirs:
            command = [sys.executable, "-m", "tests.support.warm_command", str(theirs.fileno())]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
            # A session of its own: a run that hangs ends with it.
            self._process = subprocess.Popen(
                command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def run(self, *arguments: str, stdout: int, stderr: int) -> int:
        """Runs it with this process's environment.

        Args:
            arguments: those of the command.
            stdout: a file descriptor.
            stderr: a file descriptor.

        Returns:
            The exit code.
        """
        message = json.dumps([arguments, dict(os.environ)]).encode()
        socket.send_fds(self._channel, [message], [stdout, stderr])
        return int(self._channel.recv(64))


def _fork_for_each(channel: socket.socket) -> tuple[bytes, list[int]] | None:
    """Returns in the process of each run, with what to run; and without it when there is no more."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, LARGEST, 2)
        if not message:
            return None
        child = os.fork()
        if not child:
            channel.close()
            return message, descriptors
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def main() -> None:
    """Waits for runs, and is each of them."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # runs need not look through it at their end
    if given := _fork_for_each(socket.socket(fileno=int(sys.argv[1]))):
        message, descriptors = given
        for number, descriptor in enumerate(descriptors, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        arguments, environment = json.loads(message)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["spapi_messaging", *arguments]
        runpy.run_module("spapi_messaging", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
