"""The change report: the next version, what changed, where it came from, and what a person must do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from regeneration.apis import Api
from regeneration.documents import Document
from regeneration.fetching.source import read_sources
from regeneration.merging.overlay import Overlay
from regeneration.merging.retire import retired_overlay
from regeneration.pipeline import published, specify
from regeneration.reporting.pace import DEFAULT
from regeneration.reporting.report import Origin, Run, report
from spapi_messaging._call.turn import DEFAULT_PLAN
from tests.scripts.small_specification import BILL, CARD, MESSAGES, fields, send, small

VERSION = "1.2.3"


def reported(*mutations: Callable[[Document], None], old: Document | None = None, **run: object) -> str:
    """The report of a change of the small specification."""
    new = small()
    for mutation in mutations:
        mutation(new)
    return report(small() if old is None else old, new, Run(**({"version": VERSION} | run)))  # type: ignore[arg-type]


def wider(document: Document) -> None:
    fields(document, "Card")["text"]["maxLength"] = 500


def tighter(document: Document) -> None:
    fields(document, "Bill")["files"]["maxItems"] = 2


def gone(document: Document) -> None:
    del document["paths"][f"{MESSAGES}/card"]


def prose(document: Document) -> None:
    send(document, "bill")["description"] = "Other words."


def strange(document: Document) -> None:
    send(document, "bill")["x-colour"] = "red"


def without_plan(document: Document) -> None:
    del send(document, "bill")["x-usage-plan"]


def test_a_report() -> None:
    text = reported(
        wider,
        tighter,
        prose,
        strange,
        version="0.1.4",
        origins=[Origin("messaging", "https://github.com/a/b", "b9dffa43fd820f", "2026-01-30")],
        undescribed=["field Card.tone"],
        unmatched=["10-corrections.yaml: action 1: $.paths['/x']"],
        pruned=True,
    )

    assert (
        text
        == f"""\
Next version: **0.2.0** (breaks callers). 2 changes for users, 1 of which breaks callers.

Taken from Amazon's repository: `messaging` at [`b9dffa4`](https://github.com/a/b/commit/b9dffa43fd820f) of 2026-01-30.

### Changed

- **breaks callers:** {BILL}: field `files`: maxItems 2, before 5.
- {CARD}: field `text`: maxLength 500, before 400.

### Other differences

- {BILL}: `/x-colour`: `"red"`, before none.

### Descriptions

- {BILL}: another description.

### Pruned from the overlays

- `10-corrections.yaml: action 1: $.paths['/x']`

### Described from their names alone

- `field Card.tone`

### What to do

- Review each line that breaks callers: can they go on with what the client does now? Say in `CHANGELOG.md` what they \
must change. The failing tests show what they would see.
- Look at the other differences. The version above does not count them: do they break callers?
- Look at what was pruned. Where Amazon has made the correction itself, nothing is to be done; where the place was \
only moved, put the action back with the new place.
- Describe what is described from its name alone in `spec/overlays/30-documentation.yaml`, then run \
`.venv/bin/python scripts/regenerate.py`.
"""
    )


@pytest.mark.parametrize(
    ("mutation", "version", "verdict"),
    [
        (gone, "1.2.3", "Next version: **2.0.0** (breaks callers). 1 change for users, 1 of which breaks callers."),
        (gone, "0.2.3", "Next version: **0.3.0** (breaks callers). 1 change for users, 1 of which breaks callers."),
        (
            wider,
            "1.2.3",
            "Next version: **1.3.0** (callers can do more). 1 change for users, none of which breaks callers.",
        ),
        (
            without_plan,
            "1.2.3",
            "Next version: **1.2.4** (callers have nothing to do). 1 change for users, none of which breaks callers.",
        ),
        (prose, "1.2.3", "Next version: **1.2.4** (callers have nothing to do). No change for users is known."),
        (strange, "1.2.3", "Next version: **1.2.4** (callers have nothing to do). No change for users is known."),
    ],
)
def test_the_next_version(mutation: Callable[[Document], None], version: str, verdict: str) -> None:
    assert reported(mutation, version=version).splitlines()[0] == verdict


def test_the_report_is_empty_when_nothing_changed() -> None:
    assert reported(undescribed=["field Card.tone"], origins=[Origin("messaging", "x", "abc", None)]) == ""


def test_there_is_nothing_to_compare_the_first_time() -> None:
    assert report(None, small(), Run(VERSION)) == ""


def test_actions_that_match_nothing_are_named_even_alone() -> None:
    assert reported(unmatched=["10-x.yaml: action 2: $.a`b"]) == (
        "### Overlay actions that match nothing\n\n- ``10-x.yaml: action 2: $.a`b``\n\n### What to do\n\n"
        "- Remove the overlay actions that match nothing, with `--prune`, or mend their targets.\n"
    )


def test_a_commit_without_a_page_is_named_too() -> None:
    assert "\nTaken from Amazon's repository: `x` at `abc1234`.\n" in reported(
        wider, origins=[Origin("x", "/some/folder", "abc1234567", None)]
    )


def test_an_operation_without_a_plan_says_how_fast_it_is_called() -> None:
    assert reported(without_plan).endswith(
        "- Look for the usage plan of `sendBill`. None is published, so the client keeps to 1/s, burst 5. A plan that "
        "Amazon documents elsewhere goes into `spec/overlays/10-corrections.yaml`.\n"
    )
    assert "usage plan of" not in reported(without_plan, wider, old=planless())
    assert DEFAULT_PLAN._asdict() == DEFAULT


def planless() -> Document:
    document = small()
    without_plan(document)
    return document


def test_no_name_of_amazons_breaks_the_markdown() -> None:
    def odd(document: Document) -> None:
        fields(document, "Card")["a`b\n\n### Removed\n\n- |"] = {"type": "string", "pattern": "``\n# x"}
        node = dict(send(document, "bill"), operationId="sendOdd", summary="A <b> [link](x)\n\n# Heading")
        document["paths"][f"{MESSAGES}/`odd`"] = {"post": node}

    text = reported(odd)
    assert [line for line in text.splitlines() if line.startswith("#")] == ["### Added"]
    assert r"A \<b\> \[link\](x) \# Heading; message type `` `odd` ``;" in text


HISTORY: dict[tuple[str, str], str] = {
    ("history/messaging-2020-10-23.json", "history/messaging-2021-06-01.json"): """\
