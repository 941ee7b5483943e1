"""Merging two APIs into one document."""

from regeneration.documents import Document
from regeneration.merging.merge import merge


def api(path: str, error: Document) -> Document:
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}}
    return {
        "paths": {path: {"get": {"operationId": f"read_{path[1:]}", "responses": answer}}},
        "components": {
            "schemas": {"Error": error, "List": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}},
            "parameters": {},
        },
    }


def test_equal_components_are_one() -> None:
    error: Document = {"type": "object"}
    made = merge({"messaging": api("/a", error), "uploads": api("/b", error)})

    assert list(made["paths"]) == ["/a", "/b"]
    assert made["components"]["schemas"].keys() == {"Error", "List"}


def test_components_that_differ_are_kept_twice_and_referred_to_rightly() -> None:
    made = merge({"messaging": api("/a", {"type": "object"}), "uploads": api("/b", {"type": "string"})})

    schemas = made["components"]["schemas"]
    assert (schemas["Error"], schemas["UploadsError"]) == ({"type": "object"}, {"type": "string"})
    assert schemas["UploadsList"]["items"] == {"$ref": "#/components/schemas/UploadsError"}
    answer = made["paths"]["/b"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/UploadsError"}
