"""The inbox page and its attachments over HTTP, without a browser."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from spapi_messaging.sandbox.environment import posix, powershell, variables
from tests.sandbox.conftest import ORDER, Caller
from tests.support.sandboxes import complete_sandbox

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
        shown = content.text if path == "/" else content.json()["messages"]
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "<b>S02&lt;b&gt;</b>" in shown


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
        content = caller.http.get(page).text
        seen += re.findall(r"number (\d+)<", content)
        older = re.search(r'href="(/\?before=\d+)"', content)
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


def test_an_invalid_form_is_shown_again_with_the_reason(caller: Caller) -> None:
    form = {"order_id": f"{ORDER}<b>", "state": "delivered", "marketplace": "FR", "locale": '"x y'}
    refused = caller.http.post("/inbox/orders", data=form)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "default-src 'none'" in refused.headers["content-security-policy"]
    page = refused.text
    assert '<p class="problem" role="alert">' in page
    assert "locale must be a language such as de-DE" in page
    assert f'name="order_id" value="{ORDER}&lt;b&gt;"' in page
    assert 'name="locale" value="&#34;x y"' in page
    assert "<option selected>delivered</option>" in page
    assert "<option selected>FR</option>" in page
    assert 'class="problem"' not in caller.http.get("/").text


def test_a_form_that_is_too_large_is_refused_on_the_page(caller: Caller) -> None:
    refused = caller.http.post("/inbox/orders", content=bytes(1024 * 1024 + 1))
    assert refused.status_code == 413
    assert "The form is too large." in refused.text
    assert "<form" in refused.text


def test_static_mode_says_why_its_inbox_stays_empty(static_caller: Caller) -> None:
    page = static_caller.http.get("/").text
    assert "no buyer gets anything" in page
    assert "All operations" in page
    assert "<form" not in page
    assert "<input" not in page


def test_the_example_is_shown_where_it_works() -> None:
    with complete_sandbox() as sandbox:
        page = httpx.get(sandbox.url, trust_env=False).text
    assert "--sandbox local" not in page


@pytest.mark.parametrize("filled", [True, False])
def test_the_page_shows_the_variables_that_point_a_client_at_it(caller: Caller, filled: bool) -> None:
    if filled:
        caller.send("confirmOrderDetails", {"text": "Hallo"})
    page = html.unescape(caller.http.get("/").text)
    own = variables(caller.sandbox.url)
    assert posix(own) in page
    assert powershell(own) in page
    assert ('<details id="variables" open>' in page) == (not filled)
    assert posix(variables("http://localhost:9000")) in html.unescape(
        caller.http.get("/", headers={"host": "localhost:9000"}).text
    )


def test_static_mode_shows_them_too(static_caller: Caller) -> None:
    assert posix(variables(static_caller.sandbox.url)) in html.unescape(static_caller.http.get("/").text)


OTHER_ORDER = "303-7654321-7654321"


@pytest.fixture
def varied(caller: Caller) -> Caller:
    """Messages of two orders, two sellers and two types: the text says which."""
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    for seller in ("shop-de", "shop-fr"):
        caller.token = caller.fresh_token(refresh_token=caller.sandbox.credentials_for(seller).refresh_token)
        for order in (ORDER, OTHER_ORDER):
            for message_type in ("confirmOrderDetails", "unexpectedProblem"):
                caller.send(message_type, {"text": f"<{seller} {order} {message_type}>"}, order)
    return caller


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 8),
        ("?order=&seller=&type=", 8),
        (f"?order={ORDER}", 4),
        ("?order=+7654321+", 4),
        ("?seller=shop-fr", 4),
        ("?seller=shop", 0),
        ("?type=unexpectedProblem", 4),
        ("?type=createUnexpectedProblem", 4),
        (f"?order={ORDER}&seller=shop-de&type=confirmOrderDetails", 1),
        ("?order=nothing", 0),
    ],
)
def test_messages_are_filtered(varied: Caller, query: str, count: int) -> None:
    page = html.unescape(varied.http.get(f"/{query}").text)
    assert page.count("<article") == count
    assert f'<span id="total">{count}</span>' in page
    assert ('<div id="empty" hidden>' in page) == (count > 0)
    asked = httpx.QueryParams(query)
    for text in re.findall("<(shop-.*?)>", page):
        assert asked.get("order", "").strip() in text
        assert asked.get("seller", "") in text
    update = varied.http.get(f"/inbox/updates{query or '?'}&after=0").json()
    assert (update["total"], update["size"], update["messages"].count("<article")) == (count, 8, count)


def test_the_form_shows_what_is_filtered(varied: Caller) -> None:
    page = varied.http.get(f"/?order={ORDER}&seller=shop-de&type=confirmOrderDetails").text
    assert f'name="order" value="{ORDER}"' in page
    assert 'name="seller" value="shop-de"' in page
    assert '<option value="confirmOrderDetails" selected>' in page
    assert '<option value="shop-fr"></option>' in page
    assert '<a href="/">Show all</a>' in page
    assert "Show all" not in varied.http.get("/").text


FILTER = "order=1234567&seller=shop-de&type=confirmOrderDetails"


@pytest.mark.parametrize(
    ("query", "kept"),
    [("", "/"), (FILTER, f"/?{FILTER}"), ("seller=a+%26b", "/?seller=a+%26b"), ("before=7", "/?before=7")],
)
def test_the_form_of_orders_keeps_the_filter(varied: Caller, query: str, kept: str) -> None:
    action = re.search('method="post" action="(.*?)"', varied.http.get(f"/?{query}").text)
    assert action
    done = varied.http.post(html.unescape(action[1]), data={"order_id": ORDER, "locale": "fr-FR"})
    assert (done.status_code, done.headers["location"]) == (303, f"{kept}#orders")
    refused = varied.http.post(html.unescape(action[1]), data={"order_id": ORDER, "locale": "x y"})
    assert (refused.status_code, action[0] in refused.text) == (400, True)
    if query == FILTER:
        assert refused.text.count("<article") == 1


def test_a_filter_that_cannot_be_is_told_on_the_page(varied: Caller) -> None:
    refused = varied.http.get("/?type=bogus")
    assert (refused.status_code, refused.text.count("<article")) == (400, 8)
    assert '<p class="problem" role="alert">There is no such message type.' in refused.text


def test_a_filter_is_escaped(caller: Caller) -> None:
    assert "<script>alert" not in caller.http.get("/", params={"order": HOSTILE, "seller": HOSTILE}).text


@pytest.mark.parametrize("path", ["/", "/inbox/updates"])
@pytest.mark.parametrize("name", ["bogus", "getAttributes", "GetAttributes"])
def test_an_unknown_type_cannot_be_filtered(caller: Caller, path: str, name: str) -> None:
    refused = caller.http.get(path, params={"type": name})
    assert refused.status_code == 400
    assert "There are: " in refused.text
    assert "confirmOrderDetails" in refused.text


@pytest.mark.parametrize("retired", [False])
def test_a_retired_type_that_is_not_served_cannot_be_filtered(caller: Caller) -> None:
    assert caller.http.get("/", params={"type": "amazonMotors"}).status_code == 400


def test_older_messages_keep_the_filter(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    for number in range(60):
        caller.send("confirmOrderDetails", {"text": f"number {number}"}, (ORDER, OTHER_ORDER)[number % 2])
    page, seen, pages = f"/?order={ORDER}", [], 0
    while page:
        content = html.unescape(caller.http.get(page).text)
        assert pages == 0 or f'<a href="/?order={ORDER}">Back to the newest' in content
        seen += re.findall(r"number (\d+)<", content)
        older = re.search(r'href="(/\?order=[^"]*&before=\d+)"', content)
        page, pages = older[1] if older else "", pages + 1
    assert [int(number) for number in seen] == list(reversed(range(0, 60, 2)))
    assert pages == 2


def test_an_update_brings_no_more_than_the_page_shows(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    for number in range(60):
        caller.send("confirmOrderDetails", {"text": f"number {number}"})
    update = caller.http.get("/inbox/updates?after=1").json()
    shown = [int(number) for number in re.findall(r"number (\d+)<", update["messages"])]
    assert shown == list(range(59, 34, -1))
    assert update["total"] == 60


@pytest.mark.parametrize(
    ("content", "declared", "preview"),
    [
        (b"%PDF-1.7", "application/pdf", 'class="preview pdf"'),
        (b"\x89PNG\r\n\x1a\n", "image/png", '<img src="/inbox/1/0"'),
        (b"\xff\xd8\xff\xe0", "image/jpeg", '<img src="/inbox/1/0"'),
        (b"%PDF-1.7".ljust(2_000_001), "application/pdf", ""),
        (b"GIF89a".ljust(2_000_001), "image/gif", ""),
        (b"<script>", "image/png", ""),
        (b"<svg/>", "image/svg+xml", ""),
        (b"Hallo", "text/plain", ""),
    ],
)
def test_a_picture_or_a_page_is_in_the_message(caller: Caller, content: bytes, declared: str, preview: str) -> None:
    deliver(caller, content, declared, "a.x")
    page = caller.http.get("/").text
    assert preview in page
    assert ('class="preview' in page) == bool(preview)


def test_the_page_names_the_address_of_the_sandbox_whatever_the_host_says(caller: Caller) -> None:
    page = caller.http.get("/", headers={"host": "10.9.8.7:6"}).text
    assert "10.9.8.7" not in page
    assert caller.sandbox.url in page


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "localhost"])
def test_the_page_says_who_can_read_it(host: str) -> None:
    with complete_sandbox(host=host) as sandbox:
        page = httpx.get(sandbox.url, trust_env=False).text
    assert ("Nothing leaves this machine" in page) == (host != "0.0.0.0")
    assert ("Whoever reaches this machine can read this page" in page) == (host == "0.0.0.0")
