"""A program that logs, warns and reports all it can, with Sentry, and lets many things fail: it tells no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.secrets.planting import SECRETS

PROGRAM = Path(__file__).parent / "everything.py"


def test_nothing_that_a_program_logs_warns_and_reports_holds_a_secret(tmp_path: Path) -> None:
    """Its temporary files are looked through too."""
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-X", "dev", PROGRAM],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    told = done.stdout + done.stderr

    assert done.stdout.endswith("the end\n"), told[-3000:]
    for sign in (
        "DEBUG:httpcore",
        "DEBUG:asyncio",
        "INSERT INTO spapi_messages",
        '"stacktrace"',
        '"breadcrumbs"',
        '"spans"',
    ):
        assert sign in told, f"it told nothing of {sign}, so it shows little"
    assert {line[:200] for line in told.splitlines() if SECRETS.found_in(line)} == set()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
