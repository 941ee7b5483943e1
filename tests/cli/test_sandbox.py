"""`sandbox serve`, and `--sandbox local`, which talks to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import MessagingClient, RetryPolicy
from spapi_messaging._io import environment
from spapi_messaging.credentials import Credentials
from spapi_messaging.sandbox import DEFAULT_PORT, LOCAL_CREDENTIALS, LOCAL_URL, Sandbox
from tests.cli.conftest import ORDER, invoke

SERVE = [sys.executable, "-c", "from spapi_messaging.cli import main; main()", "--json", "sandbox", "serve"]


@pytest.fixture
def serve() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts servers, and ends all of them after the test."""
    with ExitStack() as servers:

        def start(*options: str) -> subprocess.Popen[str]:
            command = [*SERVE, "--port", "0", *options]
            server = servers.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            servers.callback(server.kill)
            return server

        yield start


def announced(server: subprocess.Popen[str]) -> str:
    """The line that the server prints when it listens."""
    assert server.stderr is not None
    return server.stderr.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_server_says_where_it_is_and_ends_when_told(
    serve: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    server = serve()
    told = announced(server)
    server.send_signal(number)
    output, complaints = server.communicate(timeout=20)

    assert server.returncode == 0
    assert "Traceback" not in complaints
    document = json.loads(output)
    assert document["url"] in told
    assert document["mode"] == "simulated"
    assert document["lwa_endpoint"].startswith(document["url"])


def test_static_mode_answers_only_published_cases(serve: Callable[..., subprocess.Popen[str]]) -> None:
    url = announced(serve("--mode", "static")).split("listens at ")[1].split(";")[0]
    with MessagingClient(
        credentials=Credentials(**LOCAL_CREDENTIALS),
        marketplace="DE",
        endpoint=url,
        lwa_endpoint=f"{url}/auth/o2/token",
    ) as client:
        assert client.get_attributes("123-1234567-1234567").locale == "en-US"


def test_server_prints_the_variables_that_lead_to_it(serve: Callable[..., subprocess.Popen[str]]) -> None:
    server = serve()
    announced(server)
    server.send_signal(signal.SIGTERM)
    assert server.stdout and server.stderr
    document, said = json.loads(server.stdout.read()), server.stderr.read()

    for name, value in document["environment"].items():
        assert f"export {name}='{value}'\n" in said
    assert document["environment"]["SP_API_ENDPOINT"] == document["url"]
    assert document["environment"]["LWA_ENDPOINT"] == document["lwa_endpoint"]


def test_variables_are_enough_for_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        done = invoke("sandbox", "env", "--port", str(sandbox.port), "--json")
        for name, value in done.json.items():
            monkeypatch.setenv(name, value)

        assert invoke("attributes", ORDER).exit_code == 0
        assert [request.operation for request in sandbox.requests] == [None, "GetAttributes"]  # the token first


def test_a_shell_reads_the_variables_as_they_are() -> None:
    script = invoke("sandbox", "env", "--shell", "posix").stdout
    read = subprocess.run(["sh", "-c", f"{script}\nenv"], env={}, capture_output=True, text=True, check=True)
    variables = invoke("sandbox", "env", "--json").json

    assert "|" in variables["SP_API_REFRESH_TOKEN"]
    assert {f"{name}={value}" for name, value in variables.items()} <= set(read.stdout.splitlines())


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("posix", f"export SP_API_ENDPOINT='{LOCAL_URL}'"),
        ("powershell", f"$env:SP_API_ENDPOINT = '{LOCAL_URL}'"),
        ("cmd", f'set "SP_API_ENDPOINT={LOCAL_URL}"'),
    ],
)
def test_variables_for_each_shell(shell: str, line: str) -> None:
    assert line in invoke("sandbox", "env", "--shell", shell).stdout.splitlines()


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", LOCAL_URL), ("::", "http://[::1]:8765"), ("", None), ("a/x", None)]
)
def test_variables_lead_where_clients_reach_the_host(host: str, url: str | None) -> None:
    done = invoke("sandbox", "env", "--host", host, "--json")

    if url is None:
        assert done.exit_code == 2
        assert "'--host': host must be an IP address" in done.stderr
    else:
        assert done.json["SP_API_ENDPOINT"] == url


