"""What the wrapper needs to know of each operation in `openapi.json`: function, arguments, usage plan. Pure."""

from dataclasses import dataclass
from itertools import combinations

from regeneration.documents import Document, operations, resolve
from regeneration.generating.names import argument_name, class_name, keyword_name, method_name, module_name
from regeneration.generating.records import Field, Operation, Parameter, Retired, SandboxCase
from regeneration.problem import Problem

ORDER = "amazonOrderId"
MARKETPLACES = "marketplaceIds"
REFERENCE = "https://developer-docs.amazon.com/sp-api/reference/"
READS = ("get", "head")
UPLOAD = "upload"


@dataclass(frozen=True)
class DescribedField:
    """A field, with what only the generator needs."""

    field: Field
    schema: Document
    description: str


@dataclass(frozen=True)
class DescribedParameter:
    """A parameter, with what only the generator needs. `keyword` is its name in the facade."""

    parameter: Parameter
    schema: Document
    description: str
    keyword: str


@dataclass(frozen=True)
class DescribedOperation:
    """An operation, with what only the generator needs. `answer_model` is the generated model of its answer."""

    operation: Operation
    fields: tuple[DescribedField, ...]
    parameters: tuple[DescribedParameter, ...]
    description: str
    answer_model: str | None
    sandbox_cases: tuple[SandboxCase, ...]


def table(document: Document) -> tuple[list[DescribedOperation], list[str]]:
    """The operations on orders, sorted by name, and a line for each operation that only the low-level client has."""
    found: list[DescribedOperation] = []
    left_out: list[str] = []
    for path, method, node in operations(document):
        reason = obstacle(document, path, method, node)
        if reason is None:
            found.append(_described(document, path, method, node))
        else:
            left_out.append(f"{node['operationId']}: {reason}; only the low-level client has it")
    _refuse_ambiguous([each.operation for each in found])
    return sorted(found, key=lambda each: each.operation.name), sorted(left_out)


def obstacle(document: Document, path: str, method: str, node: Document) -> str | None:
    """Why an operation cannot be a method of the clients. None: it can."""
    if f"{{{ORDER}}}" not in path:
        return f"its path does not name an order ({path})"
    if method in READS and "requestBody" in node:
        return "it reads and has a body"
    body = _body(document, node)
    # The fields of several schemas together are not known.
    if body is not None and (body.get("type", "object") != "object" or body.keys() & {"allOf", "anyOf", "oneOf"}):
        return "its body is not a JSON object"
    return None


def operation_kind(method: str, node: Document) -> str:
    """`read`, `send`, or what an overlay says in `x-kind`: `upload`."""
    kind = node.get("x-kind")
    if kind not in (None, UPLOAD):
        raise Problem(f"openapi.json: {node['operationId']}: x-kind is {kind!r}; the only value is {UPLOAD!r}")
    return kind or ("read" if method in READS else "send")


def _refuse_ambiguous(found: list[Operation]) -> None:
    """Each method and each message type means one operation. Otherwise only one of two could be called."""
    for one, other in combinations(found, 2):
        if one.name == other.name:
            _refuse(one, other, f"both would be the method {one.name}")
        if one.message_type and one.message_type == other.message_type:
            _refuse(one, other, f"both have the message type {one.message_type!r}")
    ids = {each.operation_id: each for each in found}
    for each in found:
        owner = ids.get(each.message_type or "", each)
        if owner is not each:
            _refuse(each, owner, f"the message type {each.message_type!r} of the first is the name of the second")


def _refuse(one: Operation, other: Operation, reason: str) -> None:
    raise Problem(
        f"openapi.json: {one.operation_id} ({one.http_method} {one.path}) and {other.operation_id} "
        f"({other.http_method} {other.path}): {reason}. Remove one of them with an overlay in spec/overlays"
    )


def _described(document: Document, path: str, method: str, node: Document) -> DescribedOperation:
    operation_id = node["operationId"]
    kind = operation_kind(method, node)
    status, answer = success(node, 200 if kind == "read" else 201)
    plan = node.get("x-usage-plan", {})
    fields = _fields(document, node)
    parameters = () if kind == UPLOAD else _parameters(document, node, fields)
    operation = Operation(
        operation_id=operation_id,
        name=method_name(operation_id),
        kind=kind,
        http_method=method.upper(),
        path=path,
        message_type=_message_type(path) if kind == "send" else None,
        module=f"spapi_messaging_client.api.{node['tags'][0]}.{module_name(operation_id)}",
        body_model=_reference_class(first_schema(node.get("requestBody", {}))),
        rate=plan.get("rate"),
        burst=plan.get("burst"),
        fields=tuple(each.field for each in fields),
        parameters=tuple(each.parameter for each in parameters),
        answer=node.get("x-answer"),
        retired=_retired(node),
        deprecated=_deprecation(node),
        summary=node.get("summary", ""),
        success_status=status,
        documentation=REFERENCE + operation_id.lower(),
        accept=next(iter(answer.get("content", {})), "application/json"),
    )
    return DescribedOperation(
        operation=operation,
        fields=fields,
        parameters=parameters,
        description=node.get("description", ""),
        answer_model=_reference_class(first_schema(answer)),
        sandbox_cases=sandbox_cases(node),
    )


