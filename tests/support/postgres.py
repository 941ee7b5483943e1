"""A PostgreSQL server of the tests' own, on a free port of 127.0.0.1. It forgets everything at the end."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.support.memory import folder_in_memory
from tests.support.ports import free_port

_DEADLINE = 60
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "dynamic_shared_memory_type": "mmap",  # in its folder, which is removed also after kill -9
}


@cache
def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`; the newest one, if Debian has several."""
    return next((folder for folder in _folders() if (folder / "initdb").exists()), None)


def _folders() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if pg_config := shutil.which("pg_config"):
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True)
        yield Path(told.stdout.strip())


class Server:
    """A running server. Each test gets a schema of its own, which takes a millisecond, and a database thirty.

    Args:
        programs: the folder of `initdb` and `postgres`.
        **settings: further ones, such as max_connections. The tests cut no power, so by default fsync is off.
    """

    def __init__(self, programs: Path, **settings: str) -> None:
        self._programs = programs
        self._settings = {**_SETTINGS, "fsync": "off", **settings}
        self._folder = Path(tempfile.mkdtemp(prefix="spapi-messaging-postgres-", dir=folder_in_memory()))
        self._user = unprivileged_user(self._folder)
        self._numbers = count(1)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        data = str(self._folder / "data")
        options = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([programs / "initdb", *options], check=True, capture_output=True, cwd="/", **self._user)
        self.start()

    @property
    def pid(self) -> int:
        """The process id of the server, whose children serve the connections."""
        assert self._process is not None, "it is stopped"
        return self._process.pid

    def start(self) -> None:
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._user,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Cuts all connections and ends the server, as `pg_ctl stop -m fast` does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """kill -9 of the server. The processes of its connections see that and end, too."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self._end(signal.SIGQUIT)  # at once: what is in its folder is not needed any more
        shutil.rmtree(self._folder, ignore_errors=True)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=postgres dbname={database} connect_timeout=5", autocommit=True
        )

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def cut_connections(self) -> int:
        """Ends all connections but this one, as an administrator or a failing network does. Returns how many."""
        others = "FROM pg_stat_activity WHERE pid != pg_backend_pid() AND backend_type = 'client backend'"
        return sum(1 for (ended,) in self.execute(f"SELECT pg_terminate_backend(pid, 10000) {others}") if ended)

    def url(self, database: str = "postgres", **query: str) -> str:
        parameters = "&".join(f"{name}={value}" for name, value in query.items())
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}" + (f"?{parameters}" if query else "")

    def fresh_database(self) -> str:
        """The name of a database in which nothing is yet."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def fresh_url(self) -> str:
        """The URL of a schema in which nothing is yet."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        return self.url(options=f"-csearch_path%3D{name}")

    @contextmanager
    def asking_for_passwords(self, user: str, password: str) -> Iterator[None]:
        """While it lasts, a new user needs a password. All others do not."""
        self.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
        rules = self._folder / "data" / "pg_hba.conf"
        before = rules.read_text()
        rules.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\n{before}")
        self.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            rules.write_text(before)
            self.execute("SELECT pg_reload_conf()")

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_DEADLINE)
            self._process = None

    def _wait_until_ready(self) -> None:
        ready: list[str | Path] = [
            self._programs / "pg_isready",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-t",
            "5",
            "-q",
        ]
        for _ in range(600):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self._process is not None
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
                raise AssertionError((self._folder / "log").read_text())
        raise AssertionError("the PostgreSQL server does not get ready")


def unprivileged_user(folder: Path) -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.getuid() != 0:
        return {}
    import pwd  # where there is no root, there is no such module

    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
