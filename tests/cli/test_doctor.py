"""`doctor`: what is printed, the exit code, the support bundle."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command, invoke

STEPS = [
    "versions", "credentials", "endpoint", "network", "authorization", "clock", "region", "order", "role", "uploads",
    "invoices",
]  # fmt: skip


def code_of(document: Any, step: str) -> str:
    return str(next(each["code"] for each in document["findings"] if each["step"] == step))


def test_each_step_is_told_with_its_verdict_first(run: Command) -> None:
    done = run("doctor", ORDER)
    told = [line.split(":")[0].split()[-1] for line in done.stdout.splitlines() if line.startswith(("OK ", "WARNING"))]

    assert done.exit_code == 0
    assert list(dict.fromkeys(told)) == STEPS
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout.endswith("Nothing is wrong. No message was sent.\n")


def test_without_an_order_it_says_how_to_name_one(run: Command) -> None:
    done = run("doctor")

    assert done.exit_code == 0
    assert "NOT TRIED  order: No order is named.\n           To do: Name one of this seller's orders" in done.stdout


def test_json_is_one_document(run: Command) -> None:
    done = run("doctor", ORDER, "--json")

    assert done.json["verdict"] == "ok"
    assert list(dict.fromkeys(each["step"] for each in done.json["findings"])) == STEPS
    assert set(done.json["findings"][0]) == {"step", "verdict", "code", "found", "meaning", "remedy", "facts"}
    assert "OK" in done.stderr


@pytest.mark.parametrize(
    ("kind", "on", "exit_code"), [("invalid_grant", "token", 4), ("error", "token", 1), ("error", "reads", 1)]
)
def test_exit_code_tells_what_is_wrong(run: Command, sandbox: Sandbox, kind: str, on: str, exit_code: int) -> None:
    sandbox.faults.add(kind, on=on, times=None)
    done = run("doctor", ORDER)

    assert done.exit_code == exit_code
    assert "WRONG" in done.stdout


def test_a_warning_is_no_failure(run: Command, sandbox: Sandbox) -> None:
    sandbox.clock.advance(180)
    done = run("doctor")

    assert done.exit_code == 0
    assert "see the warnings" in done.stdout


def test_credentials_are_named_by_their_variables(run: Command, environment: pytest.MonkeyPatch) -> None:
    assert "LWA_APP_ID" in run("doctor").stdout
    environment.delenv("LWA_CLIENT_SECRET")
    done = run("doctor")

    assert done.exit_code == 4
    assert "Set LWA_CLIENT_SECRET" in done.stdout.replace("\n           ", " ")
    assert done.stdout.count("NOT TRIED") >= 7


def test_without_any_credentials(run: Command, environment: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)
    done = run("doctor", "--json")

    assert (done.exit_code, code_of(done.json, "credentials")) == (4, "credentials-unusable")
    assert "Credentials(" not in done.stdout


def test_without_a_marketplace(run: Command, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SP_API_DEFAULT_MARKETPLACE")
    done = run("doctor", "--json")

    assert (done.exit_code, code_of(done.json, "region")) == (1, "marketplace-unusable")
    assert code_of(done.json, "credentials") == "credentials-local"


@pytest.mark.parametrize(
    ("arguments", "variables", "decided"),
    [
        (("--sandbox", "local"), {}, "Decided by the option --sandbox local."),
        ((), {"SP_API_SANDBOX": "local"}, "Decided by SP_API_SANDBOX and SP_API_ENDPOINT in the environment."),
        ((), {}, "Decided by SP_API_ENDPOINT in the environment."),
        ((), {"SP_API_SANDBOX": "''", "AWS_ENV": " "}, "Decided by SP_API_ENDPOINT in the environment."),
    ],
)
def test_what_decided_about_the_endpoint(
    run: Command,
    environment: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    decided: str,
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    found = next(each for each in run("doctor", *arguments, "--json").json["findings"] if each["step"] == "endpoint")

    assert found["found"].endswith(decided)


def test_production_and_a_sandbox_at_once_are_refused(run: Command, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SP_API_REFRESH_TOKEN", "Atzr|of-a-seller")
    environment.setenv("SP_API_SANDBOX", "1")
    environment.setenv("SP_API_ENDPOINT", "https://sellingpartnerapi-eu.amazon.com")
    document = run("doctor", "--json").json

    assert code_of(document, "endpoint") == "endpoint-refused"
    assert code_of(document, "network") == "network-not-tried"


@pytest.mark.parametrize("name", ["invoice", "SENDINVOICE"])
def test_type_is_taken_by_any_of_its_names(run: Command, name: str) -> None:
    found = run("doctor", ORDER, "--type", name, "--json").json["findings"]

    assert next(each for each in found if each["step"] == "uploads")["facts"] == {"message_type": "invoice"}


def test_unknown_type(run: Command) -> None:
    done = run("doctor", ORDER, "--type", "invoise")

    assert done.exit_code == 2
    assert "Did you mean invoice?" in done.stderr


def test_nothing_is_ever_sent(run: Command, sandbox: Sandbox) -> None:
    run("doctor", ORDER)

    assert sandbox.inbox == []
    assert [each for each in sandbox.requests if each.method == "POST" and each.path.startswith("/messaging")] == []


def test_interrupted_it_prints_what_was_found(run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from spapi_messaging.doctor import steps as module

    def interrupt(*_: object) -> Any:
        raise KeyboardInterrupt

    within = module._within
    monkeypatch.setattr(module, "_within", lambda *given: interrupt() if given[1] == "order" else within(*given))
    done = run("doctor", ORDER, "--json", "--support-bundle", str(tmp_path / "bundle.json"))

    assert done.exit_code == 1
    assert done.json["interrupted"] is True
    assert [each["step"] for each in done.json["findings"]][-1] == "region"
    assert "Interrupted" in done.stderr
    assert json.loads((tmp_path / "bundle.json").read_text())["findings"] == done.json["findings"]


def test_support_bundle_is_for_its_owner_alone(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    done = run("doctor", ORDER, "--support-bundle", str(file))
    content = json.loads(file.read_text())

    assert done.exit_code == 0
    assert "The support bundle is bundle.json." in done.stdout
    assert {"versions", "findings", "exchanges", "verdict", "made_at"} <= content.keys()
    assert [each["service"] for each in content["exchanges"]] == ["lwa", "api", "api", "api", "storage"]
    assert all(each["request_id"] for each in content["exchanges"] if each["service"] == "api")
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("there.json", "exists already"),
        ("link.json", "exists already"),
        ("-", "give a file's name"),
        ("no/such.json", "no such folder"),
        ("a" * 300, "cannot be written" if os.name == "nt" else "name too long"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_at_once(
    run: Command, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    (tmp_path / "there.json").write_text("mine")
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere.json")
    monkeypatch.chdir(tmp_path)
    done = run("doctor", "--support-bundle", name)

    assert done.exit_code == 2
    assert told in done.stderr.lower()
    assert sandbox.requests == []
    assert (tmp_path / "there.json").read_text() == "mine"


def test_a_file_that_nobody_may_make_is_refused_before_the_examination(
    run: Command, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("spapi_messaging.cli.doctor.os.open", refuse)
    done = run("doctor", "--json", "--support-bundle", str(tmp_path / "bundle.json"))

    assert done.exit_code == 2
    assert "'bundle.json' cannot be written: Permission denied." in done.json["error"]["message"]
    assert sandbox.requests == []


def test_a_bundle_that_does_not_fit_on_the_disk_leaves_no_half_file(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda *_, **__: Full())
    done = run("doctor", "--json", "--support-bundle", str(tmp_path / "bundle.json"))

    assert done.exit_code == 1
    assert done.json["error"]["message"] == "The support bundle could not be written: No space left on device."
    assert not (tmp_path / "bundle.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_bytes_that_are_no_text_get_into_the_bundle(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)
    elsewhere = os.fsdecode(os.fsencode(str(tmp_path)) + b"/caf\xe9")
    environment.setenv("HOME", str(tmp_path / "home"))
    environment.setenv("XDG_CONFIG_HOME", elsewhere)
    folder = Path(elsewhere) / "python-sp-api"
    folder.mkdir(parents=True)
    (folder / "credentials.yml").write_text("default: {lwa_app_id: a, lwa_client_secret: b, refresh_token: c}")
    command = [sys.executable, "-m", "spapi_messaging", "doctor", "--support-bundle", str(tmp_path / "bundle.json")]
    done = subprocess.run(command, capture_output=True, timeout=60)

    assert b"Traceback" not in done.stderr
    assert "caf\\udce9" in (tmp_path / "bundle.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "bundle.json").read_text(encoding="utf-8"))["findings"]


def test_bundle_of_an_empty_home(run: Command, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("doctor", "--support-bundle", str(tmp_path / "bundle.json"))

    assert str(tmp_path) not in (tmp_path / "bundle.json").read_text()  # which is the home folder


def test_nothing_of_it_is_loaded_before_it_is_used() -> None:
    program = (
        "import sys, spapi_messaging, spapi_messaging.cli.app\n"
        "print([name for name in sys.modules if name.startswith('spapi_messaging.doctor') or name == 'httpx'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_requests_can_be_printed_beside_it(run: Command) -> None:
    done = run("doctor", ORDER, "--curl")

    assert "curl" in done.stderr
    assert "curl" not in done.stdout


def test_help_says_that_nothing_is_sent() -> None:
    assert "It never sends a message" in " ".join(invoke("doctor", "--help").stdout.split())
