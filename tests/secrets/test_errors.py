"""What tools that collect errors store of a failed call: no secret, no text of a buyer and no content of a file."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from spapi_messaging import Credentials, MessagingClient, RetryPolicy, SpApiMessagingError
from spapi_messaging.bulk import Job, Ledger
from spapi_messaging.drafts import draft
from spapi_messaging.limiters import RedisLimiter
from tests.secrets.amazon import ORDER, answers, echo, echoing
from tests.secrets.capturing import check
from tests.secrets.planting import SECRETS
from tests.support.amazon import both
from tests.support.programs import Program
from tests.support.servers import Answer, Request, Server, make_certificate, reply

PASSWORD = SECRETS.password.replace("/", "%2F")
NOBODY = "127.0.0.1:9"


def send(kind: str, url: str, **given: Any) -> None:
    """Sends a text and a file."""
    given = {"credentials": SECRETS.credentials, "token_provider": None, **given}
    with Program(kind, url, **given) as program:
        files = [("note.txt", SECRETS.file_content.encode())]
        program.run(lambda: program.client.send(ORDER, "digitalAccessKey", text=SECRETS.buyers_text, attachments=files))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(answers) as running:
        yield running


def instead_of(service: str, fault: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Amazon, one of whose services has a fault."""
    targets = {"token": "/auth/", "destination": "/uploads/", "storage": "/storage", "message": "/messaging/"}
    return lambda request: fault(request) if request.target.startswith(targets[service]) else answers(request)


FAULTS: dict[str, Callable[[Request], Answer]] = {
    "closed": lambda _: None,
    "no HTTP": lambda request: echo(request).encode("latin-1", "replace") + b"\r\n\r\n",
    "400 that echoes": echoing,
    "500 that echoes": lambda request: reply(500, {"error": echo(request), "error_description": echo(request)}),
    "nonsense": lambda request: reply(200, [echo(request)]),
}


