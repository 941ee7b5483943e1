"""Accounts by a name such as ``shop.accounts:find``, which a command line and a scheduler can pass on."""

from __future__ import annotations

import importlib
import re
from types import ModuleType
from typing import Any

from spapi_messaging.errors import ConfigurationError

__all__ = ["import_source", "load_source"]

_NAME = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):[^\W\d]\w*(\.[^\W\d]\w*)*")


def load_source(name: str) -> Any:
    """What a module has under a name.

    Args:
        name: ``module:name``. The module must be where Python finds it.

    Raises:
        ConfigurationError: it is not such a name, or the module does not have it. Other errors are the module's own.
    """
    found: Any = import_source(name)
    for part in name.partition(":")[2].split("."):
        found = getattr(found, part, None)
    if found is None:
        module, _, rest = name.partition(":")
        raise ConfigurationError(f"accounts={name!r}: the module {module} has no {rest}.")
    return found


def import_source(name: str) -> ModuleType:
    """The module of such a name, where Python finds it now: a scheduler may take its folder off the path later.

    Raises:
        ConfigurationError: as of ``load_source``.
    """
    matched = _NAME.fullmatch(name)
    if matched is None:
        raise ConfigurationError(f'accounts={name!r} is not a name such as "shop.accounts:find": module:function.')
    module = matched["module"]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module != missing and not module.startswith(f"{missing}."):
            raise  # the module is there, and what it imports is not
    raise ConfigurationError(
        f"accounts={name!r}: Python finds no module {missing}. Install it, or put its folder into PYTHONPATH."
    )
