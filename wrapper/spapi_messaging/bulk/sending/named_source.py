"""Accounts by a name such as ``shop.accounts:find``, which a command line and a scheduler can pass on."""

from __future__ import annotations

import importlib
import re
from typing import Any

from spapi_messaging.errors import ConfigurationError

__all__ = ["load_source"]

_NAME = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*(\.[^\W\d]\w*)*)")


def load_source(name: str) -> Any:
    """What a module has under a name.

    Args:
        name: ``module:name``. The module must be where Python finds it.

    Raises:
        ConfigurationError: it is not such a name, or there is no such thing. Other errors are the module's own.
    """
    matched = _NAME.fullmatch(name)
    if matched is None:
        raise ConfigurationError(f'accounts={name!r} is not a name such as "shop.accounts:find": module:function.')
    module = matched["module"]
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module != missing and not module.startswith(f"{missing}."):
            raise  # the module is there, and what it imports is not
    else:
        for part in matched["name"].split("."):
            found = getattr(found, part, None)
        if found is None:
            raise ConfigurationError(f"accounts={name!r}: the module {module} has no {matched['name']}.")
        return found
    raise ConfigurationError(
        f"accounts={name!r}: Python finds no module {missing}. Install it, or put its folder into PYTHONPATH."
    )
