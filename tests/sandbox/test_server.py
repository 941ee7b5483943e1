"""Starting and stopping: it takes no time, several sandboxes can run, and nothing is left behind."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

import spapi_messaging.sandbox
from spapi_messaging import MessageNotAvailableError, MessagingClient
from spapi_messaging.cli.app import application
from spapi_messaging.sandbox import DEFAULT_PORT, LOCAL_CREDENTIALS, LOCAL_LWA_ENDPOINT, LOCAL_URL, Clock, Sandbox
from tests.sandbox.conftest import Caller
from tests.support.sandboxes import complete_sandbox
from tests.support.thorough import choose


def test_it_starts_in_a_tenth_of_a_second() -> None:
    took = []
    for _ in range(5):
        before = time.perf_counter()
        with Sandbox():
            took.append(time.perf_counter() - before)
    assert min(took) < 0.1


def test_sandboxes_run_side_by_side() -> None:
    with complete_sandbox() as one, complete_sandbox() as two:
        assert one.url != two.url
        with closing(Caller(one)) as caller:
            caller.send("confirmOrderDetails", {"text": "Hallo"})
        assert (len(one.inbox), len(two.inbox)) == (1, 0)
        assert one.credentials.refresh_token != two.credentials.refresh_token


def test_it_stops_with_connections_open_and_leaves_nothing() -> None:
    threads = threading.active_count()
    sandbox = Sandbox()
    with sandbox:
        caller = Caller(sandbox)
        assert caller.actions().status_code == 200
    assert threading.active_count() == threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url, trust_env=False)
    caller.close()
    gone = weakref.ref(sandbox)
    del sandbox, caller
    gc.collect()
    assert gone() is None


def test_the_same_port_can_be_used_again_at_once() -> None:
    with complete_sandbox() as sandbox:
        port = sandbox.port
    with complete_sandbox(port=port) as sandbox, closing(Caller(sandbox)) as caller:
        assert caller.actions().status_code == 200


def test_a_port_that_is_taken_is_an_error() -> None:
    with Sandbox() as sandbox, pytest.raises(OSError, match="in use"):
        Sandbox(port=sandbox.port).start()


def refuse_to_start(*_: object, **__: object) -> None:
    raise OSError("no room for a server")


def end_the_process(*_: object, **__: object) -> None:
    sys.exit(3)  # what uvicorn does when it cannot start


@pytest.mark.parametrize("place", ["uvicorn.Config.load", "uvicorn.Server.startup"])
@pytest.mark.parametrize(("fail", "reason"), [(refuse_to_start, "OSError: no room"), (end_the_process, "SystemExit")])
def test_a_server_that_cannot_start_is_an_error(
    monkeypatch: pytest.MonkeyPatch, place: str, fail: Callable[..., None], reason: str
) -> None:
    threads = threading.active_count()
    sandbox = Sandbox()
    with monkeypatch.context() as broken:
        broken.setattr(place, fail)
        with pytest.raises(RuntimeError, match=f"The sandbox cannot start: .*{reason}"):
            sandbox.start()
    assert threading.active_count() == threads
    gc.collect()  # a socket that was left open is an error now
    sandbox.stop()
    with sandbox, closing(Caller(sandbox)) as caller:
        assert caller.actions().status_code == 200


def test_a_server_that_ends_at_once_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(*_: object) -> None:
        return None

    monkeypatch.setattr("uvicorn.Server.serve", serve)
    with pytest.raises(RuntimeError, match="its server ended at once"):
        Sandbox().start()


def test_the_command_says_why_it_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.Server.startup", refuse_to_start)
    done = CliRunner().invoke(application, ["sandbox", "serve", "--port", "0"])
    assert done.exit_code == 1
    assert "Error: The sandbox cannot start: OSError: no room for a server" in done.stderr


def test_a_thread_that_cannot_start_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(threading.Thread, "start", refuse_to_start)
        with pytest.raises(OSError, match="no room"):
            Sandbox().start()
    gc.collect()


@pytest.mark.parametrize("port", [-1, 65_536, 99_999, 10**400, True, 1.0, "http", "8765", None, []])
def test_a_port_that_is_none_is_refused_at_once(port: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^port must be"):
        Sandbox(port=port)


NO_HOSTS = ["", " ", "127.0.0.1:8765", "localhost:1", "[::1]", "http://localhost", "a b", "-a", "ä", "a/b", "a\n"]


@pytest.mark.parametrize("host", [*NO_HOSTS, None, 5, True, b"localhost", ("localhost", 1)])
def test_a_host_that_is_none_is_refused_at_once(host: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^host must be"):
        Sandbox(host=host)


def test_a_sandbox_that_never_started_has_no_url() -> None:
    with pytest.raises(RuntimeError, match="no URL before it was started"):
        _ = Sandbox().url
    assert Sandbox(port=8765).url == LOCAL_URL


@pytest.mark.parametrize(("host", "own"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("localhost", "localhost")])
def test_the_url_is_one_that_a_client_can_use(host: str, own: str) -> None:
    try:
        sandbox = Sandbox(host=host).start()
    except OSError:
        pytest.skip("this machine has no such address")
    with closing(Caller(sandbox)) as caller:
        assert sandbox.url == f"http://{own}:{sandbox.port}"
        assert caller.actions().status_code == 200
    sandbox.stop()


def test_starting_twice_is_an_error_and_stopping_twice_is_none() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    with sandbox:
        with pytest.raises(RuntimeError, match=f"already runs at {sandbox.url}"):
            sandbox.start()
        assert httpx.get(sandbox.url, trust_env=False).status_code == 200
        sandbox.stop()
        sandbox.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url, trust_env=False)


def test_a_sandbox_that_starts_again_has_its_port_and_its_inbox() -> None:
    sandbox = complete_sandbox()
    with sandbox, closing(Caller(sandbox)) as caller:
        url = sandbox.url
        caller.send("confirmOrderDetails", {"text": "one"})
    with sandbox, closing(Caller(sandbox)) as caller:
        caller.send("confirmOrderDetails", {"text": "two"})
    assert sandbox.url == url
    assert [message.text for message in sandbox.inbox] == ["one", "two"]


def connect_until(stopped: threading.Event, port: int, made: list[socket.socket]) -> None:
    while not stopped.is_set() and len(made) < 500:
        with suppress(OSError):
            made.append(socket.create_connection(("127.0.0.1", port)))


@pytest.mark.parametrize("_", range(choose(4, 15)))
def test_it_closes_every_connection_that_is_made_while_it_stops(_: int) -> None:
    stopped, made = threading.Event(), list[socket.socket]()
    sandbox = Sandbox().start()
    hammers = [threading.Thread(target=connect_until, args=(stopped, sandbox.port, made)) for _ in range(3)]
    for hammer in hammers:
        hammer.start()
    while len(made) < 20:
        pass
    sandbox.stop()
    stopped.set()
    for hammer in hammers:
        hammer.join()
    for connection in made:
        connection.close()
    gc.collect()  # a connection that the sandbox left open is an error now


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(ValueError, match="simulated, static"):
        Sandbox("dynamic")


def test_what_the_command_line_needs_is_known_without_the_server() -> None:
    assert f"http://127.0.0.1:{DEFAULT_PORT}" == LOCAL_URL
    assert f"{LOCAL_URL}/auth/o2/token" == LOCAL_LWA_ENDPOINT
    assert set(LOCAL_CREDENTIALS) == {"client_id", "client_secret", "refresh_token"}


def imported_by(statement: str) -> set[str]:
    program = f"import json, pytest, sys; before = set(sys.modules); {statement}; "
    program += "print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["spapi_messaging.sandbox", "spapi_messaging.sandbox.pytest_plugin"])
def test_importing_costs_no_extra(module: str) -> None:
    imported = imported_by(f"import {module}")
    assert imported <= {
        "spapi_messaging",
        "spapi_messaging.errors",
        "spapi_messaging.sandbox",
        "spapi_messaging.local_sandbox",
        "spapi_messaging._credentials",
        "spapi_messaging._credentials.environment",
        "spapi_messaging.sandbox.pytest_plugin",
    }


def test_every_public_name_can_be_imported() -> None:
    for name in spapi_messaging.sandbox.__all__:
        assert getattr(spapi_messaging.sandbox, name) is not None
    assert dir(spapi_messaging.sandbox) == sorted(spapi_messaging.sandbox.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = spapi_messaging.sandbox.nonsense


def test_a_missing_extra_says_what_to_install() -> None:
    program = "import sys; sys.modules['starlette'] = None; from spapi_messaging.sandbox import Sandbox"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].endswith("pip install 'spapi-messaging[sandbox]'")


def test_a_clock_can_be_stopped_and_moved() -> None:
    seconds = iter(range(100, 200))
    clock = Clock(lambda: float(next(seconds)))
    assert (clock.now(), clock.now()) == (100, 101)
    clock.freeze()
    clock.freeze()
    assert (clock.now(), clock.now()) == (102, 102)
    clock.advance(10)
    assert clock.today().timestamp() == 112
    clock.reset()
    assert clock.now() == 103


def test_the_client_and_the_sandbox_understand_each_other(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient
) -> None:
    actions = spapi_client.get_messaging_actions_for_order("303-1234567-1234567")
    assert {action.message_type for action in actions} >= {"invoice", "confirmOrderDetails", "warranty"}
    receipt = spapi_client.send_invoice("303-1234567-1234567", attachments=[("Rechnung.pdf", b"%PDF-1.7")])
    [message] = spapi_sandbox.inbox
    assert message.request_id == receipt.request_id
    assert message.attachments[0].file_name == "Rechnung.pdf"
    spapi_sandbox.orders.set("303-1234567-1234567", state="cancelled")
    with pytest.raises(MessageNotAvailableError):
        spapi_client.create_confirm_order_details("303-1234567-1234567", text="Hallo")
