"""Input that is wrong before anything is sent: one clear error, no traceback, no traffic."""

from __future__ import annotations

from pathlib import Path

import pytest

from spapi_messaging.cli.text_files import MAX_CHARACTERS
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command, Run
from tests.support.old_httpx import overlooks_certificates
from tests.support.operations import too_much


def refused(done: Run, sandbox: Sandbox) -> str:
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("Error: ") == 1
    assert "Traceback" not in done.stderr
    assert sandbox.requests == []
    return done.stderr.split("Error: ")[1]


@pytest.mark.parametrize("order", ["", "   ", "foo", "303/1234567", "303 1234567", "badOrderId"])
@pytest.mark.parametrize("command", [["actions"], ["attributes"], ["send", "confirmOrderDetails", "--text", "Hello"]])
def test_order_id_that_is_invalid(run: Command, sandbox: Sandbox, order: str, command: list[str]) -> None:
    assert "order" in refused(run(*command, order), sandbox).lower()


@pytest.mark.parametrize("order", ["S01-1234567-1234567", "D01-1234567-1234567", " 303-1234567-1234567\n"])
def test_order_id_with_a_letter_or_white_space(run: Command, order: str) -> None:
    assert run("attributes", order).exit_code == 0


@pytest.mark.parametrize("name", ["SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"])
def test_missing_credential(run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)

    assert name in refused(run("attributes", ORDER), sandbox)


def test_no_credentials_at_all(run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)

    assert "No credentials" in refused(run("attributes", ORDER), sandbox)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"default:\n\trefresh_token: Atzr|a-secret", "is not valid YAML near line 2"),
        (b"\xff\xfe", "cannot be read"),
        (b"default: Atzr|a-secret", "lacks lwa_app_id"),
    ],
)
def test_credentials_in_a_broken_file_are_not_told_to_be_missing(
    run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes, told: str
) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)
    folder = tmp_path / ".config" / "python-sp-api"
    folder.mkdir(parents=True)
    file(folder, "credentials.yml", content)
    doctor = run("doctor", "--json")
    (found,) = (each for each in doctor.json["findings"] if each["step"] == "credentials")

    assert told in refused(run("attributes", ORDER), sandbox)
    assert (doctor.exit_code, found["code"]) == (4, "credentials-unusable")
    assert told in found["found"]
    assert "a-secret" not in doctor.stdout + doctor.stderr


