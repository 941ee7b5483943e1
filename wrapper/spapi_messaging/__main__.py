"""``python -m spapi_messaging`` is the command ``spapi-messaging``."""

from __future__ import annotations

from spapi_messaging.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
