"""Checks of a message before it is sent. Its libraries are in the extra `preflight`, and load on first use."""

from __future__ import annotations

__all__: list[str] = []
