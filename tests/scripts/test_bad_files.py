"""Files of `spec/` with a mistake: one line that names the file and the place, and nothing is written."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regeneration.fetching.provenance import read
from regeneration.generating.configuration import read_configuration
from regeneration.generating.table import table
from regeneration.pipeline import specify
from regeneration.problem import Problem
from regeneration.project import Project
from tests.support.thorough import choose

OVERLAY = "overlays/10-corrections.yaml"
SOURCES = "sources.toml"
GENERATOR = "generator.yaml"
MODEL = "published/messaging.json"
HEAD = "overlay: 1.0.0\ninfo: { title: Ours, version: '1' }\n"


@pytest.fixture
def project(repository: Path) -> Project:
    return Project(repository)


def use(project: Project) -> None:
    """All that a run reads from `spec/`, without the generator, which takes seconds."""
    apis = read(project.sources).apis
    models = {api.name: project.read_published(api.name) for api in apis}
    table(specify(apis, models, project.read_overlays()).document)
    read_configuration(project.spec / "generator.yaml")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (OVERLAY, "", "10-corrections.yaml: #: None is not of type 'object'"),
        (OVERLAY, "- a", "10-corrections.yaml: #: ['a'] is not of type 'object'"),
        (OVERLAY, "a: [", "10-corrections.yaml: not YAML: "),
        (OVERLAY, HEAD, "10-corrections.yaml: #: 'actions' is a required property"),
        (OVERLAY, HEAD + "actions: []", "10-corrections.yaml: #/actions: "),
        (OVERLAY, HEAD + "actions: [5]", "10-corrections.yaml: #/actions/0: 5 is not of type 'object'"),
        (OVERLAY, HEAD + "actions: [{ update: {} }]", "#/actions/0: 'target' is a required property"),
        (OVERLAY, HEAD + "actions: [{ target: $.a }]", "#/actions/0: "),
        (OVERLAY, HEAD + "actions: [{ target: $.a, updaet: {} }]", "('updaet' was unexpected)"),
        (OVERLAY, HEAD + "actions: [{ target: 5, update: {} }]", "#/actions/0/target: 5 is not of type 'string'"),
        (
            OVERLAY,
            HEAD + "actions: [{ target: '$[', update: {} }]",
            "action 1: $[: not a JSONPath",
        ),
        (
            OVERLAY,
            HEAD + "actions: [{ target: $, remove: true }]",
            "action 1: $: cannot be applied",
        ),
        (OVERLAY, HEAD + "actions: [{ target: $.paths, update: 5 }]", "openapi.json: #/paths"),
        (OVERLAY, HEAD + "x-retired: yes\nactions: [{ target: $.a, update: {} }]", "#/x-retired: True is not of type"),
        (OVERLAY, HEAD + "x-retired: { operation: a }\nactions: [{ target: $.a, update: {} }]", "there is no object"),
        (OVERLAY, HEAD + "x-retired: { operation: a }\nactions: [{ target: $.a, remove: true }]", "'update' is a req"),
        (SOURCES, "[", "sources.toml: not TOML: "),
        (SOURCES, "a = 1", "sources.toml: #"),
        (SOURCES, "[tools]\nruff = 5", "sources.toml: #"),
        (SOURCES, "[tools]\n['../a']\n", "sources.toml: #"),
        (SOURCES, "[tools]\n[messaging]\ntitle = 'a'", "sources.toml: #/messaging: 'tag' is a required property"),
        (GENERATOR, "- a", "generator.yaml: not a mapping of the generator's settings"),
        (GENERATOR, "post_hooks: 5", "generator.yaml: post_hooks: Input should be a valid list"),
        (GENERATOR, "postHooks: []", "generator.yaml: postHooks: the generator has no such setting"),
        (MODEL, "{", "messaging.json: not JSON: "),
        (MODEL, "[]", "messaging.json: #: [] is not of type 'object'"),
        (MODEL, "{}", "messaging.json: #: "),
    ],
)
def test_a_mistake_is_named_in_one_line(name: str, text: str, line: str, project: Project) -> None:
    (project.spec / name).write_text(text)

    with pytest.raises(Problem) as caught:
        use(project)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [OVERLAY, SOURCES, GENERATOR, MODEL])
def test_bytes_that_are_no_text(name: str, project: Project) -> None:
    (project.spec / name).write_bytes(b"\xff\xfe\x00")

    with pytest.raises(Problem, match=f"{Path(name).name}: not UTF-8"):
        use(project)


def places(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a document."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*above, key)
        yield from places(value, (*above, key))


ANYTHING = st.sampled_from([None, True, 0, 1.5, "", "x", "$", "/a", [], {}, [None], {"a": 1}, {"$ref": "#/nowhere"}])
WRITERS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    OVERLAY: (yaml.safe_load, yaml.safe_dump),
    "overlays/20-retired-createFarewell.yaml": (yaml.safe_load, yaml.safe_dump),
    SOURCES: (lambda text: tomlkit.parse(text).unwrap(), tomlkit.dumps),
    GENERATOR: (yaml.safe_load, yaml.safe_dump),
    MODEL: (json.loads, json.dumps),
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=choose(5, 50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_a_file_ends_in_a_line(
    name: str, laid_out: Path, project: Project, data: st.DataObject
) -> None:
    parse, write = WRITERS[name]
    content = parse((laid_out / "spec" / name).read_text())
    *above, last = data.draw(st.sampled_from(list(places(content))))
    holder = content
    for key in above:
        holder = holder[key]
    if data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = copy.deepcopy(data.draw(ANYTHING if name != SOURCES else ANYTHING.filter(lambda value: value)))
    try:
        (project.spec / name).write_text(write(content))
    except (ValueError, TypeError):
        return  # TOML has no null.

    try:
        use(project)
    except Problem as problem:
        assert "\n" not in str(problem)
