"""What a traceback shows: no secret, neither in a chain of causes nor in the local variables of the package's frames.

Tools that collect errors store the local variables of every frame of a traceback.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import Credentials, MessagingClient, NetworkError, RetryPolicy, SpApiMessagingError
from spapi_messaging._safeguards.tracebacks import _bare_code, _bare_frame, without_variables
from spapi_messaging.credentials import ENVIRONMENT
from tests.support.amazon import CREDENTIALS, ORDER, both
from tests.support.programs import Program, client_for
from tests.support.servers import Answer, Request, Server, amazon, reply

TOKEN = "Atza|the-access-token"
SIGNATURE = "the-signature-of-the-url"
SECRETS = (CREDENTIALS.client_secret, CREDENTIALS.refresh_token, TOKEN, SIGNATURE)
HERE = Path(__file__).parent.parent / "tests"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from chain(error.__context__ if error.__cause__ is not None else None)
        error = error.__cause__ or error.__context__


def frames(traceback: TracebackType | None) -> Iterator[Any]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def shown_by(error: BaseException) -> str:
    """All that a tool that collects errors would store, but for what stands in frames of these tests."""
    shown = []
    for each in chain(error):
        shown.append(f"{each!r} {vars(each)} {each.args}")
        for frame in frames(each.__traceback__):
            if not Path(frame.f_code.co_filename).is_relative_to(HERE):
                shown += [f"{frame.f_code.co_qualname}: {name} = {value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(shown)


def check(error: BaseException) -> None:
    shown = shown_by(error)
    assert [line for line in shown.splitlines() if any(secret in line for secret in SECRETS)] == []


def test_the_check_finds_what_a_frame_holds() -> None:
    source = "def fail(token):\n    raise ValueError('no')\n"
    found: dict[str, Any] = {}
    exec(compile(source, "/elsewhere.py", "exec"), found)
    with pytest.raises(ValueError, match="no") as raised:
        found["fail"](TOKEN)

    assert TOKEN in shown_by(raised.value)


# Calls that fail on real connections


def destination(request: Request, **headers: str) -> bytes:
    url = f"http://{request.headers['host']}/storage?X-Amz-Expires=900&X-Amz-Signature={SIGNATURE}"
    return reply(201, {"payload": {"uploadDestinationId": "d-1", "url": url, "headers": headers or None}})


def service_of(request: Request) -> str:
    if request.target.startswith("/auth/"):
        return "token"
    if request.method == "PUT":
        return "storage"
    return "destination" if request.target.startswith("/uploads/") else "call"


def handler(service: str, fault: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        found = service_of(request)
        if found == service:
            return fault(request)
        if found == "token":
            return reply(200, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600})
        return destination(request) if found == "destination" else amazon(request)

    return answer


def unsafe(request: Request) -> bytes:
    url = f"http://storage.example/?X-Amz-Signature={SIGNATURE}"
    return reply(201, {"payload": {"uploadDestinationId": "d-1", "url": url, "headers": None}})


ALL = f"{CREDENTIALS.client_secret} {CREDENTIALS.refresh_token} {TOKEN} https://a.example/?X-Amz-Signature={SIGNATURE}"
FAULTS: dict[str, tuple[str, Callable[[Request], Answer]]] = {
    "call: closed": ("call", lambda _: None),
    "call: no HTTP": ("call", lambda _: b"220 smtp ready\r\n\r\n"),
    "call: denied": ("call", lambda _: reply(403, {"errors": [{"code": "Unauthorized", "message": ALL}]})),
    "call: expired": ("call", lambda _: reply(403, {"errors": [{"code": "x", "message": "access token expired"}]})),
    "call: 500": ("call", lambda _: reply(500, {"errors": [{"code": "x", "message": ALL}]})),
    "call: nonsense": ("call", lambda _: reply(201, [ALL])),
    "call: redirected": ("call", lambda _: reply(307, location=f"https://a.example/?X-Amz-Signature={SIGNATURE}")),
    "call: throttled": ("call", lambda _: reply(429, retry_after="100")),
    "call: broken gzip": ("call", lambda _: reply(201, ALL, content_encoding="gzip")),
    "token: closed": ("token", lambda _: None),
    "token: refused": ("token", lambda _: reply(400, {"error": "invalid_grant", "error_description": ALL})),
    "token: 503": ("token", lambda _: reply(503, ALL)),
    "token: unusable": ("token", lambda _: reply(200, {"access_token": f"{TOKEN} {TOKEN}"})),
    "destination: unsafe": ("destination", unsafe),
    "destination: odd header": ("destination", lambda request: destination(request, Authorization="x")),
    "destination: closed": ("destination", lambda _: None),
    "storage: closed": ("storage", lambda _: None),
    "storage: refused": ("storage", lambda _: reply(403, ALL)),
    "storage: redirected": ("storage", lambda _: reply(307, location=f"https://a.example/?{SIGNATURE}")),
}


@both
@pytest.mark.parametrize("options", [{}, {"deadline": 30}], ids=["", "deadline"])
@pytest.mark.parametrize("name", FAULTS)
def test_no_failed_call_shows_a_secret(kind: str, name: str, options: Any) -> None:
    service, fault = FAULTS[name]
    given = {"token_provider": None, "credentials": CREDENTIALS, "max_wait": 0, "order_id_pattern": None, **options}
    with Server(handler(service, fault)) as server, Program(kind, server.url, **given) as program:
        client = program.client
        calls = {
            "send": lambda: client.create_confirm_order_details(ORDER, text="Hello"),
            "read": lambda: client.get_attributes(ORDER),
            "upload": lambda: client.send_invoice(ORDER, attachments=[("a.txt", b"hello")]),
        }
        for what, call in calls.items():
            if service == "call" or what == "upload" or service == "token":
                with pytest.raises(SpApiMessagingError) as raised:
                    program.run(call)
                check(raised.value)


@both
def test_no_interrupted_call_shows_a_secret(kind: str) -> None:
    error: type[BaseException] = KeyboardInterrupt if kind == "threads" else asyncio.CancelledError

    class Interrupting(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            headers = list(request.headers.items())
            content = request.read() if kind == "threads" else b""
            raise error(len(headers) + len(content))

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return self.handle_request(request)

    for provider in (None, lambda: TOKEN):
        given = {"token_provider": provider, "transport": Interrupting(), "order_id_pattern": None}
        with Program(kind, "http://127.0.0.1:9", **given) as program, pytest.raises(error) as raised:
            program.run(lambda: program.client.create_confirm_order_details(ORDER, text="Hello"))
        check(raised.value)


ECHOES: dict[str, Callable[[Request], bytes]] = {
    "status line": lambda request: b"HTTP/1.1 4xx " + _sent(request) + b"\r\n\r\n",
    "no HTTP": lambda request: _sent(request) + b"\r\n\r\n",
    "header": lambda request: b"HTTP/1.1 200 OK\r\nfoo " + _sent(request) + b"\r\n\r\n",
    "chunk": lambda request: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + _sent(request) + b"\r\n",
    "encoding": lambda request: reply(200, "x", content_encoding=_sent(request).decode("latin-1")),
    "field": lambda request: reply(201, {_sent(request).decode("latin-1"): 1}),
    "error": lambda request: reply(400, {"errors": [{_sent(request).decode("latin-1"): "x"}]}),
}


def _sent(request: Request) -> bytes:
    return b" ".join([TOKEN.encode(), request.target.encode(), request.body.replace(b"\r", b" ").replace(b"\n", b" ")])


@both
@pytest.mark.parametrize("service", ["call", "token", "storage"])
@pytest.mark.parametrize("name", ECHOES)
def test_a_server_that_quotes_the_request_is_not_quoted(
    kind: str, name: str, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"token_provider": None, "credentials": CREDENTIALS, "order_id_pattern": None}
    text = "Your key is in the attached letter"
    with Server(handler(service, ECHOES[name])) as server, Program(kind, server.url, **given) as program:
        client = program.client
        with suppress(SpApiMessagingError):
            program.run(lambda: client.get_attributes(ORDER))
        try:
            program.run(lambda: client.send(ORDER, "digitalAccessKey", text=text, attachments=[("a.txt", b"a file")]))
        except SpApiMessagingError as error:
            check(error)
            assert "key is in" not in "".join(f"{each!r} {vars(each)}" for each in chain(error))
    assert not any(secret in caplog.text for secret in (*SECRETS, "key is in"))


def test_an_exception_that_several_calls_raise_ends_each_of_them() -> None:
    """A transport that keeps its error, say: nobody may close what another call has on its stack."""
    error = httpx.ConnectError("no route")
    start = asyncio.Event()

    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await start.wait()
            raise error

    async def main() -> list[Any]:
        given = {"token_provider": lambda: TOKEN, "transport": Broken(), "order_id_pattern": None}
        client = client_for("asyncio", "http://127.0.0.1:9", **given)
        calls = [asyncio.create_task(client.get_attributes(ORDER)) for _ in range(4)]
        await asyncio.sleep(0.05)
        start.set()
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10)

    assert [type(ended) for ended in asyncio.run(main())] == [NetworkError] * 4


def test_a_call_leaves_the_frames_of_the_callers_own_error_alone() -> None:
    def rows() -> Iterator[int]:
        for number in range(3):
            try:
                raise LookupError(number)
            except LookupError:
                yield number

    class Interrupting(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise KeyboardInterrupt

    client = client_for("threads", "http://127.0.0.1:9", transport=Interrupting(), order_id_pattern=None)
    seen = []
    for row in rows():
        try:
            raise ValueError(row)
        except ValueError as own:
            with pytest.raises(KeyboardInterrupt):
                client.get_attributes(ORDER)
            assert own.__traceback__ is not None
        seen.append(row)

    assert seen == [0, 1, 2]


@both
@pytest.mark.parametrize("token", [f"{TOKEN} {TOKEN}", f"{TOKEN}\0", [TOKEN], TOKEN.encode()])
def test_a_token_that_cannot_be_one_is_not_shown(kind: str, token: Any) -> None:
    with Program(kind, "http://127.0.0.1:9", token_provider=lambda: token, order_id_pattern=None) as program:
        with pytest.raises(SpApiMessagingError, match="token_provider must return") as raised:
            program.run(lambda: program.client.get_attributes(ORDER))
        check(raised.value)


@both
def test_what_comes_after_a_token_does_not_show_it(kind: str) -> None:
    given = {"token_provider": lambda: TOKEN, "order_id_pattern": None, "retry": RetryPolicy(attempts=1)}
    with Program(kind, "http://127.0.0.1:9", **given) as program:  # nobody listens there
        with pytest.raises(SpApiMessagingError, match="Could not connect") as raised:
            program.run(lambda: program.client.get_attributes(ORDER))
        check(raised.value)


# Credentials


@pytest.mark.parametrize("wrong", ["client_id", "client_secret", "refresh_token"])
@pytest.mark.parametrize("value", ["", "with space", None])
def test_incomplete_credentials_do_not_show_the_rest(
    wrong: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {name: getattr(CREDENTIALS, name) for name in ENVIRONMENT} | {wrong: value}
    monkeypatch.setenv("PYTHON-SP-APIDIR", str(tmp_path))
    for field, variable in ENVIRONMENT.items():
        monkeypatch.setenv(variable, given[field] or "")
    keys = {"refresh_token": "refresh_token", "client_id": "lwa_app_id", "client_secret": "lwa_client_secret"}
    account = {keys[field]: found for field, found in given.items()}
    (tmp_path / "credentials.yml").write_text(json.dumps({"default": account, "other": account}))
    makers: list[Callable[[], object]] = [lambda: Credentials(**given), Credentials.from_env, Credentials.from_profile]
    if wrong == "refresh_token":
        makers.append(lambda: CREDENTIALS.for_seller(value))
        if not value:  # without one, the others are an application's
            makers = [makers[0], makers[-1]]
    for make in makers:
        with pytest.raises(SpApiMessagingError) as raised:
            make()
        check(raised.value)


def for_seller(**given: Any) -> object:
    return MessagingClient(credentials=CREDENTIALS, marketplace="DE").for_seller(**given)


SECRET_IN_A_DICT = {"credentials": {"refresh_token": TOKEN}, "marketplace": "DE"}


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (MessagingClient, SECRET_IN_A_DICT),
        (MessagingClient.from_env, SECRET_IN_A_DICT),
        (MessagingClient.for_local_sandbox, SECRET_IN_A_DICT),
        (MessagingClient.from_env, {"profile": {"client_secret": TOKEN}}),
        (MessagingClient, {"refresh_token": TOKEN}),
        (MessagingClient.from_env, {"refresh_token": TOKEN}),
        (MessagingClient.from_env, {"lwa_client_secret": TOKEN}),
        (MessagingClient.for_local_sandbox, {"refresh_token": TOKEN}),
        (for_seller, {"account": TOKEN}),
        (for_seller, {"refresh_token": TOKEN, "credentials": CREDENTIALS}),
    ],
)
def test_arguments_that_do_not_fit_show_no_secret(make: Callable[..., object], given: dict[str, Any]) -> None:
    with pytest.raises((TypeError, SpApiMessagingError)) as raised:
        make(**given)
    check(raised.value)


def test_a_task_that_failed_prints_its_stack() -> None:
    async def failed() -> str:
        task = asyncio.create_task(_raise())
        await asyncio.wait([task])
        stack = io.StringIO()
        task.print_stack(file=stack)
        return stack.getvalue()

    assert 'raise NetworkError("told")' in asyncio.run(failed())


@without_variables
async def _raise() -> None:
    await asyncio.sleep(0)
    raise NetworkError("told")


@given(st.integers(1, 200_000), st.integers(1, 200_000))
def test_a_frame_without_variables_knows_its_line(first: int, line: int) -> None:
    """A line may be above the first one of its function: a decorator's, say."""
    frame = _bare_frame(sys._getframe(), line)
    assert frame.f_lineno == line
    code = _bare_code(sys._getframe().f_code.replace(co_firstlineno=first), line)
    assert {found for found, *_ in code.co_positions()} == {line}
    assert code.co_firstlineno == first
