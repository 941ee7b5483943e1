"""What the shell completes, and that it says nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from spapi_messaging.cli.app import application
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import MESSAGE_TYPES
from tests.cli.conftest import ORDER, invoke

PROGRAM = "import sys; sys.argv[0] = 'spapi-messaging'; from spapi_messaging.cli import main; main()"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".config" / "python-sp-api").mkdir(parents=True)
    return tmp_path


def completed(*words: str) -> list[str]:
    """What could stand where the last word begins."""
    *before, begun = words
    shell = BashComplete(application, {}, "spapi-messaging", "_SPAPI_MESSAGING_COMPLETE")
    return [item.value for item in shell.get_completions(before, begun)]


def test_commands() -> None:
    assert completed("") == [
        "actions",
        "attributes",
        "bulk",
        "check",
        "completion",
        "demo",
        "doctor",
        "sandbox",
        "send",
    ]
    assert completed("sandbox", "s") == ["serve"]


def test_message_types() -> None:
    assert completed("--json", "send", "") == sorted(MESSAGE_TYPES)
    assert completed("send", "conf") == [name for name in sorted(MESSAGE_TYPES) if name.startswith("conf")]


def test_options_of_the_command_and_of_all_commands() -> None:
    assert completed("send", "warranty", "--cov") == ["--coverage-start", "--coverage-end"]
    assert completed("send", "invoice", ORDER, "--mark") == ["--marketplace"]
    assert completed("--mark") == ["--marketplace"]
    assert "--dry-run" in completed("send", "invoice", ORDER, "--")


def test_marketplaces() -> None:
    assert completed("actions", ORDER, "--marketplace", "") == list(Marketplace.__members__)
    assert completed("--marketplace", "d") == ["DE"]
    assert completed("--sandbox", "") == ["local", "amazon"]


def test_profiles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".config" / "python-sp-api" / "credentials.yml").write_text(
        "version: '1.0'\ndefault: {}\nshop-de: {}\nshop-fr: {refresh_token: a}\n"
    )

    assert completed("--profile", "") == ["default", "shop-de", "shop-fr"]
    monkeypatch.setenv("SP_API_REFRESH_TOKEN_shop-it", "Atzr|1")
    monkeypatch.setenv("SP_API_REFRESH_TOKEN_shop-de", "Atzr|2")
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", "Atzr|3")
    assert completed("--profile", "shop") == ["shop-de", "shop-fr", "shop-it"]
    assert completed("send", "invoice", ORDER, "--profile", "shop-f") == ["shop-fr"]


@pytest.mark.parametrize(
    "content", [b"", b"- a list", b"a: [", b"\xff\xfe\x00", b"x" * 100, b"[" * 10_000, b"1: {}\n? [a, b]\n: {}\n"]
)
def test_accounts_that_cannot_be_read_are_none(home: Path, content: bytes) -> None:
    (home / ".config" / "python-sp-api" / "credentials.yml").write_bytes(content)

    assert completed("--profile", "") == []


def test_without_a_reader_of_yaml_there_are_no_profiles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".config" / "python-sp-api" / "credentials.yml").write_text("default: {}\n")
    monkeypatch.setitem(sys.modules, "yaml", None)

    assert completed("--profile", "") == []


def shell(words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    asked = {"_SPAPI_MESSAGING_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    return subprocess.run(command, env={**os.environ, **asked, **environment}, capture_output=True, text=True)


def test_no_client_is_loaded_for_it() -> None:
    libraries = "{'httpx', 'attrs', 'yaml', 'starlette', 'logging'}"
    code = f"import spapi_messaging.cli.app, sys; print({libraries} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_the_shell_gets_completions_and_nothing_else(home: Path) -> None:
    (home / ".config" / "python-sp-api" / "credentials.yml").write_text("a: [")

    done = shell("spapi-messaging --json send inv")
    assert (done.stdout, done.stderr) == ("plain,invoice\n", "")
    done = shell("spapi-messaging --json --colour birthday --profile ")
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_script_of_each_shell(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = invoke("completion", name).stdout

    assert "_SPAPI_MESSAGING_COMPLETE" in script
    assert f"{name}_complete" in script
    monkeypatch.setenv("SHELL", f"/usr/bin/{name}")
    assert invoke("completion").stdout == script
    assert invoke("completion", "--json").json == {"shell": name, "script": script.removesuffix("\n")}


def test_shell_that_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = invoke("completion")

    assert done.exit_code == 2
    assert "bash, zsh, fish" in done.stderr


def test_bash_takes_the_script() -> None:
    script = invoke("completion", "bash").stdout

    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
