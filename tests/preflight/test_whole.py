"""Each rule, as a user meets it: through both clients, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spapi_messaging import InvalidMessageError, MessageNotAvailableError, Unlimited
from spapi_messaging.messages import OPERATIONS
from spapi_messaging.preflight.language import detector_installed
from spapi_messaging.sandbox import Sandbox
from tests.support.amazon import ORDER, Amazon, Shop
from tests.support.rules import LOCKED, PDF
from tests.support.sandboxes import complete_sandbox
from tests.support.thorough import by_turns

TYPE = "confirmOrderDetails"
HONEST = "Guten Tag, für die Gravur fehlt uns noch der Name. Wie soll er lauten?"
ACTIONS = next(each.operation_id for each in OPERATIONS.values() if each.answer == "AvailableActions")
DENIED = {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}
FRAME = b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
ANIMATED = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + FRAME * 2 + b";"


def text(message: str) -> dict[str, Any]:
    return {"message_type": TYPE, "text": f"{HONEST} {message}"}


def file(name: str, content: bytes) -> dict[str, Any]:
    return {"message_type": "legalDisclosure", "attachments": [(name, content)]}


def listed(**schema: Any) -> Callable[[Sandbox], object]:
    """Amazon's answer lists the type, with this schema."""
    action = {"name": TYPE, "_embedded": {"schema": {"name": TYPE, "type": "object", **schema}}}
    return lambda sandbox: sandbox.faults.answer(200, {"_embedded": {"actions": [action]}}, on=ACTIONS, times=None)


def as_it_is(_: Sandbox) -> None:
    """The order is as a new one."""