def _retired(node: Document) -> Retired | None:
    known = node.get("x-retired")
    return None if known is None else Retired(known.get("date"), known.get("commit"))


def _deprecation(node: Document) -> str:
    """Why callers should not use an operation any more. Clients, commands and documentation all say it so."""
    name, retired = node["operationId"], _retired(node)
    if retired is not None:
        return f"{name} left Amazon's published model{when(retired)}; expect Amazon to refuse it."
    return f"Amazon calls {name} deprecated; expect it to go." if node.get("deprecated") else ""


def when(retired: Retired) -> str:
    """` on 2026-01-30 (commit b9dffa4)`, as far as that is known."""
    date = f" on {retired.date}" if retired.date else ""
    return date + (f" (commit {retired.commit})" if retired.commit else "")


def _message_type(path: str) -> str | None:
    last = path.rsplit("/", 1)[-1]
    return last if last and "{" not in last else None


def success(node: Document, otherwise: int) -> tuple[int, Document]:
    """The status and the node of an operation's success."""
    for status, answer in sorted(node["responses"].items()):
        if status.isdecimal() and status.startswith("2"):
            return int(status), answer
    return otherwise, {}


def first_schema(node: Document) -> Document:
    """The schema of a body or an answer. There is one media type; if not, the first counts."""
    for entry in node.get("content", {}).values():
        schema: Document = entry.get("schema", {})
        return schema
    return {}


def _body(document: Document, node: Document) -> Document | None:
    return resolve(document, first_schema(node["requestBody"])) if "requestBody" in node else None


def _reference_class(schema: Document) -> str | None:
    return class_name(schema["$ref"].rsplit("/", 1)[-1]) if "$ref" in schema else None


def _fields(document: Document, node: Document) -> tuple[DescribedField, ...]:
    body = _body(document, node) or {}
    required = body.get("required", [])
    return tuple(
        _field(document, name, schema, name in required) for name, schema in body.get("properties", {}).items()
    )


def _field(document: Document, wire_name: str, schema: Document, required: bool) -> DescribedField:
    actual = resolve(document, schema)
    field = Field(
        name=keyword_name(wire_name),
        wire_name=wire_name,
        kind=_field_kind(document, wire_name, actual),
        required=required,
        min_length=actual.get("minLength"),
        max_length=actual.get("maxLength"),
        min_items=actual.get("minItems"),
        max_items=actual.get("maxItems"),
        enum=tuple(actual.get("x-enum", ())),
    )
    return DescribedField(field, actual, schema.get("description") or actual.get("description", ""))


def _field_kind(document: Document, wire_name: str, schema: Document) -> str:
    if schema.get("x-wire-format") == "date-time":
        return "date-time"
    if schema.get("type") == "string" and wire_name == "text":
        return "text"
    items = resolve(document, schema.get("items", {})) if schema.get("type") == "array" else {}
    return "attachments" if "uploadDestinationId" in items.get("properties", {}) else "value"


def _parameters(
    document: Document, node: Document, fields: tuple[DescribedField, ...]
) -> tuple[DescribedParameter, ...]:
    taken = {each.field.name for each in fields}
    found = (resolve(document, reference) for reference in node["parameters"])
    return tuple(_parameter(document, item, taken) for item in found if item["name"] not in (ORDER, MARKETPLACES))


def _parameter(document: Document, node: Document, taken: set[str]) -> DescribedParameter:
    schema = resolve(document, node["schema"])
    keyword = keyword_name(node["name"])
    parameter = Parameter(
        name=argument_name(node["name"], node["in"]),
        wire_name=node["name"],
        location=node["in"],
        required=node.get("required", False),
        enum=tuple(schema.get("x-enum", ())),
    )
    keyword = f"{keyword}_{node['in']}" if keyword in taken else keyword
    return DescribedParameter(parameter, schema, node.get("description", ""), keyword)


def sandbox_cases(node: Document) -> tuple[SandboxCase, ...]:
    """The published cases of an operation."""
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
