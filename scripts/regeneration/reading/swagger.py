"""Step 2, first half: reads a Swagger 2.0 document as a reduced OpenAPI 3 document. Pure.

Lists say which facts are kept; everything else (descriptions, examples, contacts, licences, headers) is dropped. The
usage plan is the only fact that Amazon writes in prose, so it is read from the description.
"""

from typing import Any

from regeneration.documents import Document, full_path, operations, pointer, resolve
from regeneration.problem import Problem
from regeneration.reading.swagger_schemas import PARAMETER_FACTS, Schemas
from regeneration.reading.usage_plan import usage_plan

# The second is the name until 2022.
SANDBOX_KEYS = ("x-amzn-api-sandbox", "x-amazon-spds-sandbox-behaviors")
FORM_MEDIA_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
# OpenAPI 3 writes the collectionFormat of a list as these. Swagger allows `multi` in queries alone.
STYLES: dict[tuple[str, str], Document] = {
    ("query", "csv"): {"style": "form", "explode": False},
    ("query", "multi"): {"explode": True},
    ("query", "ssv"): {"style": "spaceDelimited"},
    ("query", "pipes"): {"style": "pipeDelimited"},
    ("path", "csv"): {"style": "simple"},
    ("header", "csv"): {"style": "simple"},
}


def reduce(document: Document, title: str) -> Document:
    """The facts of `document`. The published order of paths and definitions does not change the result."""
    paths: Document = {}
    for path, method, operation in sorted(operations(document), key=lambda found: found[:2]):
        place = pointer("paths", path, method)
        shared = document["paths"][path].get("parameters", [])
        facts = _Operation(document, operation, place).facts(shared)
        paths.setdefault(full_path(document, path), {})[method] = facts
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": str(document["info"]["version"])},
        "paths": paths,
        "components": {"schemas": Schemas(document).components()},
    }


class _Operation:
    """One operation of `document`, at `place`."""

    def __init__(self, document: Document, node: Document, place: str) -> None:
        self.document = document
        self.node = node
        self.place = place
        self.schemas = Schemas(document)

    def facts(self, shared: list[Document]) -> Document:
        """Everything that is kept of the operation. `shared` are the parameters of its path."""
        parameters = self._parameters(shared)
        facts: Document = {
            "operationId": self.node["operationId"],
            "parameters": [self._parameter(node) for node in parameters if node["in"] not in ("body", "formData")],
        }
        if body := self._body(parameters):
            facts["requestBody"] = body
        facts["responses"] = {
            status: self._response(self._resolved(node, "responses"))
            for status, node in sorted(self.node["responses"].items())
            if not status.startswith("x-")
        }
        return facts | self._further_facts()

    def _further_facts(self) -> Document:
        """The facts that few operations have."""
        plan = usage_plan(self.node.get("description", ""), f"{self.place}: {self.node['operationId']}")
        security = self.node.get("security", self.document.get("security"))
        known = {
            "x-usage-plan": plan,
            "deprecated": self.node.get("deprecated") is True,
            # Not `security`: that needs definitions of its own, and changes the generated functions.
            "x-security": security,
        }
        return {key: value for key, value in known.items() if value}

    def _parameters(self, shared: list[Document]) -> list[Document]:
        """The parameters, sorted. One of the operation replaces one of its path."""
        nodes = [self._resolved(node, "parameters") for node in [*shared, *self.node.get("parameters", [])]]
        by_place = {(node["in"], node["name"]): node for node in nodes}
        return [by_place[place] for place in sorted(by_place)]

    def _resolved(self, node: Document, kind: str) -> Document:
        """`node`, or what it refers to, which must not be a schema."""
        if node.get("$ref", "").startswith("#/definitions/"):
            raise Problem(f"{self.place}/{kind}: {node['$ref']} is a definition, and one of {kind} is needed")
        return resolve(self.document, node)

    def _parameter(self, node: Document) -> Document:
        kept = {key: node[key] for key in ("name", "in", "required") if key in node}
        return kept | self._style(node) | {"schema": self._parameter_schema(node)}

    def _parameter_schema(self, node: Document) -> Document:
        facts = {key: node[key] for key in PARAMETER_FACTS if key in node}
        schema: Document = self.schemas.reduced(facts, self.place)
        return schema

    def _style(self, node: Document) -> Document:
        # Amazon also gives a collectionFormat to strings, where it means nothing.
        if node.get("type") != "array":
            return {}
        collection = node.get("collectionFormat", "csv")
        if (node["in"], collection) not in STYLES or node["items"].get("type") == "array":
            raise Problem(
                f"{self.place}/parameters: {node['name']}: OpenAPI 3 has no way to write this list in the {node['in']}"
                f" (collectionFormat {collection})"
            )
        return STYLES[node["in"], collection]

    def _body(self, parameters: list[Document]) -> Document:
        """The request's body, which Swagger 2.0 has among the parameters. Empty: the request has no body."""
        bodies = [node for node in parameters if node["in"] == "body"]
        fields = [node for node in parameters if node["in"] == "formData"]
        if len(bodies) + bool(fields) > 1:
            raise Problem(f"{self.place}/parameters: more than one body")
        if fields:
            return self._form(fields)
        return self._json_body(bodies[0]) if bodies else {}

    def _json_body(self, node: Document) -> Document:
        schema = self.schemas.reduced(node["schema"], self.place)
        media_types = self._media_types("consumes") or ["application/json"]
        return {"required": node.get("required", False), "content": _content(media_types, schema)}

    def _form(self, fields: list[Document]) -> Document:
        required = sorted(node["name"] for node in fields if node.get("required"))
        properties = {node["name"]: self._parameter_schema(node) for node in fields}
        schema = {"type": "object", "properties": properties} | ({"required": required} if required else {})
        media_type = FORM_MEDIA_TYPES[FORM_MEDIA_TYPES[0] not in self._media_types("consumes")]
        return {"required": bool(required), "content": _content([media_type], schema)}

    def _response(self, node: Document) -> Document:
        found = next((node[key] for key in SANDBOX_KEYS if key in node), None)
        # The older form is a list of cases.
        cases = found.get("static", []) if isinstance(found, dict) else found
        facts: Document = {"description": ""}
        if "schema" in node:
            schema = self.schemas.reduced(node["schema"], self.place)
            facts["content"] = _content(self._media_types("produces") or ["*/*"], schema)
        return facts | ({SANDBOX_KEYS[0]: {"static": cases}} if cases else {})

    def _media_types(self, key: str) -> list[str]:
        """The operation's own `consumes` or `produces`, or the document's."""
        holder = self.node if key in self.node else self.document
        return list(dict.fromkeys(holder.get(key, [])))


def _content(media_types: list[str], schema: Any) -> Document:
    return {media_type: {"schema": schema} for media_type in media_types}
