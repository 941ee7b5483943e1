"""An operation that Amazon adds works after regeneration. Nobody has to write a line for it."""

from __future__ import annotations

from pathlib import Path

from regeneration.documents import Document
from tests.scripts.conftest import Regenerate
from tests.scripts.fixture_repository import ORDERS
from tests.scripts.packages import run_tests


def with_gift_note(model: Document) -> Document:
    """Adds sendGiftNote: a text of at most 300, at most 2 attachments, the plan 2/10, and one sandbox case."""
    case = {
        "request": {
            "parameters": {
                "amazonOrderId": {"value": "123-1234567-1234567"},
                "body": {"value": {"text": "My Message"}},
            }
        },
        "response": {},
    }
    model["definitions"]["SendGiftNoteRequest"] = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 300},
            "attachments": {"type": "array", "maxLength": 2, "items": {"$ref": "#/definitions/Attachment"}},
        },
    }
    model["definitions"]["SendGiftNoteResponse"] = {
        "type": "object",
        "properties": {"errors": {"$ref": "#/definitions/ErrorList"}},
    }
    answer = {"description": "Taken.", "schema": {"$ref": "#/definitions/SendGiftNoteResponse"}}
    model["paths"][f"{ORDERS}/messages/giftNote"] = {
        "post": {
            "tags": ["messaging"],
            "description": "Sends a note.\n\n| Rate (requests per second) | Burst |\n| ---- | ---- |\n| 2 | 10 |",
            "operationId": "sendGiftNote",
            "parameters": [
                {"name": "amazonOrderId", "in": "path", "required": True, "type": "string"},
                {
                    "name": "marketplaceIds",
                    "in": "query",
                    "required": True,
                    "type": "array",
                    "items": {"type": "string"},
                    "maxItems": 1,
                },
                {
                    "name": "body",
                    "in": "body",
                    "required": True,
                    "schema": {"$ref": "#/definitions/SendGiftNoteRequest"},
                },
            ],
            "responses": {"201": answer | {"x-amzn-api-sandbox": {"static": [case]}}, "400": answer},
        }
    }
    return model


def test_send_gift_note(swagger: Document, regenerate: Regenerate, tmp_path: Path) -> None:
    report = regenerate(with_gift_note(swagger))

    changes, waiting = report.split("### Described from their names alone\n\n")
    assert changes == (
        "Next version: **1.3.0** (callers can do more). 1 change for users, none of which breaks callers.\n\n"
        "### Added\n\n"
        "- `send_gift_note` (sendGiftNote): Send the buyer a message of the type giftNote; message type `giftNote`; "
        "takes text (1 to 300 characters), attachments (at most 2 items); usage plan 2/s, burst 10; 1 sandbox case.\n\n"
    )
    names = ("Request", "Request.text", "Request.attachments", "Response")
    undescribed = [f"{'field' if '.' in name else 'model'} SendGiftNote{name}" for name in names]
    assert {f"- `{place}`" for place in ["operation sendGiftNote", *undescribed]} <= set(waiting.splitlines())
    assert waiting.endswith(
        "### What to do\n\n- Describe what is described from its name alone in "
        "`spec/overlays/30-documentation.yaml`, then run `.venv/bin/python scripts/regenerate.py`.\n"
    )
    run_tests(tmp_path / "made", Path(__file__).with_name("gift_note.py"))
