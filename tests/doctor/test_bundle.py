"""The support bundle: what is in it, and that no secret is."""

from __future__ import annotations

import json
import platform
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import MessagingClient, ObservedExchange, RetryPolicy
from spapi_messaging.credentials import ENVIRONMENT, find_source
from spapi_messaging.doctor import Finding, examine, support_bundle
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.limiters import Unlimited
from spapi_messaging.messages import MESSAGE_TYPES
from tests.doctor.conftest import ORDER, World
from tests.support.operations import content_kinds
from tests.support.thorough import choose

TEXT = "Guten Tag, Frau Kunze,\nder Schlüssel liegt unter dem blauen Blumentopf.\nViele Grüße"
PROXY_PASSWORD = "p@ss-of-the-proxy"
SENDS = choose(80, 200)
CONTENT = ("text", "attachments")


class Seen:
    """An exchange that was observed by somebody who hides nothing."""

    def __init__(self, **told: Any) -> None:
        self._told = told

    def to_dict(self) -> dict[str, Any]:
        return self._told


class Careless(httpx.BaseTransport):
    """Observes everything, secrets included."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport(verify=False)
        self.seen: list[Any] = []

    def close(self) -> None:
        self.inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content, url = request.read(), request.url
        status, answer, error = None, {}, None
        try:
            response = self.inner.handle_request(request)
            status, answer = response.status_code, dict(response.headers)
            return response
        except httpx.HTTPError as lost:
            error = type(lost).__name__
            raise
        finally:
            service = "storage" if request.method == "PUT" else "lwa" if "/auth/" in url.path else "api"
            told = Seen(
                service=service,
                operation="sendInvoice",
                attempt=1,
                method=request.method,
                url=f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}",
                request_headers=dict(request.headers),
                response_headers=answer,
                body=content.decode("utf-8", "replace"),
                status=status,
                request_id=answer.get("x-amzn-requestid"),
                error=error,
                seconds=0.25,
                note=TEXT,
            )
            self.seen.append(told)


@pytest.fixture
def careless() -> Iterator[Careless]:
    with Careless() as transport:
        yield transport


@pytest.fixture
def secrets(world: World) -> list[str]:
    """What is planted: in variables, in a proxy's URL, in the names of this machine and its user."""
    fields = world.sandbox.environment()
    for name in ENVIRONMENT.values():
        world.patch.setenv(name, fields[name])
    world.patch.setenv("SP_API_REFRESH_TOKEN_shop", "Atzr|of-another-account")
    world.patch.setenv("HTTPS_PROXY", f"http://someone:{quote(PROXY_PASSWORD)}@proxy.example:8080")
    world.patch.setenv("HOME", "/home/kunze")
    world.patch.setattr(platform, "node", lambda: "kunze-laptop")
    world.patch.setattr("getpass.getuser", lambda: "kunze")
    own = [fields[ENVIRONMENT["refresh_token"]], fields[ENVIRONMENT["client_secret"]], "Atzr|of-another-account"]
    return [*own, PROXY_PASSWORD, quote(PROXY_PASSWORD), "/home/kunze", "kunze-laptop", *TEXT.splitlines()[:2]]


def echo(world: World, secrets: list[str]) -> None:
    """Lets answers repeat what they should not."""
    headers = {
        "x-amzn-RequestId": secrets[0],
        "server": f"{secrets[0]}/1",
        "x-echo": secrets[1],
        "location": secrets[0],
    }
    body = {"errors": [{"code": "InvalidInput", "message": " ".join(secrets[:2]), "details": TEXT}]}
    for on, every in (("sends", 7), ("uploads", 11), ("reads", 5)):
        world.sandbox.faults.answer(400, body, headers, on=on, every=every, times=None)
    for kind, on, every in (("error", "sends", 13), ("reset", "sends", 17), ("expired-url", "s3", 19)):
        world.sandbox.faults.add(kind, on=on, every=every, times=None)


def long_run(client: MessagingClient) -> None:
    """Texts and files, of which some fail."""
    kinds = {name: content_kinds(operation) for name, operation in MESSAGE_TYPES.items() if not operation.retired}
    with_text, with_files = ([name for name, found in kinds.items() if found == {kind}] for kind in CONTENT)
    for number in range(SENDS):
        order = f"303-1234567-{number:07}"
        try:
            if number % 2:
                client.send(order, with_text[number % len(with_text)], text=TEXT)  # type: ignore[arg-type]
            else:
                name = with_files[number % len(with_files)]
                client.send(order, name, attachments=[("Rechnung.txt", TEXT.encode())])  # type: ignore[arg-type]
        except SpApiMessagingError:
            continue


def hidden_in(bundle: object, secrets: list[str]) -> list[str]:
    """The secrets that a bundle shows."""
    shown = json.dumps(bundle, ensure_ascii=False)
    forms = {form for secret in secrets for form in (secret, quote(secret), quote(secret, safe=""))}
    return sorted(form for form in forms if form in shown)


