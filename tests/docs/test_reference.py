"""The reference has a place for every public name, and what MkDocs checks of each page is checked here."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import SimpleNamespace
from typing import Any

import click
import pytest
from mkdocs.exceptions import PluginError

import site_hooks
import spapi_messaging
from spapi_messaging.cli.app import application
from spapi_messaging.sandbox import Sandbox
from tests.docs.pages import DOCS

#: They have a place as well: the modules beyond the package's own.
PARTS = ["spapi_messaging.bulk.celery", "spapi_messaging.bulk.metrics"]
#: Not for programs: the command's entry point, whose reference is that of the command line, and the version.
ELSEWHERE = {"spapi_messaging.cli.main", "spapi_messaging.__version__"}
PLACES = [
    name
    for path in sorted((DOCS / "reference").glob("*.md"))
    for name in re.findall(r"^::: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
]


def value_of(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def public_names() -> dict[str, Any]:
    """What `__all__` of the package and of each public module has."""
    modules = [info.name for info in pkgutil.iter_modules(spapi_messaging.__path__, "spapi_messaging.")]
    public = [name for name in modules if not name.rpartition(".")[2].startswith("_")]
    names = [
        f"{module}.{name}"
        for module in ["spapi_messaging", *public, *PARTS]
        for name in importlib.import_module(module).__all__
    ]
    return {name: value_of(name) for name in names if name not in ELSEWHERE}


def test_every_public_name_has_one_place() -> None:
    """A name that several modules have needs one place alone."""
    shown = [value_of(name) for name in PLACES]
    places = {name: sum(each is value for each in shown) for name, value in public_names().items()}

    assert len(places) > 100
    assert {name: count for name, count in places.items() if count != 1} == {}


def test_the_parts_of_a_sandbox_are_in_the_reference() -> None:
    told = re.findall(r"^ {8}(\w+) \((?:list\[)?(\w+)\]?\): ", Sandbox.__doc__ or "", re.MULTILINE)
    shown = {name.rpartition(".")[2] for name in PLACES}

    assert {"inbox", "requests", "orders", "faults", "plans", "clock"} <= {name for name, _ in told}
    assert {kind for _, kind in told} - shown == {"Tokens"}
    assert [name for name, _ in told if not hasattr(Sandbox(), name)] == []


def test_every_command_is_in_the_reference() -> None:
    told = site_hooks.command_reference()
    bulk = application.commands["bulk"]
    assert isinstance(bulk, click.Group)

    for path in [*application.commands, *(f"bulk {name}" for name in bulk.commands), "send invoice"]:
        assert re.search(rf"^##+ spapi-messaging {path}\n\n```text\nUsage: spapi-messaging {path} ", told, re.MULTILINE)
    assert "--not-sent" in told
    assert told.count("--curl ") == 1


def test_the_page_of_commands_is_filled_in() -> None:
    text = (DOCS / site_hooks.COMMANDS).read_text(encoding="utf-8")

    assert "spapi-messaging bulk resolve" in site_hooks.on_page_markdown(text, page_called(site_hooks.COMMANDS))
    assert site_hooks.on_page_markdown(text, page_called("index.md")) == text


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/a.js"></script>',
        "<img alt=x src=//cdn.example/a.png>",
        '<link href="https://fonts.example/f.css" rel="stylesheet">',
        "<link rel=preconnect href=https://fonts.example crossorigin>",
        "<style>@import url('https://fonts.example/f.css');</style>",
        '<div style="background: url(//cdn.example/a.png)"></div>',
        '<div class="md-source" data-md-component="source"></div>',
    ],
)
def test_a_page_that_loads_from_elsewhere_ends_the_build(html: str) -> None:
    with pytest.raises(PluginError, match="loads from other hosts"):
        site_hooks.on_post_page(html, page_called("index.md"))


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://developer-docs.amazon.com/sp-api">',
        '<link rel="canonical" href="https://docs.example/">',
        '<img src="../pictures/flow.svg"><script src="assets/a.js"></script>',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    ],
)
def test_links_and_own_files_are_no_loading(html: str) -> None:
    assert site_hooks.on_post_page(html, page_called("index.md")) == html


def test_a_method_that_the_reference_does_not_show_ends_the_build() -> None:
    with pytest.raises(PluginError, match=r"does not show spapi_messaging\.MessagingClient\.send, "):
        site_hooks.on_post_page("<html>", page_called(site_hooks.CLIENTS))


def page_called(name: str) -> Any:
    return SimpleNamespace(file=SimpleNamespace(src_uri=name))
