"""What the command line prints, writes and leaves behind."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, invoke
from tests.secrets.amazon import ORDER, answers, refusing
from tests.secrets.planting import SECRETS, environment
from tests.support.servers import Request, Server, reply

PASSWORD = SECRETS.password.replace("/", "%2F")
NOBODY = "127.0.0.1:9"


@pytest.fixture(params=[answers, refusing])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    def answer(asked: Request) -> bytes:
        if asked.method == "GET":
            return reply(200, {"buyer": {"locale": "de-DE"}, "_links": {"actions": []}, "_embedded": {"actions": []}})
        return request.param(asked)  # type: ignore[no-any-return]

    with Server(answer) as running:
        for name, value in environment(SECRETS).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SP_API_ENDPOINT", running.url)
        monkeypatch.setenv("LWA_ENDPOINT", f"{running.url}/auth/o2/token")
        monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "DE")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        yield running


def told_by(done: Run) -> str:
    return done.stdout + done.stderr


def test_send_read_and_doctor(server: Server, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(SECRETS.file_content)
    message = ["--text", SECRETS.key_text, "--attach", str(tmp_path / "note.txt")]
    bundle = tmp_path / "bundle.json"
    for words in (
        ["send", "digitalAccessKey", ORDER, *message, "--curl"],
        ["send", "digitalAccessKey", ORDER, *message, "--json"],
        ["send", "digitalAccessKey", SECRETS.e_mail, *message],
        ["actions", ORDER, "--json"],
        ["doctor", ORDER, "--json", "--support-bundle", str(bundle)],
    ):
        assert SECRETS.found_in(told_by(invoke(*words))) == []
    assert SECRETS.found_in(bundle.read_text()) == []


def test_bulk_and_the_files_that_it_leaves(server: Server, tmp_path: Path) -> None:
    jobs, ledger = tmp_path / "jobs.jsonl", tmp_path / "sent.db"
    row = {"order": ORDER, "type": "confirmOrderDetails", "text": SECRETS.buyers_text}
    jobs.write_text(json.dumps(row))
    url = f"sqlite:///{ledger}"
    outputs = [
        told_by(invoke("bulk", *words, "--ledger", url))
        for words in (
            ["send", str(jobs), "--marketplace", "DE"],
            ["status", "--json"],
            ["export"],
            ["export", "--json"],
        )
    ]
    assert ORDER in "".join(outputs)
    jobs.unlink()
    assert [found for output in outputs if (found := SECRETS.found_in(output))] == []
    sent = '"state": "sent"' in outputs[-1]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            kept = set(SECRETS.found_in(path.read_bytes().decode("latin-1")))
            assert kept <= (set() if sent else {"buyers_text"}), path  # that of a refused message is kept, to be sent


@pytest.mark.parametrize(
    "words",
    [
        ["bulk", "status", "--ledger", f"postgresql://shop:{PASSWORD}@{NOBODY}/shop?connect_timeout=1"],
        ["bulk", "status", "--ledger", f"mysql://shop:{PASSWORD}@{NOBODY}/shop"],
        ["bulk", "work", "--ledger", "sqlite:///gone.db", "--redis", f"redis://shop:{PASSWORD}@{NOBODY}:port"],
        ["bulk", "add", f"sftp://shop:{PASSWORD}@files.test/jobs.csv"],
    ],
    ids=["PostgreSQL", "MySQL", "Redis", "SFTP"],
)
def test_urls_with_passwords(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", f"http://shop:{PASSWORD}@{NOBODY}")
    done = invoke(*words)

    assert done.exit_code != 0
    assert SECRETS.found_in(told_by(done)) == []