def test_no_secret_of_a_long_run_is_in_the_bundle(world: World, secrets: list[str], careless: Careless) -> None:
    observed: list[ObservedExchange] = []
    make = world.client(
        transport=careless, observer=observed.append, limiter=Unlimited(), retry=RetryPolicy(attempts=1), usage_plans={}
    )
    world.sandbox.plans.set("*", rate=10_000.0, burst=10_000)
    echo(world, secrets)
    with make() as client:
        long_run(client)
    findings = list(examine(make, ORDER, source=find_source, exchanges=careless.seen))
    everything = [each.to_dict() for each in careless.seen]
    signed = [parse_qs(each["url"].partition("?")[2]) for each in everything if each["service"] == "storage"]
    tokens = {each["request_headers"].get("x-amz-access-token") for each in everything} - {None}
    planted = [*secrets, *tokens, *(value for query in signed for values in query.values() for value in values)]
    planted = [secret for secret in planted if len(secret) > 4]

    assert len(everything) > SENDS
    assert len(planted) > SENDS  # every presigned URL has a signature of its own
    assert len(hidden_in(everything, planted)) > SENDS / 2  # so there was something to hide
    world.sandbox.inbox.clear()
    world.sandbox.requests.clear()

    for exchanges in (careless.seen, observed):
        bundle = support_bundle(findings, exchanges)
        assert hidden_in(bundle, planted) == []
        assert "kunze" not in json.dumps(bundle).lower()
        assert len(bundle["exchanges"]) == len(everything)


def test_a_text_of_one_word_is_hidden_where_it_looks_like_a_header(world: World) -> None:
    text = "Blumentopfschluessel"
    observed: list[ObservedExchange] = []
    headers = {"x-amzn-ErrorType": text, "server": text, "x-amzn-RequestId": text, "x-amz-id-2": text}
    world.sandbox.faults.answer(400, {"errors": [{"code": text}]}, headers, on="sends")
    with world.client(observer=observed.append)() as client, pytest.raises(SpApiMessagingError):
        client.create_confirm_order_details(ORDER, text=text)
    world.sandbox.requests.clear()

    assert len(observed) == 2
    assert text not in json.dumps(support_bundle([], observed))


def test_what_a_support_case_needs_is_there(world: World, careless: Careless) -> None:
    findings = world.run(world.client(transport=careless))
    bundle = support_bundle(findings, careless.seen)
    read = next(each for each in bundle["exchanges"] if each["path"].startswith("/messaging"))
    sent = next(each for each in world.sandbox.requests if each.path == read["path"])

    assert bundle["verdict"] == "ok"
    assert bundle["versions"]["httpx"] == httpx.__version__
    assert [each["code"] for each in bundle["findings"]] == [each.code for each in findings]
    assert (read["method"], read["status"], read["seconds"]) == (sent.method, 200, 0.25)
    assert read["request_id"] == read["response_headers"]["x-amzn-requestid"]
    assert not {"body", "note", "url", "query"} & {name for each in bundle["exchanges"] for name in each}


def test_a_program_makes_a_bundle_of_its_own_run() -> None:
    kept: deque[Any] = deque(maxlen=2)
    for number in range(3):
        kept.append(Seen(service="api", method="GET", url=f"https://api.example/{number}?x=1", status=200))

    bundle = support_bundle([], kept)

    assert [each["path"] for each in bundle["exchanges"]] == ["/1", "/2"]
    assert bundle["findings"] == []
    json.dumps(bundle)


@given(
    st.dictionaries(
        st.sampled_from(["service", "operation", "method", "error", "request_id", "response_headers", "body", "x"]),
        st.text(min_size=1) | st.dictionaries(st.text(), st.text()) | st.none() | st.integers(),
    ),
    st.text(st.characters(categories=["L"]), min_size=8).map(lambda word: f"{word} {word} liegt bereit"),
)
def test_a_text_in_an_exchange_never_gets_through(told: dict[str, Any], text: str) -> None:
    planted = {name: text if isinstance(value, str) else value for name, value in told.items()}
    headers = {"x-amzn-requestid": text, "server": text, "content-type": text, "x-cache": text, text: text}
    bundle = support_bundle([], [Seen(**planted | {"response_headers": headers, "request_headers": headers})])

    assert text not in json.dumps(bundle["exchanges"], ensure_ascii=False)


def test_a_secret_in_a_finding_is_hidden(world: World, secrets: list[str]) -> None:
    found = Finding("credentials-unusable", f"In /home/kunze/x: {secrets[0]}", facts={"a": [secrets[1]]})

    assert support_bundle([found])["findings"][0]["found"] == "In ~/x: [hidden]"
    assert support_bundle([found])["findings"][0]["facts"] == {"a": ["[hidden]"]}
