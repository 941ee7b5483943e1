"""The published models, and which of them a document is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from regeneration.documents import Document, full_path
from regeneration.problem import Problem


@dataclass(frozen=True)
class Api:
    """One published model, as a table of `spec/sources.toml` describes it."""

    name: str
    title: str
    tag: str
    prefix: str
    media_type: str
    repository: str
    path: str

    @property
    def file_name(self) -> str:
        """The name of its file where it is published."""
        return PurePosixPath(self.path).name


def recognize(document: Document, apis: Sequence[Api], name: str) -> Api:
    """The one of `apis` whose paths are in the Swagger `document`."""
    # A base path that is new stands before paths that are known.
    paths = [*document["paths"], *(full_path(document, path) for path in document["paths"])]
    found = [api for api in apis if any(path.startswith(api.prefix) for path in paths)]
    if found:
        # One prefix may be the beginning of another one.
        return max(found, key=lambda api: len(api.prefix))
    prefixes = " or ".join(api.prefix for api in apis)
    raise Problem(f"{name}: #/paths: no path begins with {prefixes}: this is the model of another API")
