"""The inbox page and its attachments over HTTP, without a browser."""

from __future__ import annotations

import re

import httpx
import pytest

from spapi_messaging.sandbox import Sandbox
from tests.sandbox.conftest import ORDER, Caller

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def deliver(caller: Caller, content: bytes, content_type: str, file_name: str) -> httpx.Response:
    upload_id = caller.upload(content, contentType=content_type)
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": file_name}]}
    assert caller.send("invoice", body).status_code == 201
    return caller.http.get("/inbox/1/0")


def test_the_page_shows_what_the_buyer_got(caller: Caller) -> None:
    deliver(caller, b"%PDF-1.7", "application/pdf", "Rechnung.pdf")
    answer = caller.send("confirmOrderDetails", {"text": "Guten Tag\nund danke"})
    page = caller.http.get("/").text
    assert page.index("Confirm order details") < page.index(">Invoice<")
    assert "Guten Tag\nund danke" in page
    assert answer.headers["x-amzn-RequestId"] in page
    assert ORDER in page
    assert "Rechnung.pdf" in page
    assert "application/pdf, 8 bytes" in page
    assert 'value="4.00"' in page
    assert caller.sandbox.requests[-1].operation == "createConfirmOrderDetails"


def test_all_text_of_a_seller_is_escaped(caller: Caller) -> None:
    deliver(caller, b"x", "text/html", f"{HOSTILE}.html")
    caller.sandbox.orders.set("S02<b>")
    caller.send("confirmOrderDetails", {"text": HOSTILE}, "S02<b>")
    for path in ("/", "/inbox/updates?after=0"):
        content = caller.http.get(path)
        html = content.text if path == "/" else content.json()["messages"]
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "<b>S02&lt;b&gt;</b>" in html


def test_the_page_lets_nothing_in_from_elsewhere(caller: Caller) -> None:
    headers = caller.http.get("/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "declared", "shown_as"),
    [
        (b"%PDF-1.7", "application/pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image/jpeg"),
        (b"GIF89a", "image/gif", "image/gif"),
        (b"<script>", "text/plain", "text/plain; charset=utf-8"),
    ],
)
def test_a_harmless_file_is_shown(caller: Caller, content: bytes, declared: str, shown_as: str) -> None:
    response = deliver(caller, content, declared, "a.x")
    assert response.content == content
    assert response.headers["content-type"] == shown_as
    assert response.headers["content-disposition"] == "inline; filename*=utf-8''a.x"
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert policy.endswith("; sandbox") or declared == "application/pdf"


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"<script>", "text/html"),
        (b"<svg onload='alert(1)'>", "image/svg+xml"),
        (b"<script>", "application/pdf"),
        (b"<script>", "image/png"),
        (b"PK", "application/msword"),
        (b"x", "text/xml"),
    ],
)
def test_a_file_that_could_be_harmful_can_only_be_saved(caller: Caller, content: bytes, declared: str) -> None:
    response = deliver(caller, content, declared, 'ü"\r\n.html')
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''%C3%BC%22%0D%0A.html"
    assert response.headers["content-security-policy"].endswith("; sandbox")
    assert ">Open<" not in caller.http.get("/").text


def test_a_file_can_be_saved(caller: Caller) -> None:
    deliver(caller, b"%PDF-1.7", "application/pdf", "a.pdf")
    response = caller.http.get("/inbox/1/0?download")
    assert response.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["/inbox/1/0", "/inbox/2/0", "/inbox/1/9"])
def test_an_unknown_attachment_is_not_found(caller: Caller, path: str) -> None:
    caller.send("confirmOrderDetails", {"text": "Hallo"})
    assert caller.http.get(path).status_code == 404


def test_updates_hold_what_is_new(caller: Caller) -> None:
    for text in ("one", "two", "three"):
        caller.send("confirmOrderDetails", {"text": text})
    update = caller.http.get("/inbox/updates?after=1").json()
    assert (update["latest"], update["total"]) == (3, 3)
    assert re.findall(">(one|two|three)<", update["messages"]) == ["three", "two"]
    assert "<meter" in update["plans"]
    assert caller.http.get("/inbox/updates?after=x").json()["messages"].count("<article") == 3


def test_older_messages_are_on_pages_of_their_own(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=100, burst=100)
    for number in range(60):
        caller.send("confirmOrderDetails", {"text": f"number {number}"})
    page, seen = "/", []
    while page:
        html = caller.http.get(page).text
        seen += re.findall(r"number (\d+)<", html)
        older = re.search(r'href="(/\?before=\d+)"', html)
        page = older[1] if older else ""
    assert [int(number) for number in seen] == list(reversed(range(60)))


def test_the_form_changes_an_order(caller: Caller) -> None:
    form = {"order_id": ORDER, "state": "delivered", "marketplace": "DE", "locale": ""}
    response = caller.http.post("/inbox/orders", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/#orders")
    order = caller.sandbox.orders.get(ORDER)
    assert (order.state, order.marketplace, order.locale) == ("delivered", "A1PA6795UKMFR9", None)
    assert "delivered, DE" in caller.http.get("/").text


@pytest.mark.parametrize("form", [{}, {"order_id": " "}, {"order_id": "1", "state": "lost"}])
def test_an_invalid_form_is_refused(caller: Caller, form: dict[str, str]) -> None:
    assert caller.http.post("/inbox/orders", data=form).status_code == 400
    assert caller.sandbox.orders.known() == []


def test_static_mode_says_why_its_inbox_stays_empty(static_caller: Caller) -> None:
    page = static_caller.http.get("/").text
    assert "no buyer gets anything" in page
    assert "All operations" in page
    assert "<form" not in page


def test_the_example_is_shown_where_it_works() -> None:
    with Sandbox() as sandbox:
        page = httpx.get(sandbox.url, trust_env=False).text
    assert "--sandbox local" not in page
    assert f"endpoint=&#34;{sandbox.url}&#34;" in page or f'endpoint="{sandbox.url}"' in page


def test_the_page_names_the_address_of_the_sandbox_whatever_the_host_says(caller: Caller) -> None:
    page = caller.http.get("/", headers={"host": "10.9.8.7:6"}).text
    assert "10.9.8.7" not in page
    assert caller.sandbox.url in page
