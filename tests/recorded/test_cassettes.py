"""The cassettes themselves: nothing secret, nothing left over, and a first line that says where they came from."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from vcr.request import Request  # type: ignore[import-untyped]

from spapi_messaging.sandbox import LOCAL_CREDENTIALS
from tests.recorded.conftest import CASSETTES
from tests.recorded.recording import ORIGIN, SCRUBBED, SCRUBBED_QUERY, Scrubber

HERE = Path(__file__).parent
FILES = sorted(CASSETTES.rglob("*.yaml"))
SECRET = re.compile(
    r"Atz[ar]\||X-Amz-(Credential|Date|SignedHeaders)|X-Amz-Signature=(?!scrubbed)|AKIA"
    rf"|{re.escape(LOCAL_CREDENTIALS['client_id'])}|{re.escape(LOCAL_CREDENTIALS['client_secret'])}"
    r"|x-amz-access-token|user-agent|127\.0\.0\.1|amazon\.com",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def cassette_is_used_up() -> None:
    """Nothing is played here."""


def test_there_are_cassettes() -> None:
    assert len(FILES) > 50


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_cassette_is_clean(file: Path) -> None:
    text = file.read_text("utf-8")
    assert re.match(r"# Recorded by scripts/record on \d{4}-\d\d-\d\d from (the local|Amazon's) sandbox ", text)
    assert SECRET.search(text) is None
    for interaction in yaml.safe_load(text)["interactions"]:
        assert interaction["request"]["uri"].startswith(f"{ORIGIN}/")


def test_every_cassette_has_its_test() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-n0", str(HERE)]
    listed = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=True).stdout
    tests = {(Path(path).stem, name) for path, _, name in (line.partition("::") for line in listed.splitlines())}
    assert {(file.parent.name, file.stem) for file in FILES} <= tests


def test_secrets_are_scrubbed_and_lengths_mended() -> None:
    scrubber = Scrubber(("http://127.0.0.1:5",), "A1PA6795UKMFR9")
    form = b"grant_type=refresh_token&refresh_token=Atzr%7Cx&client_id=i&client_secret=s"
    headers = {"User-Agent": "App/1", "x-amz-access-token": "Atza|x", "Accept": "application/json"}
    asked = scrubber.request(Request("POST", "http://127.0.0.1:5/auth/o2/token", form, headers))
    assert asked.uri == f"{ORIGIN}/auth/o2/token"
    assert asked.body == (b"grant_type=refresh_token&refresh_token=scrubbed&client_id=scrubbed&client_secret=scrubbed")
    assert dict(asked.headers) == {"Accept": "application/json"}
    url = "http://127.0.0.1:5/bucket/%2Fkey?X-Amz-Date=1&X-Amz-Signature=abc"
    answered = scrubber.answer(
        {
            "status": {"code": 201, "message": "Created"},
            "headers": {"Content-Length": ["5000"], "Date": ["now"], "Content-Type": ["application/json"]},
            "body": {"string": b'{"payload": {"url": "%s"}, "access_token": "Atza|x"}' % url.encode()},
        }
    )
    body = answered["body"]["string"]
    assert f'"{ORIGIN}/bucket/%2Fkey?{SCRUBBED_QUERY}"'.encode() in body
    assert f'"access_token": "{SCRUBBED}"'.encode() in body
    assert answered["headers"] == {"Content-Type": ["application/json"], "content-length": [str(len(body))]}
    put = scrubber.request(Request("PUT", url, b"x", {}))
    assert put.uri == f"{ORIGIN}/bucket/%2Fkey?{SCRUBBED_QUERY}"
    read = scrubber.request(Request("GET", "http://127.0.0.1:5/x?marketplaceIds=A1PA6795UKMFR9&a=", b"", {}))
    assert read.uri == f"{ORIGIN}/x?marketplaceIds=ATVPDKIKX0DER&a="
