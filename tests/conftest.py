"""What holds for every test: no network but loopback, asyncio, and live tests only with credentials."""

import os

import pytest
from hypothesis import settings

LOOPBACK = [r"127\.", r"::1$", r"localhost$"]
LIVE_CREDENTIALS = ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET")

# How long an example takes says more about the machine than about the code.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in LIVE_CREDENTIALS if not os.environ.get(name)]
    for item in items:
        if not item.get_closest_marker("amazon"):
            item.add_marker(pytest.mark.block_network(allowed_hosts=LOOPBACK))
        elif missing:
            item.add_marker(pytest.mark.skip(reason=f"Amazon's sandbox needs {', '.join(missing)}"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
