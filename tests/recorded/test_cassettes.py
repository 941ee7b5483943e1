"""The cassettes: no secrets, one for each test, and a first line that says where the cassette comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from vcr.request import Request  # type: ignore[import-untyped]

from spapi_messaging.messages import sandbox_cases
from spapi_messaging.sandbox import LOCAL_CREDENTIALS
from tests.recorded import test_simulated_mode, test_static_mode
from tests.recorded.conftest import CASSETTES, orphans
from tests.recorded.recording import ORIGIN, SCRUBBED, SCRUBBED_QUERY, TOKEN_HEADER, TRANSPORT_HEADERS, Scrubber
from tests.support.cases import published_cases, published_success
from tests.support.operations import retire

FILES = sorted(CASSETTES.rglob("*.yaml"))
SECRET = re.compile(
    r"Atz[ar]\||X-Amz-(Credential|Date|SignedHeaders)|X-Amz-Signature=(?!scrubbed)|AKIA"
    rf"|{re.escape(LOCAL_CREDENTIALS['client_id'])}|{re.escape(LOCAL_CREDENTIALS['client_secret'])}"
    r"|Language=|127\.0\.0\.1|amazon\.com",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def cassette_is_used_up() -> None:
    """Nothing is played here."""


def test_every_test_has_its_cassette_and_every_cassette_its_test() -> None:
    published = {f"test_static_mode/test_published_case[{case.id}]" for case in test_static_mode.CASES}
    simulated = {f"test_simulated_mode/{name}" for name in vars(test_simulated_mode) if name.startswith("test_")}

    assert {f"{file.parent.name}/{file.stem}" for file in FILES} == published | simulated


def test_a_new_case_changes_the_name_of_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    success = published_success("sendInvoice")
    another, refusal = success._replace(order_id="123-1234567-7654321"), success._replace(status=400)
    monkeypatch.setitem(sandbox_cases(), "sendInvoice", (success, refusal, another))
    named = {case.id: case.values[1] for case in published_cases() if str(case.id).startswith("sendInvoice-")}

    assert named == {"sendInvoice-201": success, "sendInvoice-400": refusal, "sendInvoice-201-2": another}


def test_a_case_that_amazon_removed_leaves_an_orphan_and_a_retired_operation_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retire(monkeypatch, "sendInvoice")
    assert orphans() == []
    names = {f"test_published_case[{case.id}].yaml" for case in published_cases() if "sendInvoice" in str(case.id)}
    monkeypatch.delitem(sandbox_cases(), "sendInvoice")
    assert {path.name for path in orphans()} == names


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_cassette_is_clean(file: Path) -> None:
    text = file.read_text("utf-8")
    assert re.match(r"# Recorded by scripts/record on \d{4}-\d\d-\d\d from (the local|Amazon's) sandbox ", text)
    assert SECRET.search(text) is None
    for interaction in yaml.safe_load(text)["interactions"]:
        request = interaction["request"]
        assert request["uri"].startswith(f"{ORIGIN}/")
        assert not request["headers"].keys() & TRANSPORT_HEADERS
        for token in request["headers"].get(TOKEN_HEADER, []):
            assert re.fullmatch(rf"{SCRUBBED}-\d", token)


def test_tokens_stay_distinct_without_their_secret() -> None:
    scrubber = Scrubber()

    def issue(token: str) -> bytes:
        body = b'{"access_token": "%s"}' % token.encode()
        answer = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": body}}
        issued: bytes = scrubber.answer(answer)["body"]["string"]
        return issued

    def sent(token: str) -> str:
        asked = scrubber.request(Request("GET", f"{ORIGIN}/x", b"", {"X-Amz-Access-Token": token}))
        found: str = asked.headers[TOKEN_HEADER]
        return found

    issued = [issue("Atza|one"), issue("Atza|two"), issue("Atza|one")]
    assert issued == [f'{{"access_token": "{SCRUBBED}-{number}"}}'.encode() for number in (1, 2, 1)]
    assert [sent("Atza|two"), sent("Atza|one")] == [f"{SCRUBBED}-2", f"{SCRUBBED}-1"]
    # This token was never issued.
    assert sent("Atza|three") == SCRUBBED
    # What is read from a cassette goes through the same functions again.
    assert (issue(f"{SCRUBBED}-2"), sent(f"{SCRUBBED}-2")) == (issued[1], f"{SCRUBBED}-2")


def test_secrets_are_scrubbed_and_lengths_mended() -> None:
    scrubber = Scrubber(("http://127.0.0.1:5",), "A1PA6795UKMFR9")
    form = b"grant_type=refresh_token&refresh_token=Atzr%7Cx&client_id=i&client_secret=s"
    headers = {
        "User-Agent": "App/1 (Language=Python/3.11)",
        "x-amz-access-token": "Atza|x",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Content-Length": "9",
    }
    asked = scrubber.request(Request("POST", "http://127.0.0.1:5/auth/o2/token", form, headers))
    assert asked.uri == f"{ORIGIN}/auth/o2/token"
    assert asked.body == (b"grant_type=refresh_token&refresh_token=scrubbed&client_id=scrubbed&client_secret=scrubbed")
    assert dict(asked.headers) == {"accept": "application/json", "user-agent": "App/1", TOKEN_HEADER: SCRUBBED}
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
    assert f'"access_token": "{SCRUBBED}-1"'.encode() in body
    assert answered["headers"] == {"Content-Type": ["application/json"], "content-length": [str(len(body))]}
    put = scrubber.request(Request("PUT", url, b"x", {}))
    assert put.uri == f"{ORIGIN}/bucket/%2Fkey?{SCRUBBED_QUERY}"
    read = scrubber.request(Request("GET", "http://127.0.0.1:5/x?marketplaceIds=A1PA6795UKMFR9&a=", b"", {}))
    assert read.uri == f"{ORIGIN}/x?marketplaceIds=ATVPDKIKX0DER&a="
