"""The fixtures for other people's tests: here, and in a project that installed the wheel."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import sysconfig
import venv
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging.limiters import InProcessLimiter, Unlimited
from spapi_messaging.messages import OPERATIONS
from spapi_messaging.sandbox import Sandbox
from spapi_messaging.sandbox.plans import UNPUBLISHED_PLAN
from spapi_messaging.sandbox.pytest_plugin import _settings
from tests.sandbox.conftest import Caller
from tests.support.wheel import build_wheel

ROOT = Path(__file__).parents[2]
EXAMPLE = Path(__file__).parent / "example_project"
ORDER = "303-1234567-1234567"


async def test_the_async_client_works_in_an_async_test(
    spapi_sandbox: Sandbox, spapi_async_client: AsyncMessagingClient
) -> None:
    await spapi_async_client.create_confirm_order_details(ORDER, text="Hallo")
    assert [message.text for message in spapi_sandbox.inbox] == ["Hallo"]


def test_the_async_client_works_in_several_loops(
    spapi_sandbox: Sandbox, spapi_async_client: AsyncMessagingClient
) -> None:
    for text in ("one", "two"):
        asyncio.run(send(spapi_async_client, text))
    assert [message.text for message in spapi_sandbox.inbox] == ["one", "two"]


async def send(client: AsyncMessagingClient, text: str) -> None:
    await client.create_confirm_order_details(ORDER, text=text)


def test_both_clients_talk_to_the_same_sandbox(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient, spapi_async_client: AsyncMessagingClient
) -> None:
    spapi_client.create_confirm_order_details(ORDER, text="one")
    asyncio.run(send(spapi_async_client, "two"))
    assert [message.text for message in spapi_sandbox.inbox] == ["one", "two"]


def test_many_messages_need_no_wait(spapi_sandbox: Sandbox, spapi_client: MessagingClient) -> None:
    for _ in range(50):
        spapi_client.create_confirm_order_details(ORDER, text="Hallo")
    assert len(spapi_sandbox.inbox) == 50
    assert {request.status for request in spapi_sandbox.requests} == {200, 201}


@pytest.mark.parametrize("spapi_sandbox_options", [{"plans": None, "retired": True}])
def test_the_published_plans_are_there_on_request(spapi_sandbox: Sandbox) -> None:
    spapi_sandbox.clock.freeze()
    with closing(Caller(spapi_sandbox)) as caller:
        burst = OPERATIONS["GetAttributes"].burst or UNPUBLISHED_PLAN.burst
        assert [caller.attributes().status_code for _ in range(burst + 1)] == [200] * burst + [429]


@pytest.mark.parametrize(
    ("options", "limiter"),
    [
        ({}, Unlimited),
        ({"orders": {}}, Unlimited),
        ({"plans": None}, InProcessLimiter),
        ({"plans": {"*": (1, 1)}}, InProcessLimiter),
    ],
)
def test_clients_pace_themselves_where_a_test_asks_for_plans(
    spapi_sandbox: Sandbox, options: dict[str, Any], limiter: type
) -> None:
    assert isinstance(_settings(spapi_sandbox, options)["limiter"], limiter)


class TestOptions:
    """Tests of a class that defines the options for itself."""

    @pytest.fixture
    def spapi_sandbox_options(self) -> dict[str, Any]:
        return {"mode": "static"}

    def test_they_are_arguments_of_the_sandbox(self, spapi_sandbox: Sandbox) -> None:
        assert spapi_sandbox.mode == "static"


def run(*command: str | Path, folder: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The interpreter of a fresh environment that holds the wheel, and borrows the dependencies of this one."""
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    venv.create(tmp_path / "venv", with_pip=False, symlinks=os.name != "nt")
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(tmp_path / "venv")}))
    python = scripts / Path(sys.executable).name
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", "--no-compile", build_wheel(tmp_path))
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(tmp_path / "venv")}))
    # A path file adds a folder without reading the path files in it, so the editable install stays out of sight.
    (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return python


def test_the_example_project_passes_with_the_wheel(python: Path) -> None:
    home = run(python, "-c", "import spapi_messaging, spapi_messaging_client as c; print(spapi_messaging.__file__, c)")
    assert home.count("site-packages") == 2
    assert str(ROOT / "wrapper") not in home
    assert "9 passed" in run(python, "-m", "pytest", "-p", "no:cacheprovider", folder=EXAMPLE)


def test_a_run_that_does_not_use_it_imports_next_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_nothing():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'spapi_messaging'}\n"
        "    assert ours == {'spapi_messaging', 'spapi_messaging.errors', 'spapi_messaging.sandbox',\n"
        "                    'spapi_messaging._credentials', 'spapi_messaging._credentials.environment',\n"
        "                    'spapi_messaging.local_sandbox', 'spapi_messaging.sandbox.pytest_plugin'}\n"
        "    assert not {'starlette', 'uvicorn', 'jinja2', 'jsonschema', 'yaml'} & set(sys.modules)\n"
    )
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "spapi_messaging.sandbox.pytest_plugin", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


WITH_ANYIO = f"""
import pytest

@pytest.fixture(params=["asyncio", ("asyncio", {{"debug": True}}), "trio", ("trio", {{}})])
def anyio_backend(request):
    return request.param

@pytest.fixture
def spapi_sandbox_options():
    return {{"retired": True}}

@pytest.mark.anyio
async def test_it(spapi_async_client, spapi_sandbox):
    await spapi_async_client.create_confirm_order_details("{ORDER}", text="Hallo")
    assert len(spapi_sandbox.inbox) == 1
"""
WITH_PYTEST_TRIO = """
import pytest

@pytest.mark.trio
async def test_it(spapi_async_client):
    raise AssertionError
"""


@pytest.mark.parametrize(
    ("tests", "counted"), [(WITH_ANYIO, "2 passed, 2 skipped"), (WITH_PYTEST_TRIO, "1 skipped")], ids=["anyio", "trio"]
)
def test_the_async_client_says_that_it_is_for_asyncio_alone(tmp_path: Path, tests: str, counted: str) -> None:
    (tmp_path / "test_it.py").write_text(tests)
    plugins = ["-p", "spapi_messaging.sandbox.pytest_plugin", "-p", "anyio.pytest_plugin"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", *plugins, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert counted in done.stdout
    assert "spapi_async_client works with asyncio only" in " ".join(done.stdout.split())
