"""A Redis server of the tests' own, on a free port of 127.0.0.1. It forgets everything at the end."""

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis

from tests.support.ports import free_port

_DEADLINE = 30


def find_program() -> str | None:
    """The path of `redis-server`."""
    return shutil.which("redis-server")


class Server:
    """A running server.

    Args:
        program: the path of `redis-server`.
        *options: further options of it, such as "--requirepass", "secret".
    """

    def __init__(self, program: str, *options: str) -> None:
        self._program, self._options = program, options
        self._folder = Path(tempfile.mkdtemp(prefix="spapi-messaging-redis-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it, with what it saved before if it was stopped."""
        settings = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *settings, *self._options], stdout=log, stderr=log)
        self._wait_until_ready()

    def stop(self) -> None:
        """Ends it. It keeps nothing, unless an option says so."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """It answers nothing, and its connections stay, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forgets everything."""
        with self.connect() as connection:
            connection.flushall()

    def connect(self) -> redis.Redis:
        """A plain connection."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def remove(self) -> None:
        if self._process is not None:
            self.resume()
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_DEADLINE)
            self._process = None

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        for _ in range(600):
            try:
                with self.connect() as connection:
                    connection.ping()
                return
            except redis.AuthenticationError:
                return
            except redis.ConnectionError:  # it is starting, or loading what it saved
                time.sleep(0.05)
            if self._process.poll() is not None:
                break
        raise AssertionError((self._folder / "log").read_text())