@both
@pytest.mark.parametrize("service", ["token", "destination", "storage", "message"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_service(kind: str, service: str, name: str) -> None:
    with Server(instead_of(service, FAULTS[name])) as server:
        try:
            send(kind, server.url)
        except SpApiMessagingError as error:
            check(error)
        else:
            assert (service, name) in {("message", "nonsense"), ("token", "nonsense")}


@both
@pytest.mark.parametrize(
    "given",
    [
        {"deadline": 0.0001},
        {"proxy": f"http://shop:{PASSWORD}@{NOBODY}"},
        {"verify": False, "proxy": f"https://shop:{PASSWORD}@{NOBODY}"},
        {"limiter": RedisLimiter(f"redis://shop:{PASSWORD}@{NOBODY}/0", timeout=0.1)},
        {"token_provider": lambda: f"{SECRETS.access_token} twice"},
    ],
    ids=["deadline", "proxy", "TLS proxy", "Redis", "token"],
)
def test_a_call_that_cannot_go_out(kind: str, given: dict[str, Any], server: Server) -> None:
    with pytest.raises(SpApiMessagingError) as raised:
        send(kind, server.url, **given)
    check(raised.value)


@both
def test_a_server_whose_certificate_nobody_signed(kind: str, tmp_path: Path) -> None:
    with Server(answers, certificate=make_certificate(tmp_path)) as server:
        with pytest.raises(SpApiMessagingError) as raised:
            send(kind, server.url)
        check(raised.value)


class Odd(Exception):
    """An error of the user's own code."""


@both
@pytest.mark.parametrize("where", ["provider", "hook", "limiter", "transport"])
def test_an_error_of_the_users_own_code(kind: str, where: str, server: Server) -> None:
    """It goes through frames of ours, and comes out as it is."""

    def fail(*_: object, **__: object) -> Any:
        raise Odd

    class Broken(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            held = dict(request.headers), request.url
            raise Odd from ValueError(len(held))

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return self.handle_request(request)

    class Limiter:
        reserve = fail

    given: dict[str, dict[str, Any]] = {
        "provider": {"token_provider": fail},
        "limiter": {"limiter": Limiter()},
        "transport": {"transport": Broken()},
        "hook": {},
    }
    hook = {"before_first_byte": fail} if where == "hook" else {}
    with Program(
        kind, server.url, **{"credentials": SECRETS.credentials, "token_provider": None, **given[where]}
    ) as program:
        client = program.client
        with pytest.raises((Odd, SpApiMessagingError)) as raised:
            program.run(lambda: client.send(ORDER, "confirmOrderDetails", text=SECRETS.buyers_text, **hook))
        check(raised.value)


@both
def test_memory_that_runs_out_within_the_http_library(
    kind: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise MemoryError

    monkeypatch.setattr("h11.Connection.send", fail)
    with pytest.raises((MemoryError, SpApiMessagingError)) as raised:
        send(kind, server.url)
    check(raised.value)


def test_a_task_that_is_cancelled() -> None:
    """And what asyncio says of it, which shows the repr of tasks and coroutines."""
    told: list[str] = []

    async def main(url: str, arrived: Any) -> None:
        from tests.support.programs import client_for

        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.set_exception_handler(lambda _, context: told.append(f"{context}"))
        async with client_for("asyncio", url, credentials=SECRETS.credentials, token_provider=None) as client:
            task = asyncio.create_task(client.create_confirm_order_details(ORDER, text=SECRETS.buyers_text))
            await asyncio.to_thread(arrived.wait, 10)
            told.append(f"{task!r} {task.get_stack()}")
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as raised:
                await task
            check(raised.value)
            told.append(repr(task))
            lost = asyncio.create_task(client.get_attributes("no order"))
            await asyncio.wait([lost])
            told.append(repr(lost))

    with Server() as server:
        arrived, end = server.event(), server.event()

        def answer(request: Request) -> Answer:
            if request.is_send:
                arrived.set()
                end.wait()
            return answers(request)

        server.answer = answer
        asyncio.run(main(server.url, arrived))
    assert SECRETS.found_in(" ".join(told)) == []


def text_in_a_file(folder: Path) -> None:
    """A file of jobs that cannot be read on."""
    (folder / "jobs.csv").write_text(f'order,type,text\n{ORDER},invoice,"{SECRETS.buyers_text}\n')
    from spapi_messaging.bulk import JobFile

    with Ledger(f"sqlite:///{folder / 'sent.db'}") as ledger:
        ledger.add(JobFile(folder / "jobs.csv"))


def jobs_that_fail(folder: Path) -> None:
    """The caller's own generator."""

    def jobs() -> Iterator[Job]:
        yield Job(ORDER, "confirmOrderDetails", text=SECRETS.buyers_text, marketplace="DE")
        raise Odd

    with Ledger(f"sqlite:///{folder / 'sent.db'}") as ledger:
        ledger.add(jobs())


def wrong_job(folder: Path, **given: Any) -> None:
    with Ledger(f"sqlite:///{folder / 'sent.db'}") as ledger:
        ledger.add(Job(ORDER, "confirmOrderDetails", text=SECRETS.buyers_text, **{"marketplace": "DE", **given}))


def locked(folder: Path) -> None:
    """A ledger whose disk is full, as SQLite sees it."""
    with Ledger(f"sqlite:///{folder / 'sent.db'}") as ledger:
        engine = ledger.database._own_engine()
        with engine.connect() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON spapi_messages BEGIN SELECT RAISE(FAIL, ''); END"
            )
        ledger.add(Job(ORDER, "confirmOrderDetails", text=SECRETS.buyers_text, marketplace="DE"))


def profile(folder: Path, content: str) -> None:
    (folder / "credentials.yml").write_text(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON-SP-APIDIR", str(folder))
        Credentials.from_profile("shop")


URLS = [f"sftp://shop:{SECRETS.password}@files.test/a.pdf", f"https://files.test/a.pdf?{SECRETS.query}"]
WRONG: dict[str, Callable[[Path], object]] = {
    "Redis URL": lambda _: RedisLimiter(f"redis://shop:{SECRETS.password}@host:port"),
    "ledger URL": lambda _: Ledger(f"mysql://shop:{PASSWORD}@{NOBODY}/shop"),
    "PostgreSQL": lambda _: Ledger(f"postgresql://shop:{PASSWORD}@{NOBODY}/shop?connect_timeout=1"),
    "proxy": lambda _: MessagingClient(credentials=SECRETS.credentials, marketplace="DE", proxy=f"x://a:{PASSWORD}@b"),
    "credentials": lambda _: Credentials("id", f"{SECRETS.client_secret} twice", SECRETS.refresh_token),
    "refresh token": lambda _: SECRETS.credentials.for_seller(f"{SECRETS.renewed_token} twice"),
    "swapped": lambda _: MessagingClient(credentials=SECRETS.credentials, marketplace=SECRETS.client_secret),
    "endpoint": lambda _: MessagingClient(
        credentials=SECRETS.credentials, marketplace="DE", endpoint=f"http://shop:{PASSWORD}@api.test"
    ),
    "profile": lambda folder: profile(folder, json.dumps({"shop": {"refresh_token": SECRETS.refresh_token}})),
    "no YAML": lambda folder: profile(folder, f"shop:\n  refresh_token: {SECRETS.refresh_token}\n :\n\t- x"),
    "draft": lambda _: draft(SECRETS.e_mail, "digitalAccessKey", text=SECRETS.key_text),
    "job file": text_in_a_file,
    "jobs": jobs_that_fail,
    "job": lambda folder: wrong_job(folder, due="never"),
    "file URL": lambda folder: wrong_job(folder, message_type="invoice", text=None, attachments=URLS[:1]),
    "presigned URL": lambda folder: wrong_job(folder, attachments=URLS[1:]),
    "ledger": locked,
}


@pytest.mark.parametrize("name", WRONG)
def test_arguments_and_files_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    with pytest.raises((SpApiMessagingError, Odd, TypeError)) as raised:
        WRONG[name](tmp_path)
    check(raised.value)


@pytest.mark.parametrize("retry", [RetryPolicy(attempts=2, base=0.0)])
@both
def test_a_token_that_was_renewed(kind: str, retry: RetryPolicy) -> None:
    tokens = itertools.chain([SECRETS.access_token], itertools.repeat(SECRETS.renewed_token))

    def answer(request: Request) -> Answer:
        if request.target.startswith("/auth/"):
            return reply(200, {"access_token": next(tokens), "expires_in": 3600})
        used = request.headers["x-amz-access-token"]
        if used == SECRETS.access_token:
            return reply(403, {"errors": [{"code": "Unauthorized", "message": "access token has expired"}]})
        return reply(403, {"errors": [{"code": "Unauthorized", "message": f"{used} is no good"}]})

    with Server(answer) as server, pytest.raises(SpApiMessagingError) as raised:
        send(kind, server.url, retry=retry)
    check(raised.value)
