"""How often slices are served, and how long they take."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from spapi_messaging.bulk.sender import AsyncSender
from spapi_messaging.bulk.sending.accounts import Accounts
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
        _check_seconds("seconds", self.seconds)
        if self.every is not None:
            _check_seconds("every", self.every)
        if type(self.sellers) is not int or self.sellers < 1:
            raise ConfigurationError("sellers must be a whole number, 1 or more.")


def check_options(accounts: Any, options: Mapping[str, Any]) -> None:
    """Refuses now what each slice would refuse.

    Raises:
        ConfigurationError: there is no such option, or ``accounts`` cannot be used.
    """
    if wrong := sorted(options.keys() & _OWN):
        raise ConfigurationError(f"{wrong[0]} is not an option here.")
    of_sender = inspect.signature(AsyncSender).parameters
    of_clients = {name: value for name, value in options.items() if name not in of_sender}
    # A name of a function is not imported yet: its module may import the app.
    Accounts(None if isinstance(accounts, str) else accounts, of_clients)


def _check_seconds(name: str, value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:
        raise ConfigurationError(f"{name} must be a number of seconds, more than 0.")
