"""A small specification, for tests of what the report says of a change."""

from __future__ import annotations

from regeneration.documents import Document

MESSAGES = "/messaging/v1/orders/{amazonOrderId}/messages"
CASES = "x-amzn-api-sandbox"
CARD = "`send_card` (sendCard)"
BILL = "`send_bill` (sendBill)"


def schema(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def message(name: str, *orders: str) -> Document:
    """A message with a published success for each of these orders."""
    cases = [
        {"request": {"parameters": {"amazonOrderId": {"value": order}, "body": {"value": {}}}}, "response": {}}
        for order in orders
    ]
    return {
        "operationId": f"send{name}",
        "summary": f"Send a {name.lower()}.",
        "tags": ["messaging"],
        "parameters": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema(name)}}},
        "responses": {
            "201": {"content": {"application/json": {"schema": schema("Answer")}}, CASES: {"static": cases}},
            "415": {},
        },
        "x-usage-plan": {"rate": 1, "burst": 5},
    }


def small() -> Document:
    """Two messages, a model that is sent inside another, and an answer."""
    files = {"type": "array", "maxItems": 5, "items": schema("Attachment")}
    text = {"type": "string", "minLength": 1, "maxLength": 400}
    tags = {"type": "array", "items": {"type": "string", "maxLength": 5}}
    when = {"type": "string", "x-wire-format": "date-time"}
    card = {"text": text, "files": files, "until": when, "tags": tags, "count": {"type": "number"}}
    mood = {"type": "string", "nullable": True, "x-enum": ["good", "bad"]}
    document: Document = {
        "openapi": "3.0.3",
        "info": {"title": "Small", "version": "v1"},
        "paths": {
            f"{MESSAGES}/card": {"post": message("Card", "1-1")},
            f"{MESSAGES}/bill": {"post": message("Bill", "1-1")},
        },
        "components": {
            "parameters": {
                "colour": {"name": "colour", "in": "query", "schema": {"type": "string"}},
                "size": {"name": "size", "in": "query", "schema": {"type": "integer"}},
            },
            "schemas": {
                "Card": {"type": "object", "properties": card},
                "Bill": {"type": "object", "properties": {"files": files | {"minItems": 1}}},
                "Attachment": {
                    "type": "object",
                    "required": ["fileName"],
                    "properties": {"fileName": {"type": "string"}, "uploadDestinationId": {"type": "string"}},
                },
                "Answer": {
                    "type": "object",
                    "properties": {"note": {"type": "string", "nullable": True}, "mood": mood},
                },
                "Unused": {"type": "object"},
            },
        },
    }
    send(document, "card")["parameters"] = [{"$ref": "#/components/parameters/colour"}]
    return document


def send(document: Document, message_type: str) -> Document:
    found: Document = document["paths"][f"{MESSAGES}/{message_type}"]["post"]
    return found


def fields(document: Document, model: str) -> Document:
    found: Document = document["components"]["schemas"][model]["properties"]
    return found