def test_server_says_how_to_get_its_variables_again(serve: Callable[..., subprocess.Popen[str]]) -> None:
    server = serve("--host", "localhost")
    announced(server)
    server.send_signal(signal.SIGTERM)
    assert server.stderr is not None
    said = server.stderr.read()
    words = said.split("`")[1].split()

    assert words[0] == "spapi-messaging"
    assert invoke(*words[1:]).stdout in said


def test_variables_name_the_host_and_the_port() -> None:
    done = invoke("sandbox", "env", "--host", "::1", "--port", "9000", "--json")

    assert done.json["SP_API_ENDPOINT"] == "http://[::1]:9000"
    assert done.json["LWA_ENDPOINT"] == "http://[::1]:9000/auth/o2/token"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What `sandbox serve` makes its sandbox with. None is started."""
    calls: list[tuple[Any, ...]] = []

    class Refusing:
        def __init__(self, *given: Any, **named: Any) -> None:
            calls.append((*given, named))

        def start(self) -> None:
            raise OSError(98, "Address already in use")

    monkeypatch.setattr("spapi_messaging.sandbox.server.Sandbox", Refusing)
    return calls


def test_server_hands_its_options_on(started: list[tuple[Any, ...]]) -> None:
    invoke("sandbox", "serve")
    invoke("sandbox", "serve", "--host", "0.0.0.0", "--allow-host", "sandbox", "--allow-host", "ci.local", "--retired")

    (*_, plain), (*_, special) = started
    assert plain == {"host": "127.0.0.1", "allowed_hosts": (), "retired": False, "orders": None}
    assert special == {
        "host": "0.0.0.0",
        "orders": None,
        "allowed_hosts": ("sandbox", "ci.local"),
        "retired": True,
    }


def test_address_that_is_not_of_this_machine() -> None:
    done = invoke("sandbox", "serve", "--host", "192.0.2.1", "--port", "0")

    assert done.exit_code == 1
    assert "--host" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "http", ""])
def test_port_that_is_none(port: str) -> None:
    done = invoke("sandbox", "serve", "--port", port)

    assert done.exit_code == 2
    assert "--port" in done.stderr


def test_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = invoke("sandbox", "serve", "--port", str(taken.getsockname()[1]), "--json")

    assert done.exit_code == 1
    assert "another port with --port" in done.stderr
    assert done.json["error"]["type"] == "OSError"


@pytest.mark.parametrize(
    "content", ["- a list", "orders: [", "orders: {x: {state: lost}}", "orders: {x: {colour: red}}"]
)
def test_orders_that_are_invalid(tmp_path: Path, content: str) -> None:
    (tmp_path / "orders.yaml").write_text(content)
    done = invoke("sandbox", "serve", "--port", "0", "--orders", str(tmp_path / "orders.yaml"))

    assert done.exit_code == 2
    assert "--orders" in done.stderr


def test_local_sandbox_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET", "SP_API_DEFAULT_MARKETPLACE"):
        monkeypatch.delenv(name, raising=False)
    with Sandbox() as sandbox:
        monkeypatch.setattr(environment, "LOCAL_URL", sandbox.url)

        assert invoke("--sandbox", "local", "attributes", ORDER).exit_code == 0
        assert invoke("--sandbox", "local", "--marketplace", "FR", "attributes", ORDER).stdout.endswith("fr-FR.\n")
        assert invoke("--sandbox", "local", "--profile", "shop", "attributes", ORDER).exit_code == 0
        assert b"local-sandbox-shop&" in sandbox.token_requests[-1].body


def test_variable_is_enough_for_the_local_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET", "SP_API_DEFAULT_MARKETPLACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SP_API_SANDBOX", "local")
    with Sandbox() as sandbox:
        monkeypatch.setenv("SP_API_ENDPOINT", sandbox.url)

        assert invoke("attributes", ORDER).exit_code == 0


def test_local_sandbox_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried = partial(MessagingClient.for_local_sandbox, retry=RetryPolicy(attempts=1))
    monkeypatch.setattr(MessagingClient, "for_local_sandbox", hurried)
    with Sandbox() as sandbox:
        monkeypatch.setattr(environment, "LOCAL_URL", sandbox.url)
    done = invoke("--sandbox", "local", "attributes", ORDER)

    assert done.exit_code == 1
    assert "spapi-messaging sandbox serve" in done.stderr


def test_local_sandbox_is_where_serve_puts_it() -> None:
    assert f"[default: {DEFAULT_PORT};" in invoke("sandbox", "serve", "--help").stdout
    assert LOCAL_URL.endswith(f":{DEFAULT_PORT}")
