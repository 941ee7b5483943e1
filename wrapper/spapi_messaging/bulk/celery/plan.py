"""How often slices are served, and how long they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from spapi_messaging.bulk.sending.accounts import Accounts
from spapi_messaging.bulk.sending.named_source import import_source
from spapi_messaging.bulk.sending.options import Options, check_options, check_seconds
from spapi_messaging.errors import ConfigurationError

#: Seconds that messages which have left may take to be answered, after a slice was stopped.
LONGEST_REQUEST = 60.0
# These are arguments of `add_sender`, or the task sets them.
_OWN = {"ledger", "should_stop", "stay"}


class Plan(NamedTuple):
    """When slices are served, and how much each does; see ``add_sender``."""

    every: float | None
    seconds: float
    sellers: int

    @property
    def expires(self) -> float:
        """Seconds after which a tick that no worker took is dropped. So ticks do not pile up while workers are down.

        A tick may wait for one slice: then a worker of one process goes on without a pause.
        """
        return max(self.every or 0.0, self.seconds)

    @property
    def soft_time_limit(self) -> float:
        """Seconds after which Celery asks a slice to end that did not end by itself."""
        return self.seconds + LONGEST_REQUEST

    @property
    def time_limit(self) -> float:
        """Seconds after which Celery kills the process of a slice."""
        return self.seconds + 2 * LONGEST_REQUEST

    def check(self) -> None:
        """Refuses what makes no sense.

        Raises:
            ConfigurationError: an argument cannot be used.
        """
        check_seconds("seconds", self.seconds, may_be_zero=False)
        if self.every is not None:
            check_seconds("every", self.every, may_be_zero=False)
        check_options(Options(sellers=self.sellers))


def check_sender(accounts: Any, options: Mapping[str, Any]) -> None:
    """Refuses now what each slice would refuse.

    Raises:
        ConfigurationError: there is no such option, or one of them, or ``accounts``, cannot be used.
    """
    if wrong := sorted(options.keys() & _OWN):
        raise ConfigurationError(f"{wrong[0]} is not an option here.")
    of_clients = dict(options)
    check_options(Options(**{name: of_clients.pop(name) for name in Options._fields if name in of_clients}))
    if isinstance(accounts, str):
        import_source(accounts)  # while Celery has the app's folder on the path; the module may import the app
        accounts = None
    Accounts(accounts, of_clients)
