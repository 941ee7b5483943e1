"""How a run sends, and what it tells of its progress."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.selection import check_batch
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.preflight.libraries import require_all

__all__ = ["Options", "Progress", "check_options", "check_seconds"]


class Progress(NamedTuple):
    """How far a run has come.

    Args:
        states: how many messages there were so far, by the state of their last outcome.
        account: the account of the last one.
        sellers: how many sellers are being served now.
    """

    states: Mapping[State, int]
    account: str | None
    sellers: int


class Options(NamedTuple):
    """How a run sends; see AsyncSender."""

    check: Any = False
    sellers: int = 200
    patience: float = 60.0
    seconds: float | None = None
    on_progress: Callable[[Progress], object] | None = None
    batch: str | None = None
    stay: bool = False


def check_options(options: Options) -> None:
    """Finds out before a run whether it can send like this.

    Raises:
        ConfigurationError: an option cannot be used.
    """
    if not isinstance(options.check, bool) and options.check != "strict":
        raise ConfigurationError('check must be True, False or "strict".')
    if options.check:
        _require_preflight()
    if type(options.sellers) is not int or options.sellers < 1:
        raise ConfigurationError("sellers must be a whole number, 1 or more.")
    if options.on_progress is not None:
        _check_on_progress(options.on_progress)
    check_batch(options.batch)
    check_seconds("patience", options.patience)
    if options.seconds is not None:
        check_seconds("seconds", options.seconds)


def check_seconds(name: str, seconds: Any, *, may_be_zero: bool = True) -> None:
    """Raises ConfigurationError unless this is a number of seconds."""
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds < math.inf or (seconds == 0 and not may_be_zero):
        least = "0 or more" if may_be_zero else "more than 0"
        raise ConfigurationError(f"{name} must be a number of seconds, {least}.")


def _check_on_progress(function: Any) -> None:
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise ConfigurationError("on_progress must be a function that takes a Progress. It cannot be async.")


def _require_preflight() -> None:
    try:
        require_all()
    except ModuleNotFoundError as error:
        told = str(error)
    else:
        return
    raise ConfigurationError(f"check: {told}")
