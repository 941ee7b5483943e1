"""What MkDocs does besides: it fills in the reference of the command line, and checks each page that it built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click
from mkdocs.exceptions import PluginError

from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging.cli.app import application
from spapi_messaging.cli.global_options import GLOBAL_OPTIONS
from spapi_messaging.messages import OPERATIONS

COMMANDS, CLIENTS = "reference/command-line.md", "reference/clients.md"
MARK = "<!-- commands -->"
WIDTH = 80  # a longer line is cut off on a small screen

# What a browser loads without a click. Links to other sites do not count, and neither does the page's own address.
_LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|srcset|data)=[\"']?(?P<source>[^\"'\s>]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:[\w-]* )?(?:stylesheet|icon|preload|prefetch|preconnect|dns-prefetch|manifest))"
    r"[^>]*?\bhref=[\"']?(?P<link>[^\"'\s>]+)"
    r"|(?:@import\s+|url\()(?:url\()?[\"']?(?P<style>(?:https?:)?//[^\"')\s]+)",
    re.IGNORECASE,
)
# With this, the theme's own script asks GitHub how many stars the repository has.
_ASKS_GITHUB = 'data-md-component="source"'


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fills in the commands."""
    return markdown.replace(MARK, command_reference()) if page.file.src_uri == COMMANDS else markdown


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Fails the build if a page loads something from elsewhere, or the reference has no place for a method."""
    if found := [*loaded_from_elsewhere(output)]:
        raise PluginError(f"{page.file.src_uri} loads from other hosts: {', '.join(found)}")
    if page.file.src_uri == CLIENTS and (missing := methods_without_a_place(output)):
        raise PluginError(f"{CLIENTS} does not show {', '.join(missing)}")
    return output


def loaded_from_elsewhere(html: str) -> Iterator[str]:
    """What a browser would load from another host while it shows the page."""
    for match in _LOADED.finditer(html):
        address = match["source"] or match["link"] or match["style"]
        if re.match(r"(?:https?:)?//", address, re.IGNORECASE):
            yield address
    if _ASKS_GITHUB in html:
        yield "api.github.com"


def methods_without_a_place(html: str) -> list[str]:
    """Methods of the clients that the page does not show."""
    kinds = (MessagingClient, AsyncMessagingClient)
    names = ["send", "preflight", "upload", *(each.name for each in OPERATIONS.values() if each.kind != "upload")]
    wanted = [f"spapi_messaging.{kind.__name__}.{name}" for kind in kinds for name in names]
    return [name for name in wanted if f'id="{name}"' not in html]


def command_reference() -> str:
    """Every command with its help, as Markdown."""
    formatter = click.HelpFormatter(width=WIDTH)
    with click.Context(application, info_name="spapi-messaging") as ctx:
        formatter.write_dl([shown for each in GLOBAL_OPTIONS if (shown := each.get_help_record(ctx))])
    everywhere = f"## Options of every command\n\n```text\n{formatter.getvalue()}```"
    return "\n\n".join([everywhere, *_sections(application, None)])


def _sections(command: click.Command, parent: click.Context | None) -> Iterator[str]:
    name = command.name if parent else "spapi-messaging"
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    ctx = click.Context(command, parent, info_name=name, **settings)
    rank = "###" if parent and parent.parent else "##"
    yield f"{rank} {ctx.command_path}\n\n```text\n{_help(ctx)}\n```"
    if isinstance(command, click.Group):
        for each in command.list_commands(ctx):
            found = command.get_command(ctx, each)
            if found is not None and not found.hidden:
                yield from _sections(found, ctx)


def _help(ctx: click.Context) -> str:
    """The help of a command, without the options that all have."""
    text = ctx.command.get_help(ctx)
    return re.sub(r"^Options of every command:\n(?: .*\n)*\n?", "", text, flags=re.MULTILINE).strip()
