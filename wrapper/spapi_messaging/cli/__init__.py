"""The command ``spapi-messaging``. Needs the extra ``cli``, and says so where it is missing."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, as the console script does."""
    try:
        from spapi_messaging.cli.app import application
        from spapi_messaging.cli.session import Session
        from spapi_messaging.cli.streams import tolerate_failures
    except ModuleNotFoundError as missing:
        if missing.name != "click":
            raise
        sys.exit("The command line needs click: pip install 'spapi-messaging[cli]'")
    tolerate_failures()
    application(obj=Session(is_whole_process=True))
