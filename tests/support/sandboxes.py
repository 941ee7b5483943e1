"""Local sandboxes for tests that are not about what Amazon publishes today."""

from __future__ import annotations

from typing import Any

from spapi_messaging.sandbox import Sandbox

PLAN = (1.0, 5)
"""A usage plan for tests that use one up. The published plans can change."""


def complete_sandbox(mode: str = "simulated", **options: Any) -> Sandbox:
    """A sandbox that also serves retired operations: a test that needs any message works after its type retires."""
    return Sandbox(mode, **{"retired": True, **options})
