"""How names of the wire become names of Python: the generator's own rules, so that both always agree. Pure."""

from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case

FIELD_PREFIX = "field_"
# What a facade method uses already.
TAKEN = {"self", "order_id", "marketplace", "warnings"}
# What the generator's templates call things of their own.
USED_BY_FUNCTIONS = {"body", "client", "cookies", "errors", "headers", "httpx", "kwargs", "params", "quote", "response"}
USED_BY_MODELS = {
    "additional_keys", "additional_properties", "cast", "cls", "d", "field_dict", "from_dict", "prop", "prop_name",
    "src_dict", "to_dict",
}  # fmt: skip
# What a client has besides its operations.
CLIENT_NAMES = {"send", "upload", "preflight", "close", "aclose", "for_seller", "from_env", "low_level", "marketplace"}


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


def python_name(wire_name: str) -> str:
    """A name of the wire as the generator writes it."""
    return str(PythonIdentifier(wire_name, FIELD_PREFIX))


def keyword_name(wire_name: str) -> str:
    """The keyword of the facade method."""
    name = python_name(wire_name)
    return f"{name}_" if name in TAKEN else name


def argument_name(wire_name: str, location: str) -> str:
    """The keyword of the generated function, for a parameter."""
    name = python_name(wire_name)
    # A parameter of the path keeps its name, because the path's template holds it as well.
    return f"{name}_" if name in USED_BY_FUNCTIONS and location != "path" else name


def free_names(data: GeneratorData, config: Config) -> None:
    """Rename what the generator would give a name that its own templates use for something else."""
    for model in data.models:
        for field in [*(model.required_properties or ()), *(model.optional_properties or ())]:
            if field.python_name in USED_BY_MODELS:
                field.set_python_name(UntrustedString(f"{field.python_name}_"), config, skip_snake_case=True)
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            for parameter in [*endpoint.query_parameters, *endpoint.header_parameters]:
                if parameter.python_name in USED_BY_FUNCTIONS:
                    parameter.set_python_name(
                        UntrustedString(f"{parameter.python_name}_"), config, skip_snake_case=True
                    )
