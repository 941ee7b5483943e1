"""Values in the files of spec/ that YAML and TOML know and the result cannot hold, and names that cannot be used."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.generating.names import keyword_name
from spapi_messaging import MessagingClient
from tests.scripts.published import ROOT

HEAD = 'overlay: 1.0.0\ninfo: { title: A test, version: "1" }\nactions:\n  - target: $.info\n    update: '


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    return tmp_path / "spec"


def problem(spec: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["--into", str(spec.parent)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert not (spec.parent / "generated").exists()
    return line.removeprefix(f"regenerate: {spec}/")


@pytest.mark.parametrize(
    ("update", "line"),
    [
        (
            "{ x-since: 2026-01-30 }",
            "update/x-since: datetime.date(2026, 1, 30) is not JSON: write text in quotes",
        ),
        ("{ x-rate: .inf }", "update/x-rate: inf is not JSON: write text in quotes"),
        ("{ x-rate: [1, .nan] }", "update/x-rate/1: nan is not JSON: write text in quotes"),
        ("{ 5: text }", "update: the name 5 is not text: write it in quotes"),
        ("{ on: text }", "update: the name True is not text: write it in quotes"),
    ],
)
def test_an_overlay_holds_json(update: str, line: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spec / "overlays" / "99-test.yaml").write_text(f"{HEAD}{update}\n")

    assert problem(spec, capsys) == f"overlays/99-test.yaml: #/actions/0/{line}"


def test_an_overlay_with_another_ending_is_not_passed_over(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spec / "overlays" / "99-test.yml").write_text(f"{HEAD}{{ x-a: 1 }}\n")

    assert problem(spec, capsys) == "overlays/99-test.yml: an overlay's name ends with .yaml"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ('ruff = "', 'rough = "', "#/tools: the version of ruff is missing"),
        ('tag = "messaging"', 'tag = "import"', "#/messaging/tag: 'import' is a word of Python: choose another one"),
    ],
)
def test_sources(before: str, after: str, line: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = spec / "sources.toml"
    sources.write_text(sources.read_text().replace(before, after))

    assert problem(spec, capsys).endswith(f"sources.toml: {line}")


def test_no_field_has_the_name_of_an_argument_of_send() -> None:
    own = inspect.signature(MessagingClient.send).parameters.keys() - {"text", "attachments", "fields"}

    assert [name for name in own if keyword_name(name) == name] == []
