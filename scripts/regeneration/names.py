"""How names of the wire become names of Python: the generator's own rules, so that both always agree. Pure."""

import keyword

from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case

FIELD_PREFIX = "field_"
# What the arguments of a facade method are called already.
TAKEN = {"self", "order_id", "marketplace"}
# What a client has besides its operations.
CLIENT_NAMES = {"send", "upload", "preflight", "close", "aclose", "for_seller", "from_env", "low_level"}


def class_name(schema: str) -> str:
    """The generated class of a component."""
    return str(ClassName(schema, FIELD_PREFIX))


def module_name(operation_id: str) -> str:
    """The generated module of an operation."""
    return str(PythonIdentifier(snake_case(operation_id), FIELD_PREFIX))


def method_name(operation_id: str) -> str:
    """The facade method of an operation."""
    name = module_name(operation_id)
    return f"{name}_" if name in CLIENT_NAMES else name


def argument_name(wire_name: str) -> str:
    """The keyword of the generated function or model."""
    return str(PythonIdentifier(wire_name, FIELD_PREFIX))


def keyword_name(wire_name: str) -> str:
    """The keyword of the facade method."""
    name = argument_name(wire_name)
    return f"{name}_" if name in TAKEN or keyword.iskeyword(name) else name
