"""Models that somebody publishes, and our corrections of them, as the regeneration reads them."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import tomlkit

from regeneration.fetching.provenance import read
from regeneration.fetching.source import read_source
from regeneration.generating.table import table
from regeneration.pipeline import published, specify
from regeneration.problem import Problem
from regeneration.project import Project
from tests.fuzz.target import Target
from tests.scripts.fixture_repository import MODEL, SPEC

_CORRECTIONS = "10-corrections.yaml"


def model(content: bytes) -> None:
    """A published model, up to the table of its operations."""
    try:
        source = read_source(content, "messaging.json", _apis())
        models = {**_models(), source.api.name: published(source)}
        table(specify(_apis(), models, _overlays()).document)
    except Problem as problem:
        assert "\n" not in str(problem)


def overlay(content: bytes) -> None:
    """Corrections of a model."""
    project = _project()
    project.overlays.joinpath(_CORRECTIONS).write_bytes(content)
    try:
        table(specify(_apis(), _models(), project.read_overlays()).document)
    except Problem as problem:
        assert "\n" not in str(problem)


def sources(content: bytes) -> None:
    """Where the models are published."""
    path = _project().spec / "given.toml"
    path.write_bytes(content)
    try:
        read(path)
    except Problem as problem:
        assert "\n" not in str(problem)


@cache
def _apis() -> Any:
    return read(_project().sources).apis


@cache
def _models() -> Any:
    found = [read_source((MODEL / api.file_name).read_bytes(), api.file_name, [api]) for api in _apis()]
    return {source.api.name: published(source) for source in found}


@cache
def _overlays() -> Any:
    return Project(MODEL).read_overlays()


@cache
def _project() -> Project:
    """A folder with the tests' own overlays. Each input replaces one of them."""
    project = Project(Path(_folder().name))
    shutil.copytree(MODEL / "spec", project.spec)
    project.sources.write_text(_sources())
    return project


def _sources() -> str:
    tools = tomllib.loads((SPEC / "sources.toml").read_text())["tools"]
    return f"{(MODEL / 'spec' / 'sources.toml').read_text()}\n{tomlkit.dumps({'tools': tools})}"


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


TARGETS = (
    Target(
        "model",
        model,
        ((MODEL / "messaging.json").read_bytes(),),
        (b"$ref", b"#/definitions/Error", b"allOf", b"x-amzn-api-sandbox", b"required", b"type", b"enum", b"class"),
        "json",
    ),
    Target(
        "overlay",
        overlay,
        ((MODEL / "spec" / "overlays" / _CORRECTIONS).read_bytes(),),
        (b"!!int ", b"!!timestamp ", b"&a ", b"*a", b"<<: ", b"$..a", b"$[?(@.a)]", b"$", b"copy: $", b"2024-13-45"),
    ),
    Target("sources", sources, (_sources().encode(),), (b"[[", b"]", b"'", b'"""', b"=", b"2024-13-45", b"tag")),
)