@overlooks_certificates
def test_certificates_that_cannot_be_read_are_no_matter_of_the_endpoint(
    run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("SSL_CERT_FILE", str(tmp_path / "nothing.pem"))
    told = " ".join(run("doctor").stdout.split())

    assert "SSL_CERT_FILE" in refused(run("attributes", ORDER), sandbox)
    assert "in the environment names cannot be used" in told
    assert "Without a client, no call is possible." in told


def test_unknown_profile(run: Command, sandbox: Sandbox) -> None:
    assert "shop-de" in refused(run("--profile", "shop-de", "attributes", ORDER), sandbox)


def test_unknown_marketplace(run: Command, sandbox: Sandbox) -> None:
    assert "'XX'" in refused(run("--marketplace", "XX", "attributes", ORDER), sandbox)


def test_no_marketplace(run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SP_API_DEFAULT_MARKETPLACE")

    assert "--marketplace" in refused(run("attributes", ORDER), sandbox)
    assert "--marketplace" in refused(run("--sandbox", "amazon", "attributes", ORDER), sandbox)


def file(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def test_files_that_cannot_be_sent(run: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    complaints = {
        "nothing.pdf": str(tmp_path / "nothing.pdf"),
        "empty.pdf": file(tmp_path, "empty.pdf", b""),
        "10 MB": file(tmp_path, "large.pdf", b"%PDF-1.4" + bytes(10 * 1024 * 1024)),
        "invoice.exe": file(tmp_path, "invoice.exe", b"MZ"),
        "invoice": file(tmp_path, "invoice", b"%PDF-1.4"),
        tmp_path.name: str(tmp_path),
    }
    for complaint, path in complaints.items():
        assert complaint in refused(run("send", "invoice", ORDER, "--attach", path), sandbox)


def test_too_many_files(run: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    path = file(tmp_path, "invoice.pdf", b"%PDF-1.4")

    count = too_much("invoice", "attachments")

    assert str(count - 1) in refused(run("send", "invoice", ORDER, *["--attach", path] * count), sandbox)


@pytest.mark.parametrize("text", ["", "   ", "x" * too_much("confirmOrderDetails", "text")])
def test_text_that_is_empty_or_too_long(run: Command, sandbox: Sandbox, text: str) -> None:
    message = refused(run("send", "confirmOrderDetails", ORDER, "--text", text), sandbox)

    assert "text" in message
    assert "xxx" not in message


def test_text_that_is_missing(run: Command, sandbox: Sandbox) -> None:
    assert "text" in refused(run("send", "confirmOrderDetails", ORDER), sandbox)


def test_file_that_is_missing(run: Command, sandbox: Sandbox) -> None:
    assert "attachment" in refused(run("send", "invoice", ORDER), sandbox).lower()


def test_text_given_twice(run: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    path = file(tmp_path, "text.txt", b"Hello")

    assert "not both" in refused(
        run("send", "confirmOrderDetails", ORDER, "--text", "Hello", "--text-file", path), sandbox
    )


def test_text_file_that_is_not_utf8(run: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    path = file(tmp_path, "text.txt", b"\xff\xfe\x00")

    assert "text.txt is not UTF-8 text" in refused(
        run("send", "confirmOrderDetails", ORDER, "--text-file", path), sandbox
    )


def test_text_file_that_may_have_no_end(run: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    path = file(tmp_path, "text.txt", b"x" * (MAX_CHARACTERS + 1))

    assert "text.txt has more than 1,048,576 characters" in refused(
        run("send", "confirmOrderDetails", ORDER, "--text-file", path), sandbox
    )


def test_text_file_that_is_missing(run: Command, sandbox: Sandbox) -> None:
    assert "none.txt" in refused(run("send", "confirmOrderDetails", ORDER, "--text-file", "none.txt"), sandbox)


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01T00:00:00Z", "2026-12-01T00:00:00"])
def test_date_that_is_invalid(run: Command, sandbox: Sandbox, tmp_path: Path, date: str) -> None:
    path = file(tmp_path, "warranty.pdf", b"%PDF-1.4")
    done = run("send", "warranty", ORDER, "--attach", path, "--coverage-start", date)

    assert "--coverage-start: this is not a date" in refused(done, sandbox)


def test_unknown_message_type(run: Command, sandbox: Sandbox) -> None:
    message = refused(run("send", "birthdayCard", ORDER), sandbox)

    assert "'birthdayCard'" in message
    assert "confirmOrderDetails" in message


def test_read_is_not_a_message_type(run: Command, sandbox: Sandbox) -> None:
    assert "'GetAttributes'" in refused(run("send", "GetAttributes", ORDER), sandbox)


def test_option_that_a_type_does_not_take(run: Command, sandbox: Sandbox) -> None:
    assert "--text" in refused(run("send", "invoice", ORDER, "--text", "Hello"), sandbox)


def test_bad_input_as_json(run: Command, sandbox: Sandbox) -> None:
    wrong = (
        ["actions", "303/1"], ["send", "birthdayCard", ORDER], ["actions"],
        ["birthday"], ["--sandbox", "moon", "actions", ORDER], ["--colour", "actions", ORDER],
    )  # fmt: skip
    for arguments in wrong:
        done = run("--json", *arguments)

        assert done.exit_code == 2
        assert done.json["error"]["message"] in done.stderr
        assert sandbox.requests == []


def test_secrets_stay_out_of_what_is_printed(run: Command, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LWA_CLIENT_SECRET", "a-wrong-secret")
    environment.setenv("SP_API_REFRESH_TOKEN", "Atzr|of-a-seller")
    done = run("--json", "attributes", ORDER)

    assert done.exit_code == 4
    for secret in ("a-wrong-secret", "of-a-seller"):
        assert secret not in done.stdout + done.stderr


TEXT = "Sehr geehrte Frau Schmidt"


@pytest.mark.parametrize(
    "arguments",
    [
        ["send", "confirmOrderDetails", ORDER, "--text", *TEXT.split()],
        ["send", "confirmOrderDetails", ORDER, TEXT],
        ["send", "confirmOrderDetails", TEXT, "--text", "Hello"],
        ["send", TEXT, ORDER],
        [TEXT],
        ["actions", ORDER, TEXT],
        ["actions", TEXT],
        ["--marketplace", TEXT, "actions", ORDER],
        ["--profile", TEXT, "actions", ORDER],
        ["--sandbox", TEXT, "actions", ORDER],
        [f"--sandbox={TEXT}", "actions", ORDER],
        ["send", "invoice", ORDER, f"--{TEXT}"],
        ["send", "invoice", ORDER, "--attach", TEXT],
        ["send", "invoice", ORDER, "--attach", f"/und/oder/{TEXT}"],
        ["send", "confirmOrderDetails", ORDER, "--text-file", TEXT],
        ["send", "warranty", ORDER, "--coverage-start", TEXT],
        ["sandbox", "serve", "--port", TEXT],
        ["sandbox", "serve", f"--orders={TEXT}"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_a_text_in_the_wrong_place_is_not_repeated(run: Command, sandbox: Sandbox, arguments: list[str]) -> None:
    for given in (arguments, ["--json", *arguments]):
        done = run(*given)
        assert done.exit_code == 2
        assert "Schmidt" not in done.stdout + done.stderr
        assert "geehrte" not in done.stdout + done.stderr
    assert sandbox.requests == []


def test_a_file_that_is_missing_is_named(run: Command, sandbox: Sandbox) -> None:
    done = run("send", "confirmOrderDetails", ORDER, "--text-file", "/no/such/question.txt")

    assert "'question.txt'" in refused(done, sandbox)


@pytest.mark.parametrize(("variable", "value"), [("SP_API_SANDBOX", "1"), ("AWS_ENV", "SANDBOX")])
def test_a_sandbox_in_the_environment_beside_an_endpoint_of_production(
    run: Command, environment: pytest.MonkeyPatch, sandbox: Sandbox, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    environment.setenv("SP_API_ENDPOINT", "https://sellingpartnerapi-eu.amazon.com")

    assert "messages would reach real buyers" in refused(run("attributes", ORDER), sandbox)
