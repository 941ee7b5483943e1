"""Options of `scripts/regenerate.py`: one that would do nothing is refused, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from regeneration.command import main


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--commit", "abc1234"], "--commit needs --from: it says where the model of that file comes from"),
        (["--fetch", "--commit", "abc1234"], "--commit needs --from"),
        (["--date", "2027-01-02"], "--date needs --from"),
        (["--retire"], "--retire needs --from or --fetch: the model without the operation"),
        (["--prune"], "--prune does nothing beside --into: leave one of them out"),
        (["--check", "--fetch"], "--fetch does nothing beside --check"),
        (["--check", "--from", "model.json"], "--from does nothing beside --check"),
        (["--check", "--report", "report.md"], "--report does nothing beside --check"),
        (["--check", "--changelog", "CHANGELOG.md"], "--changelog does nothing beside --check"),
        (["--check", "--retire", "sendGift"], "--retire does nothing beside --check"),
        (["--from", "model.json", "--commit", "main"], "--commit main: not the hash of a commit"),
        (["--from", "model.json", "--commit", "abc123"], "--commit abc123: not the hash of a commit"),
        (["--from", "model.json", "--commit", ""], "--commit : not the hash of a commit"),
        (["--from", "model.json", "--date", "yesterday"], "--date yesterday: not a date such as 2026-01-30"),
        (["--from", "model.json", "--date", "20270102"], "--date 20270102: not a date such as 2026-01-30"),
    ],
)
def test_options_that_cannot_be_meant(
    options: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*options, "--into", str(tmp_path / "made")]) == 1

    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith(f"regenerate: {line}")
    assert not (tmp_path / "made").exists()
