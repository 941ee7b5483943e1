"""The small part of Jinja2 that a text may use. It has no loops, calls or arithmetic, so every text is made quickly."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jinja2 import nodes

from spapi_messaging.bulk.job_files.names import key_of
from spapi_messaging.errors import quoted

__all__ = ["ROW", "SHOWN", "Checked"]

ROW = "row"
"""By this name, a template reaches every column: ``row["Any Heading"]``."""
SHOWN = "shown!"  # the exclamation mark keeps templates from writing it

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip
_ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.UnaryExpr)
_REFUSED: tuple[tuple[Any, str], ...] = (
    (nodes.For, "a loop"),
    (nodes.Call, "a call"),
    ((nodes.Assign, nodes.AssignBlock, nodes.With), "{% set %} or {% with %}"),
    ((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block), "another template"),
    ((nodes.Macro, nodes.CallBlock), "a macro"),
    (nodes.FilterBlock, "{% filter %}"),
    (nodes.Test, "a test with `is`"),
    (nodes.Getattr, "a dot between names"),
    ((nodes.Getitem, nodes.Slice), "[…] behind anything but row"),
    (_ARITHMETIC, "arithmetic"),
)


class Checked:
    """A parsed template, checked. Names of columns become items of ``row`` in it, and each output must not be empty.

    Args:
        tree: what Jinja's parser gave. It is changed.
        filters: the filters that there are.

    Attributes:
        tree: the template, ready to be compiled.
        uses: how often it names each column, in whichever branch.
        mistakes: what it must not use, as sentences with their lines.
    """

    def __init__(self, tree: nodes.Template, filters: frozenset[str]) -> None:
        self.uses: Counter[str] = Counter()
        self.mistakes: list[str] = []
        self._filters = filters
        self.tree = self._taken(tree)

    def _taken(self, node: Any) -> Any:
        """The node, with everything in it checked."""
        if isinstance(node, nodes.Name):
            return self._column(node, node.name)
        if isinstance(node, nodes.Getitem) and _is_row(node.node):
            return self._column(node, node.arg.value if isinstance(node.arg, nodes.Const) else None)
        if isinstance(node, nodes.Filter):
            self._check_filter(node)
        elif not isinstance(node, _ALLOWED):
            self._refuse(node, next((told for kinds, told in _REFUSED if isinstance(node, kinds)), "this"))
            return node
        for name, value in list(node.iter_fields()):
            if isinstance(value, list):
                setattr(node, name, [self._taken(each) if isinstance(each, nodes.Node) else each for each in value])
            elif isinstance(value, nodes.Node):
                setattr(node, name, self._taken(value))
        if isinstance(node, nodes.Output):
            node.nodes = [_never_empty(each) for each in node.nodes]
        return node

    def _column(self, node: Any, name: Any) -> Any:
        if not isinstance(name, str) or (isinstance(node, nodes.Name) and name == ROW):
            self._refuse(node, 'row without the name of a column, as in row["name"],')
            return node
        key = key_of(name)
        self.uses[key] += 1
        row = nodes.Name(ROW, "load", lineno=node.lineno)
        return nodes.Getitem(row, nodes.Const(key, lineno=node.lineno), "load", lineno=node.lineno)

    def _check_filter(self, node: nodes.Filter) -> None:
        if node.name not in self._filters:
            self._refuse(node, f"the filter {quoted(node.name)}")
        elif node.dyn_args is not None or node.dyn_kwargs is not None:
            self._refuse(node, "* in a filter's arguments")

    def _refuse(self, node: nodes.Node, what: str) -> None:
        self.mistakes.append(f"in line {node.lineno or 1} of the text, {what} cannot be used.")


def _is_row(node: Any) -> bool:
    return isinstance(node, nodes.Name) and node.name == ROW


def _never_empty(node: Any) -> Any:
    """An output that is refused when nothing stands in the row's cells, unless the template says what to do then."""
    if isinstance(node, nodes.CondExpr):
        node.expr1 = _never_empty(node.expr1)
        node.expr2 = _never_empty(node.expr2)
    elif isinstance(node, nodes.Concat):
        node.nodes = [_never_empty(each) for each in node.nodes]
    elif isinstance(node, nodes.Node) and not _says_what_else(node):
        keys = _keys_in(node)
        if keys:
            arguments = [nodes.Const(key, lineno=node.lineno) for key in keys]
            return nodes.Filter(node, SHOWN, arguments, [], None, None, lineno=node.lineno)
    return node


def _says_what_else(node: Any) -> bool:
    while isinstance(node, nodes.Filter):
        if node.name in ("default", "d") and all(isinstance(each, nodes.Const) for each in node.args):
            return True
        node = node.node
    return False


def _keys_in(node: nodes.Node) -> list[str]:
    """The columns that an expression names."""
    found = [node] if isinstance(node, nodes.Getitem) else list(node.find_all(nodes.Getitem))
    return list(dict.fromkeys(each.arg.value for each in found if isinstance(each.arg, nodes.Const)))
