"""Step 2, second half: rules that change published facts so that a client can be generated from them. Pure.

A rule is here, and not in an overlay, when it must also hold for operations and fields that Amazon adds later. The
docstring of each rule says what it does and why. `normalise` applies all rules, in order.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from openapi_python_client.strings import pascal_case

from regeneration.apis import Api
from regeneration.documents import Document, lookup, operations, reachable, resolve
from regeneration.problem import Problem

Rule = Callable[[Document, Api], None]

# Formats that the generator would parse into Python objects. It would write them back in another form.
PARSED_FORMATS = ("date-time", "date", "uuid", "binary", "byte")
# What a schema says of the fields of an object.
OBJECT_FACTS = {"properties", "required", "additionalProperties"}
MARKETPLACE_IDS = {
    "name": "marketplaceIds",
    "in": "query",
    "required": True,
    "style": "form",
    "explode": False,
    "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
}


def normalise(document: Document, api: Api) -> Document:
    """A copy of one API's reduced document, with every rule applied."""
    document = copy.deepcopy(document)
    for rule in RULES:
        rule(document, api)
    return document


def one_tag_per_api(document: Document, api: Api) -> None:
    """The only tag is the API's own. The generator makes module paths of tags, and published tags change."""
    for _, _, operation in operations(document):
        operation["tags"] = [api.tag]


def every_operation_takes_a_marketplace(document: Document, api: Api) -> None:
    """Every operation has `marketplaceIds`: Amazon requires it, even where the model does not say so."""
    for _, _, operation in operations(document):
        if all(node["name"] != MARKETPLACE_IDS["name"] for node in operation["parameters"]):
            operation["parameters"].append(copy.deepcopy(MARKETPLACE_IDS))


def bodies_are_required(document: Document, api: Api) -> None:
    """A body that an operation can take is required: without it Amazon answers 400."""
    for _, _, operation in operations(document):
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True


def one_media_type(document: Document, api: Api) -> None:
    """Requests are JSON, and answers have the API's media type.

    A model without `produces` becomes `*/*`, and the generator makes nothing of that. A body in another form than JSON
    is refused: as JSON it would be sent wrongly.
    """
    for _, _, operation in operations(document):
        found = operation.get("requestBody", {}).get("content", {})
        if found and not any("json" in media_type.lower() for media_type in found):
            what = ", ".join(found)
            raise Problem(f"{operation['operationId']}: it takes {what}, and the clients send JSON alone")
        _only_media_type(operation.get("requestBody", {}), "application/json")
        for response in operation["responses"].values():
            _only_media_type(response, api.media_type)


def _only_media_type(node: Document, media_type: str) -> None:
    if node.get("content"):
        node["content"] = {media_type: next(iter(node["content"].values()))}


def array_lengths_count_items(document: Document, api: Api) -> None:
    """`maxLength` and `minLength` of an array become `maxItems` and `minItems`, which is what Amazon means."""
    for schema in _all_schemas(document):
        if schema.get("type") == "array":
            for wrong, right in (("maxLength", "maxItems"), ("minLength", "minItems")):
                if wrong in schema:
                    schema.setdefault(right, schema.pop(wrong))


def strings_stay_strings(document: Document, api: Api) -> None:
    """Dates and similar values stay strings. The format is kept as `x-wire-format`.

    Amazon's sandbox compares date-times character by character, and parsing and formatting would change them.
    """
    for schema in _all_schemas(document):
        if schema.get("type") == "string" and schema.get("format") in PARSED_FORMATS:
            schema["x-wire-format"] = schema.pop("format")


def enums_stay_open(document: Document, api: Api) -> None:
    """The known values are kept as `x-enum`. Amazon adds values without notice, and an enum would reject them."""
    for schema in _all_schemas(document):
        if "enum" in schema:
            schema["x-enum"] = schema.pop("enum")


def defaults_stay_on_the_server(document: Document, api: Api) -> None:
    """A `default` becomes `x-default`. It is what Amazon assumes when nothing is sent, so the client sends nothing."""
    for schema in _all_schemas(document):
        if "default" in schema:
            schema["x-default"] = schema.pop("default")


def compositions_become_objects(document: Document, api: Api) -> None:
    """An `allOf` of objects becomes one object, so that all its fields are found where fields are looked for."""
    for schema in _all_schemas(document):
        _compose(document, schema)


def _compose(document: Document, schema: Document) -> None:
    # An `allOf` of one part, with nothing beside it, is another name for that part.
    if "allOf" not in schema or (len(schema["allOf"]) == 1 and not schema.keys() & OBJECT_FACTS):
        return
    parts = [_target(document, part) for part in schema["allOf"]]
    for part in parts:
        _compose(document, part)
    own = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [resolve(document, part) for part in parts]
    if all(map(_is_object, [*parts, own])) and any("properties" in part for part in [*parts, own]):
        schema.clear()
        for part in [*parts, own]:
            _absorb(schema, copy.deepcopy(part))


def _target(document: Document, node: Document) -> Document:
    """`node`, or what it refers to, as it stands there."""
    resolve(document, node)  # refuses a reference that leads back to itself
    while "$ref" in node:
        node = lookup(document, node["$ref"])
    return node


def _is_object(part: Document) -> bool:
    return part.get("type", "object") == "object" and not part.keys() & {"allOf", "anyOf", "oneOf", "enum"}


