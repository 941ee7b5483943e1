"""Options that are given once. A second value does not silently replace the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class Once(click.Option):
    """An option with one value. Two values that differ are refused: nobody knows which one was meant."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        parser.add_option(obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, Any]:
        given = opts.get(str(self.name))
        if isinstance(given, list):
            if any(value != given[0] for value in given):
                raise given_twice(self, ctx)
            opts = {**opts, str(self.name): given[0]}
        return super().consume_value(ctx, opts)


def given_twice(option: click.Parameter, ctx: click.Context) -> click.UsageError:
    """Two values that differ."""
    return click.UsageError(f"{option.opts[0]} is given twice, with different values. Give it once.", ctx)
