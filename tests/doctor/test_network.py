"""What the examination tells about the way to a server, and what it does not tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

import httpx
import pytest

from spapi_messaging.doctor import Finding
from spapi_messaging.doctor.probe import Target, probe
from tests.doctor.certificates import DAY
from tests.doctor.conftest import World, no_address
from tests.support.servers import Request, reply

PASSWORD = "p%40ss-of-the-proxy"


def of(found: list[Finding], step: str) -> list[Finding]:
    return [each for each in found if each.step == step]


def test_a_good_connection_is_described(world: World) -> None:
    server = world.server(certificate=world.authority.certificate())
    (first, *_) = of(world.run(world.elsewhere(server.url), verify=world.authority.trust), "network")

    assert first.facts["issuer"] == "A test's own authority"
    assert first.facts["tls"].startswith("TLSv1")
    assert f"localhost:{server.port}" in first.found


def test_probes_carry_no_secret(world: World) -> None:
    world.run(order=None)
    known = json.dumps([[each.headers, each.body.decode()] for each in world.sandbox.requests[:2]])

    assert "local-sandbox" not in known
    assert "x-amz-access-token" not in known
    assert "authorization" not in known.lower()


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_a_proxys_password_is_never_shown(world: World, status: str) -> None:
    url = world.canned(f"HTTP/1.1 {status}: you sent {PASSWORD}\r\ncontent-length: 0\r\n\r\n".encode())
    proxy = url.replace("http://", f"http://kunze:{PASSWORD}@")
    found = world.run(world.elsewhere("https://gateway.example"), proxy=proxy)
    shown = json.dumps([each.to_dict() for each in found])

    assert of(found, "network")[0].code.startswith("proxy-")
    assert url.removeprefix("http://") in shown
    assert PASSWORD not in shown
    assert "p@ss" not in shown
    assert "kunze" not in shown


def test_proxy_of_the_environment_is_used(world: World) -> None:
    proxy = world.canned(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
    world.patch.setenv("HTTPS_PROXY", proxy)
    found = of(world.run(world.elsewhere("https://gateway.example")), "network")

    assert [each.code for each in found] == ["proxy-refused"]


def test_a_wrong_clock_is_named_where_dates_are_the_reason(world: World) -> None:
    then = datetime.now(UTC) - 2 * DAY

    def answer(request: Request) -> bytes:
        return reply(403, {"errors": []}, date=format_datetime(then, usegmt=True))

    certificate = world.authority.certificate(begins=-3 * DAY, ends=-DAY)
    server = world.server(answer, certificate=certificate)
    found = world.run(world.elsewhere(server.url), verify=world.authority.trust)
    expired, clock = of(found, "network")[0], of(found, "clock")[0]

    assert "this machine's clock" in expired.found
    assert f"{datetime.now(UTC):%Y-%m-%d}" in expired.found
    assert (clock.code, clock.facts["seconds"] // 3600) == ("clock-wrong", 48)


@pytest.mark.parametrize(("addresses", "seconds"), [(1, 10.0), (2, 5.0), (8, 3.0)])
def test_many_addresses_share_the_time_to_connect(world: World, addresses: int, seconds: float) -> None:
    """A firewall that drops everything lets each address time out, one after the other."""
    allowed: list[float] = []

    def late(_: object, request: httpx.Request) -> httpx.Response:
        allowed.append(request.extensions["timeout"]["connect"])
        raise httpx.ConnectTimeout("timed out")

    world.patch.setattr(httpx.HTTPTransport, "handle_request", late)
    found = probe(Target("api", "https://gateway.example/"), resolve=lambda *_: ["192.0.2.1"] * addresses)

    assert (found.failure, allowed) == ("connection-timeout", [seconds])


@pytest.mark.parametrize(
    ("date", "code"),
    [
        ("Tue, 01 Jan 2030 00:00:00 -0000", "clock-wrong"),
        ("Tue, 01 Jan 2030 00:00:00 GMT, Tue, 01 Jan 2030 00:00:00 GMT", "clock-wrong"),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "clock-ok"),  # then the next server is asked
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", "clock-ok"),
        ("yesterday", "clock-ok"),
    ],
)
def test_odd_dates_of_a_server_break_nothing(world: World, date: str, code: str) -> None:
    url = world.canned(f"HTTP/1.1 403 Forbidden\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n".encode())
    found = world.run(world.client(endpoint=url), order=None)

    assert [each.code for each in of(found, "clock")] == [code]


@pytest.mark.parametrize("host", [".proxy.example", "proxy..example", f"{'a' * 64}.example"])
def test_a_proxy_whose_name_cannot_be_looked_up(world: World, host: str) -> None:
    found = of(world.run(world.elsewhere("https://gateway.example"), proxy=f"http://{host}:8080"), "network")

    assert [each.code for each in found] == ["proxy-invalid"]


def test_no_piece_of_a_proxys_password_passes_for_its_port(world: World) -> None:
    proxy = "http://kunze:4711/secret@proxy.example:8080"
    found = of(world.run(world.elsewhere("https://gateway.example"), proxy=proxy), "network")

    assert [each.code for each in found] == ["proxy-invalid"]
    assert "4711" not in str(found)


def test_a_proxy_without_an_address_is_looked_for_in_its_variable(world: World) -> None:
    make = world.elsewhere("https://gateway.example")
    (found,) = of(
        world.run(make, probe=partial(probe, resolve=no_address), proxy="http://proxy.example:8080"), "network"
    )

    assert found.code == "proxy-unreachable"
    assert "HTTPS_PROXY" in found.remedy


def test_a_page_with_amazons_request_id_is_amazons(world: World) -> None:
    headers = {"content-type": "text/html", "x-amzn-RequestId": "1"}
    world.sandbox.faults.answer(400, "<html>", headers, on="token", times=None)
    codes = [each.code for each in of(world.run(order=None), "network")]

    assert codes == ["network-no-tls", "network-no-tls"]


def test_a_page_of_a_server_that_has_too_much_to_do_is_no_sign_in_page(world: World) -> None:
    world.sandbox.faults.add("throttle", on="token", times=None)

    assert [each.code for each in of(world.run(), "network")] == ["network-no-tls", "server-trouble"]


def test_a_redirect_is_no_answer_of_amazons(world: World) -> None:
    world.sandbox.faults.answer(302, "", {"location": "https://sign-in.example"}, on="api", times=None)

    assert of(world.run(order=None), "network")[0].code == "foreign-answer"


def test_an_answer_that_never_ends_is_not_read_to_its_end(world: World) -> None:
    def endless(request: Request) -> Any:
        yield b"HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        while True:
            yield b"1\r\n{\r\n"

    found = of(world.run(world.elsewhere(world.server(endless).url)), "network")

    assert [each.code for each in found] == ["network-no-tls"]


def test_with_a_token_provider_nobody_looks_for_lwa(world: World) -> None:
    found = of(world.run(world.client(token_provider=lambda: "t")), "network")

    assert [each.facts["service"] for each in found] == ["api"]


def test_a_name_without_an_address_is_found_without_the_network(world: World) -> None:
    (found,) = of(world.offline(world.elsewhere("https://gateway.example")), "network")

    assert "gateway.example has no address" in found.found


def test_certificates_of_the_environment_that_cannot_be_read(world: World) -> None:
    world.patch.setenv("SSL_CERT_FILE", str(world.folder / "nothing.pem"))
    make = world.elsewhere(world.server(certificate=world.authority.certificate()).url)

    assert of(world.run(make, probe=partial(probe, verify=True)), "network")[0].code.startswith("tls-")