Next version: **1.2.4** (callers have nothing to do). 1 change for users, none of which breaks callers.

### Changed

- `confirmCustomizationDetails`, `CreateAmazonMotors`, `createConfirmDeliveryDetails`, \
`createConfirmOrderDetails`, `createConfirmServiceDetails`, `createDigitalAccessKey`, `createLegalDisclosure`, \
`createNegativeFeedbackRemoval`, `createUnexpectedProblem`, `CreateWarranty`, `GetAttributes`, \
`getMessagingActionsForOrder`: sandbox cases: new 400 for order `123-1234567-0000000`; no longer 400 for order \
`123-1234567-1234567`.
""",
    ("history/messaging-2021-06-01.json", "history/messaging-2022-07-21.json"): """\
Next version: **1.3.0** (callers can do more). 1 change for users, none of which breaks callers.

### Added

- `send_invoice` (sendInvoice): Send the buyer a message of the type invoice; message type `invoice`; takes \
attachments (1 to 5 items); no usage plan; 2 sandbox cases.

### Other differences

- `Schema`: `/additionalProperties`: `{}`, before `true`.

### What to do

- Look at the other differences. The version above does not count them: do they break callers?
- Look for the usage plan of `sendInvoice`. None is published, so the client keeps to 1/s, burst 5. A plan that Amazon \
documents elsewhere goes into `spec/overlays/10-corrections.yaml`.
""",
    ("history/messaging-2022-07-21.json", "messaging.json"): """\
Next version: **1.3.0** (callers can do more). 2 changes for users, none of which breaks callers.

### Deprecated

- `create_amazon_motors` (CreateAmazonMotors) left the published model on 2026-01-30 (commit b9dffa4); \
the method stays and warns.
- `create_negative_feedback_removal` (createNegativeFeedbackRemoval) left the published model on 2025-08-04 \
(commit 7c93eb1); the method stays and warns.
""",
}


API = Api("messaging", "Messages", "messaging", "/messaging/", "application/hal+json", "https://example.com", "m.json")
LAST = "history/messaging-2022-07-21.json"
# The operations that left the last of these models.
LEFT = {"CreateAmazonMotors": ("2026-01-30", "b9dffa4"), "createNegativeFeedbackRemoval": ("2025-08-04", "7c93eb1")}


@cache
def facts(model: Path) -> Document:
    """The facts of one of Amazon's models."""
    [source] = read_sources(model, [API])
    return published(source)


def specification(shared: Path, name: str) -> Document:
    """The specification for one of Amazon's models, without the overlays of today's."""
    last = facts(shared / LAST)
    overlays = [
        Overlay(f"{operation}.yaml", retired_overlay(last, operation, *known)) for operation, known in LEFT.items()
    ]
    return specify([API], {API.name: facts(shared / name)}, overlays).document


@pytest.mark.parametrize(("old", "new"), HISTORY, ids=lambda name: Path(name).stem)
def test_history(old: str, new: str, shared: Path) -> None:
    text = report(specification(shared, old), specification(shared, new), Run("1.2.3"))

    assert text == HISTORY[old, new]
