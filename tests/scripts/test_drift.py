"""`--check` finds every difference to what would be made. It needs no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from regeneration.command import main

FACADE = "generated/spapi_messaging_client/facade.py"


def test_what_is_committed_is_what_would_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    # An empty PATH has no ruff. It is found beside Python.
    monkeypatch.setenv("PATH", "")

    assert main(["--check"]) == 0


def change(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])


def add(path: Path) -> None:
    (path.parent / "extra.py").touch()


# What is done to which file, and the line about it. One run for each list, because a run takes a second.
DIFFERENT: list[tuple[Callable[[Path], None], str, str]] = [
    (add, "generated/spapi_messaging_client", "generated/extra.py does not belong there"),
    (add, FACADE, "generated/spapi_messaging_client/extra.py does not belong there"),
    (change, FACADE, f"{FACADE} differs from what would be made"),
    (change, "spec/openapi.json", "spec/openapi.json differs from what would be made"),
    (add, "spec/published/messaging.json", "spec/published/extra.py does not belong there"),
]
MISSING: list[tuple[Callable[[Path], None], str, str]] = [
    (Path.unlink, FACADE, f"{FACADE} is missing"),
    (Path.unlink, "spec/openapi.json", "spec/openapi.json is missing"),
]


@pytest.mark.parametrize("harms", [DIFFERENT, MISSING], ids=["different", "missing"])
def test_drift_is_named_with_its_remedy(
    harms: list[tuple[Callable[[Path], None], str, str]], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for harm, name, _ in harms:
        harm(repository / name)

    assert main(["--check", "--into", str(repository)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        *(f"regenerate: {line}" for _, _, line in harms),
        "regenerate: run `.venv/bin/python scripts/regenerate.py` and commit what it writes",
    ]


def test_other_tools_than_the_pinned_ones_are_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = repository / "spec" / "sources.toml"
    sources.write_text(sources.read_text().replace('ruff = "', 'ruff = "99.'))

    assert main(["--check"], root=repository) == 1
    assert "ruff 99." in capsys.readouterr().err
