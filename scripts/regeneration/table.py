"""What the wrapper needs to know of each operation in `openapi.json`: function, arguments, usage plan. Pure."""

from dataclasses import dataclass
from typing import Any

from regeneration.documents import Document, operations, resolve
from regeneration.names import argument_name, class_name, keyword_name, method_name, module_name

ORDER = "amazonOrderId"
MARKETPLACES = "marketplaceIds"
REFERENCE = "https://developer-docs.amazon.com/sp-api/reference/"
READS = ("get", "head")


@dataclass(frozen=True)
class Field:
    """One field of a message's body."""

    name: str
    wire_name: str
    kind: str
    required: bool
    min_length: int | None
    max_length: int | None
    min_items: int | None
    max_items: int | None
    enum: tuple[Any, ...]
    schema: Document
    description: str


@dataclass(frozen=True)
class Parameter:
    """A path, query or header parameter other than the order and the marketplace."""

    name: str
    wire_name: str
    location: str
    required: bool
    enum: tuple[Any, ...]
    schema: Document
    description: str
    keyword: str


@dataclass(frozen=True)
class SandboxCase:
    """A request that Amazon's static sandbox answers, and the answer."""

    order_id: str | None
    parameters: dict[str, Any]
    body: Any
    status: int
    response: Any


@dataclass(frozen=True)
class Operation:
    """One operation, with everything that the generated code says about it."""

    operation_id: str
    name: str
    kind: str
    http_method: str
    path: str
    message_type: str | None
    module: str
    body_model: str | None
    rate: float | None
    burst: int | None
    fields: tuple[Field, ...]
    parameters: tuple[Parameter, ...]
    retired: tuple[str | None, str | None] | None
    summary: str
    description: str
    success_status: int
    documentation: str
    accept: str
    answer: str | None
    sandbox_cases: tuple[SandboxCase, ...]


def table(document: Document) -> tuple[list[Operation], list[str]]:
    """The operations on orders, sorted by name, and a line for each operation that only the low-level client has."""
    found: list[Operation] = []
    left_out: list[str] = []
    for path, method, node in operations(document):
        reason = _obstacle(document, path, method, node)
        if reason is None:
            found.append(_operation(document, path, method, node))
        else:
            left_out.append(f"{node['operationId']}: {reason}; only the low-level client has it")
    return sorted(found, key=lambda operation: operation.name), sorted(left_out)


def _obstacle(document: Document, path: str, method: str, node: Document) -> str | None:
    if f"{{{ORDER}}}" not in path:
        return f"its path does not name an order ({path})"
    if method in READS and "requestBody" in node:
        return "it reads and has a body"
    body = _body(document, node)
    if body is not None and body.get("type", "object") != "object":
        return "its body is not a JSON object"
    return None


def _operation(document: Document, path: str, method: str, node: Document) -> Operation:
    operation_id, tag = node["operationId"], node["tags"][0]
    kind = "upload" if tag == "uploads" else "read" if method in READS else "send"
    status, answer = _success(node, 200 if kind == "read" else 201)
    media_type, content = next(iter(answer.get("content", {}).items()), ("application/json", {"schema": {}}))
    plan = node.get("x-usage-plan", {})
    retired = node.get("x-retired")
    return Operation(
        operation_id=operation_id,
        name=method_name(operation_id),
        kind=kind,
        http_method=method.upper(),
        path=path,
        message_type=_message_type(path) if kind == "send" else None,
        module=f"spapi_messaging_client.api.{tag}.{module_name(operation_id)}",
        body_model=_reference_class(_body_schema(node)),
        rate=plan.get("rate"),
        burst=plan.get("burst"),
        fields=_fields(document, node),
        parameters=() if kind == "upload" else _parameters(document, node),
        retired=None if retired is None else (retired.get("date"), retired.get("commit")),
        summary=node.get("summary", ""),
        description=node.get("description", ""),
        success_status=status,
        documentation=REFERENCE + operation_id.lower(),
        accept=media_type,
        answer=_reference_class(content["schema"]),
        sandbox_cases=_sandbox_cases(node),
    )


def _message_type(path: str) -> str | None:
    last = path.rsplit("/", 1)[-1]
    return last if last and "{" not in last else None


def _success(node: Document, otherwise: int) -> tuple[int, Document]:
    for status, answer in sorted(node["responses"].items()):
        if status.isdecimal() and status.startswith("2"):
            return int(status), answer
    return otherwise, {}


def _body_schema(node: Document) -> Document:
    content = node.get("requestBody", {}).get("content", {})
    schema: Document = next(iter(content.values()), {"schema": {}})["schema"]
    return schema


def _body(document: Document, node: Document) -> Document | None:
    return resolve(document, _body_schema(node)) if "requestBody" in node else None


def _reference_class(schema: Document) -> str | None:
    return class_name(schema["$ref"].rsplit("/", 1)[-1]) if "$ref" in schema else None


def _fields(document: Document, node: Document) -> tuple[Field, ...]:
    body = _body(document, node) or {}
    required = body.get("required", [])
    return tuple(
        _field(document, name, schema, name in required) for name, schema in body.get("properties", {}).items()
    )


def _field(document: Document, wire_name: str, schema: Document, required: bool) -> Field:
    actual = resolve(document, schema)
    return Field(
        name=keyword_name(wire_name),
        wire_name=wire_name,
        kind=_kind(document, wire_name, actual),
        required=required,
        min_length=actual.get("minLength"),
        max_length=actual.get("maxLength"),
        min_items=actual.get("minItems"),
        max_items=actual.get("maxItems"),
        enum=tuple(actual.get("x-enum", ())),
        schema=actual,
        description=schema.get("description") or actual.get("description", ""),
    )


def _kind(document: Document, wire_name: str, schema: Document) -> str:
    if schema.get("x-wire-format") == "date-time":
        return "date-time"
    if schema.get("type") == "string" and wire_name == "text":
        return "text"
    items = resolve(document, schema.get("items", {})) if schema.get("type") == "array" else {}
    return "attachments" if "uploadDestinationId" in items.get("properties", {}) else "value"


def _parameters(document: Document, node: Document) -> tuple[Parameter, ...]:
    taken = {field.name for field in _fields(document, node)}
    found = (resolve(document, reference) for reference in node["parameters"])
    return tuple(_parameter(document, item, taken) for item in found if item["name"] not in (ORDER, MARKETPLACES))


def _parameter(document: Document, node: Document, taken: set[str]) -> Parameter:
    schema = resolve(document, node["schema"])
    keyword = keyword_name(node["name"])
    return Parameter(
        name=argument_name(node["name"], node["in"]),
        wire_name=node["name"],
        location=node["in"],
        required=node.get("required", False),
        enum=tuple(schema.get("x-enum", ())),
        schema=schema,
        description=node.get("description", ""),
        keyword=f"{keyword}_{node['in']}" if keyword in taken else keyword,
    )


def _sandbox_cases(node: Document) -> tuple[SandboxCase, ...]:
    return tuple(
        _sandbox_case(case, int(status))
        for status, answer in sorted(node["responses"].items())
        if status.isdecimal()
        for case in answer.get("x-amzn-api-sandbox", {}).get("static", [])
    )


def _sandbox_case(case: Document, status: int) -> SandboxCase:
    matched = {name: entry.get("value") for name, entry in case.get("request", {}).get("parameters", {}).items()}
    # The marketplace is required, but the sandbox does not compare it.
    matched.pop(MARKETPLACES, None)
    order_id, body = matched.pop(ORDER, None), matched.pop("body", None)
    return SandboxCase(order_id, matched, body, status, case.get("response"))
