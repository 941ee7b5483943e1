"""How lists are written in a query: which of them are one value, and what stands between their items. Pure."""

from regeneration.documents import Document, operations, resolve
from regeneration.generating.names import module_name

SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


def separators(document: Document) -> dict[str, dict[str, str]]:
    """What stands between the items, by an operation's module and a parameter's name.

    Each item of any other list is a parameter of its own.
    """
    return {module_name(node["operationId"]): _separators(document, node) for _, _, node in operations(document)}


def _separators(document: Document, node: Document) -> dict[str, str]:
    parameters = (resolve(document, reference) for reference in node["parameters"])
    return {each["name"]: SEPARATORS[each["style"]] for each in parameters if _is_one_value(document, each)}


def _is_one_value(document: Document, parameter: Document) -> bool:
    schema = resolve(document, parameter["schema"])
    # A list of one item is written in the same way whatever its style.
    several = schema.get("type") == "array" and schema.get("maxItems") != 1
    return (
        several and parameter["in"] == "query" and not parameter.get("explode") and parameter.get("style") in SEPARATORS
    )
