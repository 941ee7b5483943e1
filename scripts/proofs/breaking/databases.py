"""PostgreSQL that is restarted, killed, cut off, out of connections, or silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

import psycopg

from proofs.breaking.proxy import Proxy
from proofs.breaking.scenarios import Troubles
from proofs.breaking.stage import Stage
from tests.support.postgres import Server


class Postgres(Troubles):
    """Troubles of the database. The workers reach it through a proxy, which can fall silent."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._proxy = self.opened.enter_context(Proxy(server.port))

    def ledger_url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._proxy.port}/{database}"

    def troubles(self) -> Mapping[str, Callable[[Stage], None]]:
        return {
            "PostgreSQL restarted": self.restart,
            "PostgreSQL killed": self.kill,
            "connections ended by the server": self.cut,
            "connections reset": self.reset,
            "no connections left": self.fill,
            "silent connections": self.fall_silent,
            "silent connections that the server ended": self.fall_silent_and_cut,
        }

    def restart(self, stage: Stage) -> None:
        """As an administrator restarts it, or a failover does."""
        self.server.stop()
        stage.a_moment()
        self.server.start()

    def kill(self, stage: Stage) -> None:
        """kill -9: it recovers from its log."""
        self.server.kill()
        stage.a_moment()
        self.server.start()

    def cut(self, stage: Stage) -> None:
        """The server ends all connections."""
        self.server.cut_connections()

    def reset(self, stage: Stage) -> None:
        """The network ends all connections. The server learns it, too."""
        self._proxy.cut()

    def fill(self, stage: Stage) -> None:
        """Others have all connections, while the workers need new ones."""
        with ExitStack() as others:
            self._take_all(others)
            self._proxy.cut()  # what this frees, others take at once
            self._take_all(others)
            stage.a_moment(1.0)
        stage.until(self._has_room, "the connections are not given back")

    def fall_silent(self, stage: Stage) -> None:
        """Nothing goes through, in either direction, and no connection ends. Then all of it goes through."""
        self._proxy.fall_silent()
        stage.a_moment(2.0)
        self._proxy.go_on()

    def fall_silent_and_cut(self, stage: Stage) -> None:
        """While nothing goes through, the server ends the connections; so the locks are free."""
        self._proxy.fall_silent()
        stage.a_moment()
        self.server.cut_connections()
        stage.a_moment()
        self._proxy.go_on()

    def _has_room(self) -> bool:
        try:
            self.server.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _take_all(self, others: ExitStack) -> None:
        while True:
            try:
                others.enter_context(self.server.connect())
            except psycopg.OperationalError as error:
                if "too many clients" not in str(error):
                    raise
                return