def _absorb(schema: Document, part: Document) -> None:
    fields = schema.get("properties", {})
    for name, field in part.pop("properties", {}).items():
        # A reference has nothing beside it.
        alone = "$ref" in field or "$ref" in fields.get(name, {})
        fields[name] = field if alone else fields.get(name, {}) | field
    required = {*schema.get("required", ()), *part.pop("required", ())}
    schema.update(part | {"type": "object", "properties": fields})
    if required:
        schema["required"] = sorted(required)


def objects_have_names(document: Document, api: Api) -> None:
    """Inline objects become components, named after their place, so that overlays and Python have a name for them."""
    schemas = document["components"]["schemas"]
    for _, _, operation in operations(document):
        name = pascal_case(operation["operationId"])
        _hoist_content(schemas, operation.get("requestBody", {}), f"{name}Request")
        for response in operation["responses"].values():
            _hoist_content(schemas, response, f"{name}Response")
    for name in list(schemas):
        _hoist_below(schemas, schemas[name], name)
    document["components"]["schemas"] = dict(sorted(schemas.items()))


def _hoist_content(schemas: Document, node: Document, name: str) -> None:
    for entry in node.get("content", {}).values():
        entry["schema"] = _hoisted(schemas, entry["schema"], name)


def _hoist_below(schemas: Document, schema: Document, name: str) -> None:
    for key, value in schema.get("properties", {}).items():
        schema["properties"][key] = _hoisted(schemas, value, name + pascal_case(key))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = _hoisted(schemas, schema[key], f"{name}Item")


def _hoisted(schemas: Document, schema: Document, name: str) -> Document:
    _hoist_below(schemas, schema, name)
    if schema.get("type") != "object" and "properties" not in schema:
        return schema
    while schemas.get(name, schema) != schema:
        name += "2"
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def links_may_be_lists(document: Document, api: Api) -> None:
    """A link (an object with an `href`) may also be a list of links, and an `href` a list of strings.

    HAL allows both, and production answers with both.
    """
    schemas = document["components"]["schemas"]
    links = {name for name, schema in schemas.items() if "href" in schema.get("properties", {})}
    for schema in schemas.values():
        for key, value in schema.get("properties", {}).items():
            link = value.get("items", value) if value.get("type") in (None, "array") else {}
            if link.get("$ref", "").rsplit("/", 1)[-1] in links:
                schema["properties"][key] = _one_or_list(link)
    for name in links:
        href = schemas[name]["properties"]
        href["href"] = _one_or_list(href["href"])


def _one_or_list(schema: Document) -> Document:
    return {"oneOf": [schema, {"type": "array", "items": copy.deepcopy(schema)}]}


def answers_are_read_leniently(document: Document, api: Api) -> None:
    """In a model that is used in answers alone, no field is required, and each may be null.

    Production leaves out required fields, or sends null for them. A strict parser would fail for the whole answer.
    """
    schemas = document["components"]["schemas"]
    nodes = [operation for _, _, operation in operations(document)]
    sent = reachable(schemas, [node.get("requestBody", {}) for node in nodes])
    # An unused model stays as it is: an operation that left may be kept, and may send it.
    for name in reachable(schemas, [node["responses"] for node in nodes]) - sent:
        schema = schemas[name]
        schema.pop("required", None)
        for key, value in schema.get("properties", {}).items():
            schema["properties"][key] = _or_null(value)


def _or_null(schema: Document) -> Document:
    if "$ref" in schema:
        return {"allOf": [schema], "nullable": True}
    return schema | {"nullable": True} if schema.keys() & {"type", "allOf", "oneOf", "anyOf"} else schema


def equal_parameters_are_shared(document: Document, api: Api) -> None:
    """Parameters become components, because an Overlay cannot change an element of a list.

    Where operations define a parameter differently, the name of the later one begins with its operation's name.
    """
    shared: Document = {}
    for _, _, operation in operations(document):
        for index, node in enumerate(operation["parameters"]):
            name = node["name"]
            if shared.setdefault(name, node) != node:
                name = f"{operation['operationId']}.{name}"
                shared[name] = node
            operation["parameters"][index] = {"$ref": f"#/components/parameters/{name}"}
    document["components"]["parameters"] = dict(sorted(shared.items()))


def _all_schemas(document: Document) -> Iterator[Document]:
    """Every schema of components, parameters, bodies and answers, and every schema inside it."""
    yield from (found for node in document["components"]["schemas"].values() for found in _below(node))
    for _, _, operation in operations(document):
        holders = [*operation["parameters"]]
        for node in (operation.get("requestBody", {}), *operation["responses"].values()):
            holders += node.get("content", {}).values()
        yield from (found for holder in holders for found in _below(holder["schema"]))


def _below(schema: Any) -> Iterator[Document]:
    if not isinstance(schema, dict):
        return
    yield schema
    parts = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for key in ("allOf", "anyOf", "oneOf"):
        parts += schema.get(key, [])
    for part in parts:
        yield from _below(part)


RULES: tuple[Rule, ...] = (
    one_tag_per_api,
    every_operation_takes_a_marketplace,
    bodies_are_required,
    one_media_type,
    array_lengths_count_items,
    strings_stay_strings,
    enums_stay_open,
    defaults_stay_on_the_server,
    compositions_become_objects,
    objects_have_names,
    links_may_be_lists,
    answers_are_read_leniently,
    equal_parameters_are_shared,
)