SHORT = {"rawMessageBody": {"type": "string", "minLength": 1, "maxLength": 20}}
SEEN: list[tuple[str, str, str, dict[str, Any], Callable[[Sandbox], object]]] = [
    ("html", "error", "text", text("<b>Danke</b>"), as_it_is),
    ("email-address", "error", "text", text("Antwort an service@example.com"), as_it_is),
    ("link", "warning", "text", text("Mehr unter https://shop.example/gravur"), as_it_is),
    ("link-http", "warning", "text", text("Mehr unter http://shop.example/gravur"), as_it_is),
    ("link-shortened", "warning", "text", text("Mehr unter https://bit.ly/3abcdef"), as_it_is),
    ("telephone", "warning", "text", text("Rufen Sie uns an: +49 30 901820"), as_it_is),
    ("emoji", "warning", "text", text("😀"), as_it_is),
    ("line-breaks", "warning", "text", text("\n\n\n\nDanke"), as_it_is),
    ("reviews", "warning", "text", text("Über eine Bewertung freuen wir uns."), as_it_is),
    ("discounts", "warning", "text", text("Sie bekommen einen Gutschein."), as_it_is),
    ("other-products", "warning", "text", text("Sehen Sie sich auch unsere anderen Produkte an."), as_it_is),
    ("pdf-encrypted", "warning", "attachments", file("a.pdf", LOCKED), as_it_is),
    ("pdf-broken", "warning", "attachments", file("a.pdf", b"%PDF-1.4\nnothing\n%%EOF\n"), as_it_is),
    ("animated-gif", "warning", "attachments", file("a.gif", ANIMATED), as_it_is),
    ("not-available", "error", "message_type", text(""), lambda s: s.orders.set(ORDER, state="cancelled")),
    ("disabled", "error", "message_type", text(""), listed(disabled=True, disabledReason="Once only.")),
    ("schema", "error", "text", text(""), listed(properties=SHORT, required=["rawMessageBody"])),
    ("availability-unknown", "warning", "message_type", text(""), lambda s: s.faults.answer(403, DENIED, on=ACTIONS)),
    ("order-age", "warning", "order_date", {**text(""), "order_date": datetime.now(UTC) - timedelta(40)}, as_it_is),
]
#: The checks of a text are the same for both clients.
each_rule = by_turns(
    "shop", ["threads", "asyncio"], ("rule", "severity", "field", "message", "prepare"), SEEN, indirect=True
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as running:
        yield running


@pytest.fixture(params=["threads", "asyncio"])
def shop(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Shop]:
    addresses: dict[str, Any] = {"endpoint": sandbox.url, "lwa_endpoint": sandbox.lwa_endpoint}
    shop = Shop(
        request.param, Amazon(), transport=None, limiter=Unlimited(), credentials=sandbox.credentials, **addresses
    )
    yield shop
    shop.close()


@each_rule
def test_each_rule_is_seen(
    shop: Shop,
    sandbox: Sandbox,
    rule: str,
    severity: str,
    field: str,
    message: dict[str, Any],
    prepare: Callable[[Sandbox], object],
) -> None:
    prepare(sandbox)
    (problem,) = shop.preflight(ORDER, **message)

    assert (problem.rule, problem.severity, problem.field) == (rule, severity, field)
    assert problem.remedy or severity == "error"
    assert HONEST not in problem.advice
    assert sandbox.inbox == []


@each_rule
def test_a_checked_send_is_stopped_by_errors_and_a_strict_one_by_warnings(
    shop: Shop,
    sandbox: Sandbox,
    rule: str,
    severity: str,
    field: str,
    message: dict[str, Any],
    prepare: Callable[[Sandbox], object],
) -> None:
    prepare(sandbox)
    message = {name: value for name, value in message.items() if name != "order_date"}
    sent = 0
    for check in (True, "strict"):
        stopped = severity == "error" or (
            check == "strict" and field != "order_date" and rule != "availability-unknown"
        )
        if stopped:
            with pytest.raises((InvalidMessageError, MessageNotAvailableError)) as refused:
                shop.send(ORDER, check=check, **message)
            error: Any = refused.value
            assert [each.rule for each in error.problems] == [rule]
        else:
            shop.send(ORDER, check=check, **message)
            sent += 1
    assert len(sandbox.inbox) == sent


@pytest.mark.skipif(not detector_installed(), reason="no detector of languages is installed")
def test_the_buyers_language(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, locale="fr-FR")
    long = "Guten Tag, für die Gravur auf Ihrem Ring fehlt uns leider noch der Name. Wie soll er bitte genau lauten?"

    assert [each.rule for each in shop.preflight(ORDER, TYPE, text=long)] == ["language"]


@pytest.mark.skipif(not detector_installed(), reason="no detector of languages is installed")
def test_the_language_of_a_document(shop: Shop, sandbox: Sandbox) -> None:
    terms = "Diese Garantie gilt für zwei Jahre ab dem Tag des Kaufs. Bitte bewahren Sie den Beleg sorgfältig auf."
    attachments = [("Garantie.txt", terms.encode())]

    assert shop.preflight(ORDER, "warranty", attachments=attachments) == []
    sandbox.orders.set(ORDER, locale="fr-FR")
    (problem,) = shop.preflight(ORDER, "legalDisclosure", attachments=attachments, marketplace="FR")
    assert (problem.rule, problem.field, problem.severity) == ("language", "attachments", "warning")
    assert "Garantie.txt seems to be in another language (de)" in problem.message


def test_an_order_of_tomorrow_is_a_mistake(shop: Shop) -> None:
    (problem,) = shop.preflight(ORDER, TYPE, text=HONEST, order_date=datetime.now(UTC) + timedelta(40))

    assert (problem.rule, problem.field, problem.severity) == ("date", "order_date", "error")


def test_an_honest_message_has_no_problem(shop: Shop, sandbox: Sandbox) -> None:
    assert shop.preflight(ORDER, TYPE, text=HONEST) == []
    assert shop.preflight(ORDER, "invoice", attachments=[("Rechnung 17.pdf", PDF)]) == []
    shop.send(ORDER, TYPE, text=HONEST, check="strict")
    shop.send_invoice(ORDER, attachments=[("Rechnung 17.pdf", PDF)], check="strict")

    assert len(sandbox.inbox) == 2
