"""`completion`: prints what a shell needs to complete commands, message types and options."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session

SHELLS = ["bash", "zsh", "fish"]
NAME = "spapi-messaging"
VARIABLE = "_SPAPI_MESSAGING_COMPLETE"


@click.command(
    cls=Command,
    short_help="Print the script that lets a shell complete commands.",
    epilog=examples(
        """eval "$(spapi-messaging completion bash)"                    # in ~/.bashrc""",
        """eval "$(spapi-messaging completion zsh)"                     # in ~/.zshrc""",
        """spapi-messaging completion fish > ~/.config/fish/completions/spapi-messaging.fish""",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.pass_context
def completion(ctx: click.Context, shell: str | None) -> None:
    """Print the script that lets SHELL complete commands, message types, options, marketplaces and profiles.

    SHELL is bash, zsh or fish; by default the one that SHELL in the environment names.
    """
    shell = shell or Path(os.environ.get("SHELL", "")).name
    script = get_completion_class(shell)
    if shell not in SHELLS or script is None:
        raise click.UsageError(f"Name the shell: {', '.join(SHELLS)}.", ctx)
    source = script(ctx.find_root().command, {}, NAME, VARIABLE).source()
    session = ctx.ensure_object(Session)
    if session.json:
        session.document({"shell": shell, "script": source})
    else:
        session.say(source)
