"""Tests of what callers see of every trait in the fixture's models.

pytest does not collect this file: test_traits.py runs it in a process that imports the regenerated package.
"""

from __future__ import annotations

import inspect
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from spapi_messaging import AsyncMessagingClient, MessagingClient, UsagePlan
from spapi_messaging.errors import InvalidMessageError
from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.sandbox import Sandbox
from tests.scripts.package_fixtures import ORDER, Watching, settings

DATE = "2026-11-20T10:00:00Z"
VISIT: dict[str, Any] = {"text": "Bis bald!", "visit_date": DATE}
FILE = ("paper.pdf", b"%PDF-1.4\n%%EOF\n")


@pytest.fixture
def client(limiter: Watching) -> Iterator[Any]:
    """A client whose sandbox has the retired messages, too."""
    with Sandbox(retired=True) as sandbox, MessagingClient(**settings(sandbox, limiter)) as client:
        yield client


def test_this_is_the_package_of_the_fixture() -> None:
    assert sorted(MESSAGE_TYPES) == ["farewell", "gift", "greeting", "papers", "thanks", "visit"]


# Each method: its own arguments, and what its documentation says.
DOCUMENTED: dict[str, tuple[str, list[str]]] = {
    "send_greeting": (
        "text: 'str'",
        ["Greet the buyer.", "A few kind words.", "text: The words of the greeting. 1 to 200 characters."],
    ),
    "create_papers": (
        "attachments: 'Iterable[AttachmentSource]'",
        ["type papers.", "attachments: The attachments. 1 to 3 files.", "0.5 requests per second, burst 2."],
    ),
    "create_gift": (
        "text: 'str | None' = None, attachments: 'Iterable[AttachmentSource]' = ()",
        ["text: The text. 1 to 400 characters.", "attachments: The attachments. At most 5 files."],
    ),
    "arrange_visit": (
        "text: 'str', visit_date: 'str | datetime.datetime', tone: \"Literal['warm', 'formal'] | None\" = None, "
        "guests: 'int | None' = None, place: 'dict[str, Any] | None' = None",
        ["visit_date: The visit date. A datetime with a zone, or a string, which is sent as written."],
    ),
    "create_thanks": ("reason: 'str | None' = None", ["Thank the buyer.", "reason: The reason.", "1 request per"]),
    "create_farewell": (
        "text: 'str'",
        ["Deprecated: createFarewell left Amazon's published model on 2026-12-01 (commit abc1234);"],
    ),
    "list_offers": ("", ["Call listOffers.", "Returns: The messages that the order allows now."]),
    "read_buyer": (
        "language: \"Literal['de', 'en'] | None\" = None, parts: 'list[str] | None' = None",
        ["Returns: The order's attributes", "Usage plan: 0.0167 requests per second, burst 1."],
    ),
}


@pytest.mark.parametrize("kind", [MessagingClient, AsyncMessagingClient])
@pytest.mark.parametrize("name", DOCUMENTED)
def test_signature_and_documentation(name: str, kind: type) -> None:
    arguments, words = DOCUMENTED[name]
    method = getattr(kind, name)
    signature = str(inspect.signature(method)).replace("\\'", "'")
    docstring = " ".join((inspect.getdoc(method) or "").split())

    own = re.search(r"\*, (.*?)(?:, )?marketplace: ", signature)
    assert own is not None
    assert own[1] == arguments
    assert [word for word in words if word not in docstring] == []


def test_text_files_or_both(client: Any) -> None:
    client.send_greeting(ORDER, text="Guten Tag!")
    client.create_papers(ORDER, attachments=[FILE])
    client.create_gift(ORDER, text="Für Sie", attachments=[FILE, FILE])
    receipt = client.create_thanks(ORDER)

    assert (receipt.operation, receipt.message_type, receipt.status_code) == ("createThanks", "thanks", 201)


def test_what_is_sent_of_a_composed_body(client: Any, limiter: Watching) -> None:
    with Sandbox() as sandbox, MessagingClient(**settings(sandbox, limiter)) as opened:
        visit: Any = opened
        visit.arrange_visit(ORDER, **VISIT, tone="formal", guests=2, place={"street": "Hauptstraße", "floor": 3})
        [message] = sandbox.inbox

    assert message.text == "Bis bald!"
    assert message.fields == {
        "visitDate": DATE,
        "tone": "formal",
        "guests": 2,
        "place": {"street": "Hauptstraße", "floor": 3},
    }


