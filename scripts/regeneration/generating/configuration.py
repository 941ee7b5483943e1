"""The generator's configuration, `spec/generator.yaml`."""

from pathlib import Path

from openapi_python_client.config import ConfigFile
from pydantic import ValidationError

from regeneration.files import read_yaml
from regeneration.problem import Problem


def read_configuration(path: Path) -> ConfigFile:
    """The content of the file."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise Problem(f"{path}: not a mapping of the generator's settings")
    unknown = content.keys() - ConfigFile.model_fields.keys()
    if unknown:
        raise Problem(f"{path}: {min(map(str, unknown))}: the generator has no such setting")
    try:
        return ConfigFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise Problem(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
