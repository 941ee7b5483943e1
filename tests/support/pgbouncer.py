"""PgBouncer, a pooler, in front of a PostgreSQL server of the tests'. In transaction mode, a client has a connection of
the server for the length of a transaction, and another one for the next."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.support import postgres
from tests.support.ports import free_port

_DEADLINE = 30


def find_program() -> str | None:
    """The path of `pgbouncer`."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Pooler:
    """A running pooler.

    Args:
        program: the path of `pgbouncer`.
        server: what it stands in front of.
        mode: "transaction" or "session".
        connections: how many connections to the server it has for each database.
    """

    def __init__(self, program: str, server: postgres.Server, mode: str = "transaction", connections: int = 5) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="spapi-messaging-pgbouncer-"))
        user = postgres.unprivileged_user(self._folder)  # like the server, it refuses to run as root
        self.port = free_port()
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\ndefault_pool_size = {connections}\nmax_client_conn = 500\n"
            "server_round_robin = 1\n"  # so that a client does not get the same connection by chance
        )
        settings.chmod(0o644)
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen([program, str(settings)], stdout=self._log, stderr=self._log, cwd="/", **user)
        self._wait_until_ready()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def remove(self) -> None:
        self._process.kill()
        self._process.wait(_DEADLINE)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        for _ in range(600):
            try:
                psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
            if self._process.poll() is not None:
                break
        raise AssertionError((self._folder / "log").read_text())
