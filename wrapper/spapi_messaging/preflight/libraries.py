"""Libraries of the extra `preflight`. A missing one is an error: a check that is left out would look like a pass."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

__all__ = ["LIBRARIES", "load", "require_all"]

#: The packages that one or the other check needs.
LIBRARIES = ("emoji", "filetype", "jsonschema", "linkify_it", "phonenumbers", "pypdf")


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
        raise _missing(library) from error


def require_all() -> None:
    """Looks whether the extra is installed, and loads nothing of it.

    Raises:
        ModuleNotFoundError: a library is not installed; the message says how to install it.
    """
    for library in LIBRARIES:
        if find_spec(library) is None:
            raise _missing(library)


def _missing(library: str) -> ModuleNotFoundError:
    message = f"the checks of a message need {library}: pip install 'spapi-messaging[preflight]'"
    return ModuleNotFoundError(message, name=library)