def test_a_list_and_an_enum_in_the_query(sandbox: Sandbox, limiter: Watching) -> None:
    with MessagingClient(**settings(sandbox, limiter)) as opened:
        client: Any = opened
        client.read_buyer(ORDER, language="de", parts=["a", "b"])

    [query] = [request.query for request in sandbox.requests if request.operation == "ReadBuyer"]
    given = parse_qs(query)
    # Written as the model says, not as a parameter for each item.
    assert (given["language"], given["parts"]) == (["de"], ["a,b"])


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("send_greeting", {"text": "x" * 201}, "text"),
        ("send_greeting", {"text": ""}, "text"),
        ("create_papers", {"attachments": []}, "attachments"),
        ("create_papers", {"attachments": [FILE] * 4}, "attachments"),
        ("create_gift", {}, "text"),
        ("arrange_visit", VISIT | {"text": "x" * 201}, "text"),
        ("arrange_visit", VISIT | {"visit_date": "tomorrow"}, "visit_date"),
        ("arrange_visit", VISIT | {"tone": "cold"}, "tone"),
    ],
)
def test_rules_hold_before_any_traffic(
    name: str, given: dict[str, Any], field: str, sandbox: Sandbox, limiter: Watching
) -> None:
    with MessagingClient(**settings(sandbox, limiter)) as client, pytest.raises(InvalidMessageError) as refused:
        getattr(client, name)(ORDER, **given)

    assert field in str(refused.value)
    assert sandbox.requests == []


def test_the_reads_give_the_wrappers_own_types(client: Any) -> None:
    offers = client.list_offers(ORDER)

    assert {action.message_type for action in offers} == set(MESSAGE_TYPES)
    assert "visit" in offers
    assert client.read_buyer(ORDER).locale == "de-DE"


@pytest.mark.anyio
async def test_the_async_client(sandbox: Sandbox, limiter: Watching) -> None:
    opened: Any = AsyncMessagingClient(**settings(sandbox, limiter))
    async with opened as client:
        await client.arrange_visit(ORDER, **VISIT)
        await client.create_papers(ORDER, attachments=[FILE])
        offers = await client.list_offers(ORDER)

    assert [message.message_type for message in sandbox.inbox] == ["visit", "papers"]
    assert "papers" in offers


def test_every_call_keeps_to_its_own_plan(client: Any, limiter: Watching) -> None:
    client.read_buyer(ORDER)
    client.create_papers(ORDER, attachments=[FILE])

    assert limiter.plans == {
        "ReadBuyer": UsagePlan(0.0167, 1),
        "CreatePapers": UsagePlan(0.5, 2),
        "createPlace": UsagePlan(10, 10),
    }


def test_a_retired_message_warns(client: Any) -> None:
    with pytest.warns(DeprecationWarning, match=r"^createFarewell left Amazon's published model on 2026-12-01"):
        client.create_farewell(ORDER, text="Leben Sie wohl!")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.send_greeting(ORDER, text="Guten Tag!")


def test_every_command_is_explained(command_line: Any) -> None:
    for message_type, operation in MESSAGE_TYPES.items():
        shown = command_line("send", message_type, "--help").stdout
        assert operation.documentation in shown.replace("\n    ", "")
    shown = " ".join(command_line("send", "visit", "--help").stdout.split())
    for part in (
        "--text TEXT The message, 1 to 200 characters.",
        "--visit D",
        "--tone [warm|formal]",
        "--guests VALUE",
    ):
        assert part in shown
    assert "--attach PATH A file to send, 1 to 3 files." in " ".join(
        command_line("send", "papers", "--help").stdout.split()
    )


def test_the_command_line_sends_and_reads(command_line: Any, sandbox: Sandbox, card: Path) -> None:
    visit = ("--text", "Bis bald!", "--visit", DATE, "--tone", "warm", "--guests", "2", "--place", '{"street": "A"}')
    for arguments in (("visit", ORDER, *visit), ("papers", ORDER, "--attach", str(card)), ("thanks", ORDER)):
        done = command_line("send", *arguments)
        assert done.exit_code == 0, done.stderr
    visited = {"visitDate": DATE, "tone": "warm", "guests": 2, "place": {"street": "A"}}
    assert sandbox.inbox[0].fields == visited

    listed = command_line("--json", "actions", ORDER)
    assert {action["message_type"] for action in json.loads(listed.stdout)["actions"]} >= {"visit", "gift"}
    assert json.loads(command_line("--json", "attributes", ORDER).stdout)["locale"] == "de-DE"
