"""Lists in a query are written as the model says."""

from __future__ import annotations

import pytest

from regeneration.documents import Document
from regeneration.generating.lists import separators


@pytest.mark.parametrize(
    ("parameter", "separator"),
    [
        ({"style": "form", "explode": False}, ","),
        ({"style": "spaceDelimited"}, " "),
        ({"style": "pipeDelimited"}, "|"),
        ({"explode": True}, None),
        ({"style": "form", "explode": True}, None),
        ({"style": "simple", "in": "header"}, None),
        ({"style": "form", "explode": False, "schema": {"type": "array", "maxItems": 1}}, None),
        ({"schema": {"type": "string"}}, None),
    ],
)
def test_what_stands_between_the_items(parameter: Document, separator: str | None) -> None:
    node = {"name": "ids", "in": "query", "schema": {"type": "array"}} | parameter
    document = {"paths": {"/a": {"get": {"operationId": "readIt", "parameters": [node]}}}}

    assert separators(document) == {"read_it": {"ids": separator} if separator else {}}
