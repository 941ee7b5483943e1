"""Names in requests and answers, turned into Python names by the generator's own rules. Pure."""

from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case

FIELD_PREFIX = "field_"
# Names that the methods of the facade use.
TAKEN = {
    "self", "order_id", "message_type", "before_first_byte", "after_refusal", "check", "marketplace", "order_date",
    "warnings",
}  # fmt: skip
# To an argument with one of these names, the generator adds the location of the parameter: `client_query`.
RESERVED_BY_GENERATOR = {"client", "url"}
# Names that the generator's templates use.
USED_BY_FUNCTIONS = {"body", "cookies", "errors", "headers", "httpx", "kwargs", "params", "quote", "response"}
USED_BY_MODELS = {
    "additional_keys", "additional_properties", "cast", "cls", "d", "field_dict", "from_dict", "prop", "prop_name",
    "src_dict", "to_dict",
}  # fmt: skip
# Names that a client has besides its operations.
CLIENT_NAMES = {
    "aclose", "authorize", "bucket_key", "close", "endpoint", "for_local_sandbox", "for_seller", "from_env", "limiter",
    "low_level", "lwa_endpoint", "marketplace", "preflight", "send", "upload", "usage_plan", "with_options",
}  # fmt: skip


def class_name(schema: str) -> str:
    """The name of the class that is generated for a component."""
    return str(ClassName(schema, FIELD_PREFIX))


def module_name(operation_id: str) -> str:
    """The name of the module that is generated for an operation."""
    return str(PythonIdentifier(snake_case(operation_id), FIELD_PREFIX))


def method_name(operation_id: str) -> str:
    """The name of an operation's method in the facade."""
    name = module_name(operation_id)
    return f"{name}_" if name in CLIENT_NAMES else name


def python_name(wire_name: str) -> str:
    """The Python name that the generator gives to a name in requests and answers."""
    return str(PythonIdentifier(wire_name, FIELD_PREFIX))


def keyword_name(wire_name: str) -> str:
    """The name of a keyword argument of a facade method."""
    name = python_name(wire_name)
    return f"{name}_" if name in TAKEN else name


def argument_name(wire_name: str, location: str) -> str:
    """The name of a generated function's argument, for a parameter."""
    name = python_name(wire_name)
    if name in RESERVED_BY_GENERATOR:
        return f"{name}_{location}"
    # A parameter of the path keeps its name, because the name is also in the path.
    return f"{name}_" if name in USED_BY_FUNCTIONS and location != "path" else name


def free_names(data: GeneratorData, config: Config) -> None:
    """Rename fields and parameters whose name the generator's templates use for something else."""
    for model in data.models:
        # The template calls the new instance after its class: a Buyer is `buyer` there, so no field may be.
        taken = USED_BY_MODELS | {model.class_info.module_name}
        for field in [*(model.required_properties or ()), *(model.optional_properties or ())]:
            if field.python_name in taken:
                field.set_python_name(UntrustedString(f"{field.python_name}_"), config, skip_snake_case=True)
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            for parameter in [*endpoint.query_parameters, *endpoint.header_parameters]:
                if parameter.python_name in USED_BY_FUNCTIONS:
                    parameter.set_python_name(
                        UntrustedString(f"{parameter.python_name}_"), config, skip_snake_case=True
                    )
