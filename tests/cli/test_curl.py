"""`--curl`: the requests of a command, as a POSIX shell takes them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import ObservedExchange
from spapi_messaging.cli.app import application
from spapi_messaging.cli.curl import Variable, shown, variable, word
from spapi_messaging.errors import HIDDEN
from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, Sandbox
from tests.cli.conftest import ORDER, Command, invoke
from tests.support.operations import content_kinds

TEXT = 'It\'s für Frau "Schmidt": 100 % $HOME `id` !\nZweite Zeile'
SEND = ("send", "confirmOrderDetails", ORDER)
BASH = shutil.which("bash")


def commands_in(stderr: str) -> list[list[str]]:
    """The words of each curl command, as the shell reads them; a variable stays as it is."""
    joined = stderr.replace(" \\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.startswith("curl ")]


def parses(stderr: str) -> bool:
    """Whether bash can read it. A warning that a type of message is deprecated does not belong to the script."""
    script = "\n".join(line for line in stderr.splitlines() if not line.startswith("DeprecationWarning"))
    if BASH is None:
        pytest.skip("needs bash")
    return subprocess.run([BASH, "-n"], input=script, text=True, encoding="utf-8", timeout=30).returncode == 0


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(b"%PDF-1.4\n%%EOF\n")
    return path


def test_each_request_is_printed_with_what_came_of_it(run: Command, invoice: Path, sandbox: Sandbox) -> None:
    done = run("send", "invoice", ORDER, "--attach", str(invoice), "--curl")
    (message,) = sandbox.inbox

    assert done.exit_code == 0
    told = [line.split(", request id")[0] for line in done.stderr.splitlines() if line.startswith("# ")]
    assert told == [
        "# Login with Amazon, attempt 1: 200",
        "# ACCESS_TOKEN stands in the answer, as access_token.",
        "# createUploadDestinationForResource, attempt 1: 201",
        "# the storage, attempt 1: 200",
        "# FILE is the path of the file; UPLOAD_URL stands in the answer before, as payload.url.",
        "# sendInvoice, attempt 1: 201",
        "# Careful: this sends the message once more.",
    ]
    assert f"# sendInvoice, attempt 1: 201, request id {message.request_id}\n" in done.stderr
    assert parses(done.stderr)


def test_what_is_secret_is_a_variable(run: Command, invoice: Path, sandbox: Sandbox) -> None:
    done = run("send", "invoice", ORDER, "--attach", str(invoice), "--curl")
    lwa, destination, put, message = commands_in(done.stderr)

    assert "client_secret=$LWA_CLIENT_SECRET" in lwa
    assert "refresh_token=$SP_API_REFRESH_TOKEN" in lwa
    assert "x-amz-access-token: $ACCESS_TOKEN" in destination
    assert put[:4] == ["curl", "--upload-file", "$FILE", "$UPLOAD_URL"]
    assert '-H "x-amz-access-token: $ACCESS_TOKEN"' in done.stderr
    assert '--data-urlencode "client_secret=$LWA_CLIENT_SECRET"' in done.stderr
    tokens = {request.headers.get("x-amz-access-token", "none") for request in sandbox.requests}
    secrets = [LOCAL_CREDENTIALS["client_secret"], LOCAL_CREDENTIALS["refresh_token"], *tokens, "X-Amz-Signature"]
    assert [secret for secret in secrets if secret in done.stderr] == []
    assert message[:3] == ["curl", "-X", "POST"]


def test_a_text_is_a_variable(run: Command) -> None:
    done = run(*SEND, "--text", TEXT, "--curl")

    assert done.exit_code == 0
    assert '{"text":"\'"$TEXT"\'"}' in done.stderr
    assert not any(part in done.stderr for part in ("Schmidt", "Zweite"))
    assert parses(done.stderr)


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_how_to_write_a_text_into_its_variable_is_said(run: Command, invoice: Path, more: tuple[str, ...]) -> None:
    hint = '# TEXT: as JSON writes it, with \\" for a quote and \\n for a line break.\n'

    assert hint in run(*SEND, "--text", TEXT, "--curl", *more).stderr
    assert "as JSON writes it" not in run("send", "invoice", ORDER, "--attach", str(invoice), "--curl", *more).stderr


@pytest.mark.parametrize("arguments", [("--curl", "attributes", ORDER), ("attributes", "--curl", ORDER)])
def test_before_and_after_the_command(run: Command, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.stdout == f"The buyer of order {ORDER} reads de-DE.\n"
    assert [command[1:3] for command in commands_in(done.stderr)][1] == ["-X", "GET"]


def test_stdout_stays_one_document(run: Command) -> None:
    done = run("actions", ORDER, "--curl", "--json")

    assert done.json["amazon_order_id"] == ORDER
    assert len(commands_in(done.stderr)) == 2


def test_a_server_that_echoes_secrets_gets_none_of_them_printed(run: Command, sandbox: Sandbox) -> None:
    secrets = [LOCAL_CREDENTIALS["client_secret"], LOCAL_CREDENTIALS["refresh_token"], "a secret text of ours"]
    echoed = {"location": f"https://x.example/?{secrets[0]}", "x-amzn-RequestId": secrets[1], "x-echo": secrets[2]}
    sandbox.faults.answer(302, secrets[2], echoed, on="sends", times=None)
    told = run(*SEND, "--text", secrets[2], "--curl").stderr

    assert "attempt 1: 302" in told
    assert [secret for secret in secrets if secret in told] == []


def test_requests_that_fail_are_printed_too(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("denied", on="reads", times=None)
    done = run("attributes", ORDER, "--curl")

    assert done.exit_code == 4
    assert "# GetAttributes, attempt 1: 403, request id " in done.stderr
    assert "Buyer Communication" in done.stderr


def test_a_request_without_an_answer_says_so(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("reset", on="sends")
    done = run(*SEND, "--text", "Hello", "--curl")

    assert done.exit_code == 3
    assert "# createConfirmOrderDetails, attempt 1: no answer (ReadError)\n" in done.stderr


def test_each_attempt_is_printed(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("unavailable", on="reads")
    done = run("attributes", ORDER, "--curl")

    assert "# GetAttributes, attempt 1: 503\n" in done.stderr
    assert "# GetAttributes, attempt 2: 200, request id" in done.stderr


@pytest.mark.parametrize("arguments", [(*SEND, "--text", " "), ("completion", "bash"), ("sandbox", "env")])
def test_a_command_without_a_request_says_so(run: Command, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, "--curl").stderr.endswith("# No request was made.\n")
    assert "# No request" not in run(*arguments).stderr


def test_every_command_takes_it() -> None:
    def names(command: click.Command) -> list[str]:
        context = click.Context(command)
        own = [] if any("--curl" in each.opts for each in command.get_params(context)) else [str(command.name)]
        children = command.list_commands(context) if isinstance(command, click.Group) else []
        found = (command.get_command(context, name) for name in children if isinstance(command, click.Group))
        return own + [name for child in found if child is not None for name in names(child)]

    assert names(application) == []


# Nothing is sent


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, invoice: Path) -> pytest.MonkeyPatch:
    """An environment that says nothing, in a folder with an invoice."""
    for name in ("SP_API_ENDPOINT", "SP_API_DEFAULT_MARKETPLACE", "SP_API_SANDBOX", "AWS_ENV", "LWA_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_a_dry_run_prints_the_request_that_a_send_would_make(bare: pytest.MonkeyPatch) -> None:
    done = invoke(*SEND, "--text", TEXT, "--dry-run", "--curl")
    (words,) = commands_in(done.stderr)

    assert done.exit_code == 0
    assert (
        f"$SP_API_ENDPOINT/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails?marketplaceIds=$MARKETPLACE_ID"
        in words
    )
    assert "x-amz-access-token: $ACCESS_TOKEN" in words
    assert words[-1] == '{"text":"$TEXT"}'
    assert "Schmidt" not in done.stderr + done.stdout
    assert "No request was made" not in done.stderr


def test_a_dry_run_names_the_uploads_and_what_was_given(bare: pytest.MonkeyPatch) -> None:
    dates = ("--coverage-start", "2026-12-13T00:00:00Z")
    files = ("--attach", "invoice.pdf", "--attach", "invoice.pdf")
    done = invoke("send", "warranty", ORDER, *files, *dates, "--dry-run", "--curl", "--json")
    (words,) = commands_in(done.stderr)

    assert done.json["dry_run"]
    assert "# Before it, invoice.pdf is uploaded, which gives UPLOAD_DESTINATION_ID.\n" in done.stderr
    assert "# Before it, invoice.pdf is uploaded, which gives UPLOAD_DESTINATION_ID_2.\n" in done.stderr
    body = json.loads(words[-1])
    assert body["coverageStartDate"] == "2026-12-13T00:00:00Z"
    assert [file["uploadDestinationId"] for file in body["attachments"]] == [
        "$UPLOAD_DESTINATION_ID",
        "$UPLOAD_DESTINATION_ID_2",
    ]
    assert parses(done.stderr)


@pytest.mark.parametrize(
    ("variables", "options", "beginning"),
    [
        ({}, ["--marketplace", "DE"], "https://sellingpartnerapi-eu.amazon.com/messaging/"),
        ({}, ["--marketplace", "US", "--sandbox", "amazon"], "https://sandbox.sellingpartnerapi-na.amazon.com/"),
        ({}, ["--sandbox", "amazon"], "$SP_API_ENDPOINT/"),
        ({}, ["--sandbox", "local"], "http://127.0.0.1:8765/"),
        ({"SP_API_SANDBOX": "local"}, [], "http://127.0.0.1:8765/"),
        ({"SP_API_SANDBOX": "1"}, ["--marketplace", "DE"], "$SP_API_ENDPOINT/"),
        ({"AWS_ENV": "SANDBOX"}, ["--marketplace", "DE"], "$SP_API_ENDPOINT/"),
        ({"SP_API_ENDPOINT": "http://127.0.0.1:9999"}, ["--marketplace", "DE"], "$SP_API_ENDPOINT/"),
        ({"SP_API_ENDPOINT": "http://127.0.0.1:9999"}, ["--sandbox", "local"], "$SP_API_ENDPOINT/"),
        ({"SP_API_ENDPOINT": "http://spapi.localhost:9999"}, ["--sandbox", "local"], "$SP_API_ENDPOINT/"),
        ({"SP_API_ENDPOINT": "http://[::1:9999"}, ["--sandbox", "local"], "http://127.0.0.1:8765/"),
        (
            {"SP_API_ENDPOINT": "https://sellingpartnerapi-eu.amazon.com"},
            ["--sandbox", "local"],
            "http://127.0.0.1:8765/",
        ),
        ({"SP_API_DEFAULT_MARKETPLACE": "nowhere"}, [], "$SP_API_ENDPOINT/"),
    ],
)
def test_a_dry_run_names_the_endpoint_that_is_known(
    bare: pytest.MonkeyPatch, variables: dict[str, str], options: list[str], beginning: str
) -> None:
    for name, value in variables.items():
        bare.setenv(name, value)
    (words,) = commands_in(invoke(*SEND, "--text", "Hello", "--dry-run", "--curl", *options).stderr)

    assert words[3].startswith(beginning)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dry_run_prints_what_a_send_sends(run: Command, invoice: Path, sandbox: Sandbox) -> None:
    """For each type of message: the same method, path, query and body, apart from variables."""
    compared = 0
    for message_type, operation in sorted(MESSAGE_TYPES.items()):
        content = content_kinds(operation)
        arguments = ["send", message_type, ORDER]
        arguments += ["--text", "Hello"] if "text" in content else []
        arguments += ["--attach", str(invoice)] if "attachments" in content else []
        dry, sent = run(*arguments, "--dry-run", "--curl"), run(*arguments, "--curl")
        if sent.exit_code:  # a new type may need more than that
            continue
        planned, made = commands_in(dry.stderr)[-1], commands_in(sent.stderr)[-1]
        assert planned[:3] == made[:3]
        url = planned[3].replace("$SP_API_ENDPOINT", sandbox.url)
        assert url == made[3]
        compared += 1
        if operation.body_model:
            assert without_ids(planned[-1]) == without_ids(made[-1])
    assert compared


def without_ids(body: str) -> Any:
    found = json.loads(body)
    for file in found.get("attachments", ()):
        file["uploadDestinationId"] = "an id"
    return found


# Any request


def exchange(**changes: Any) -> ObservedExchange:
    given: dict[str, Any] = {
        "service": "api", "operation": "sendInvoice", "amazon_order_id": ORDER, "seller": None, "attempt": 1,
        "method": "POST",
        "url": "https://api.example/x", "request_headers": {}, "response_headers": {}, "body": None, "status": 201,
        "request_id": None, "error": None, "seconds": 0.1,
    }  # fmt: skip
    return ObservedExchange(**{**given, **changes})


anything = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
values = anything | st.just(HIDDEN)


@given(
    url=anything,
    headers=st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True), values, max_size=3),
    body=st.none() | st.dictionaries(anything, values, max_size=3),
    request_id=st.none() | anything,
)
def test_what_is_literal_stays_as_it_is_and_nothing_else_is_run(
    url: str, headers: dict[str, str], body: dict[str, str] | None, request_id: str | None
) -> None:
    told = shown(exchange(url=url, request_headers=headers, body=body, request_id=request_id))
    first, _, rest = told.partition("\n")
    while rest.startswith("# "):  # that it sends once more, and how to write what is hidden
        rest = rest.partition("\n")[2]
    words = shlex.split(rest, posix=True)

    assert first.startswith("# sendInvoice, attempt 1: 201")
    assert words[:3] == ["curl", "-X", "POST"]
    written = {words[at + 1] for at, each in enumerate(words[:-1]) if each == "-H"}
    assert {f"{name}: {value}" for name, value in headers.items() if value != HIDDEN and name not in (
        "accept-encoding", "connection", "content-length", "host"
    )} <= written  # fmt: skip
    if body is not None and HIDDEN not in [*body, *body.values()]:
        assert json.loads(words[-1]) == body


def test_bash_takes_what_is_odd_as_it_is(tmp_path: Path) -> None:
    """Each word arrives as it was written, and a variable holds its value, whatever characters that has."""
    if BASH is None:
        pytest.skip("needs bash")
    odd = "a'b\"c $HOME `id` \\ !x\n*?[z]"
    told = shown(
        exchange(url=odd, request_headers={"x": odd, "x-amz-access-token": HIDDEN}, body={"a": odd, "text": HIDDEN})
    )
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + told
    done = subprocess.run(
        [BASH, "-c", script], env={"ACCESS_TOKEN": odd, "TEXT": "in JSON"}, capture_output=True, timeout=30
    )
    words = done.stdout.decode().split("\0")

    assert words[2] == odd
    assert f"x: {odd}" in words
    assert f"x-amz-access-token: {odd}" in words
    assert json.loads(words[-2]) == {"a": odd, "text": "in JSON"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x-amz-access-token", "ACCESS_TOKEN"),
        ("client_secret", "LWA_CLIENT_SECRET"),
        ("uploadDestinationId", "UPLOAD_DESTINATION_ID"),
        ("text", "TEXT"),
        ("cookie", "COOKIE"),
        ("größe", "GR__E"),
        ("1", "VALUE"),
        ("", "VALUE"),
    ],
)
def test_variables_have_names_that_a_shell_takes(name: str, expected: str) -> None:
    assert variable(name) == expected


def test_a_variable_beside_letters_is_told_apart() -> None:
    assert word([Variable("A"), "b"]) == '"${A}b"'
    assert word(["b ", Variable("A")]) == '"b $A"'
