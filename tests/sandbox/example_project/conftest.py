"""What all tests of the shop share."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def spapi_sandbox_options() -> dict[str, Any]:
    """The shop's messages are tested also when Amazon has retired their types."""
    return {"retired": True}
