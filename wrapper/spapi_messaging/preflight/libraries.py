"""Libraries of the extra `preflight`. A missing one is an error: a check that is left out would look like a pass."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["load"]


def load(module: str) -> Any:
    """A module of one of the extra's libraries.

    Raises:
        ModuleNotFoundError: the library is not installed; the message says how to install it.
    """
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] != library:
            raise
        message = f"the checks of a message need {library}: pip install 'spapi-messaging[preflight]'"
        raise ModuleNotFoundError(message, name=library) from error
