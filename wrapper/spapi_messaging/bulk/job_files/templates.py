"""Texts with places for the cells of a row: ``Dear {{ name }},``. They are Jinja2 templates of a small language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from spapi_messaging.bulk.job_files.template_filters import MAX_TEXT, BadValue, EmptyCell, filters
from spapi_messaging.bulk.job_files.template_language import ROW, SHOWN, Checked

__all__ = ["MAX_TOLD", "BadTemplate", "NotRendered", "Template", "compiler", "is_template"]

#: Mistakes of one template that people are told.
MAX_TOLD = 20
# Characters of a template. It may choose between several texts, of which Amazon takes 2,000 characters or so.
_MAX_TEMPLATE = 40_000
# Characters of all cells that a template names, each as often as it names it: more than any text that is made of them.
_MAX_CELLS = 100 * MAX_TEXT
_KNOWN = (
    "A text may use {{ column }}, {% if %}, {% elif %}, {% else %}, comparisons, ~ and simple filters such as upper."
)
# What Jinja says of a mistake, and what we say. Its own words may quote the text.
_SYNTAX = (
    ("unknown tag", "there is a {% … %} that is not known."),
    ("end of comment", "{# is not closed by #}."),
    ("unexpected end of template, expected 'end of print statement'", "{{ is not closed by }}."),
    ("unexpected end of template", "{% if %} is not closed by {% endif %}."),
    ("end of print statement", "{{ … }} does not hold the name of one column."),
)


class BadTemplate(NamedTuple):
    """A text that is not a template.

    Args:
        mistakes: what is wrong, as sentences.
        remedy: what to do.
    """

    mistakes: tuple[str, ...]
    remedy: str


class NotRendered(Exception):
    """Why no text can be made from a row.

    Attributes:
        told: what is wrong, as a sentence.
        remedy: what to do.
    """

    def __init__(self, told: str, remedy: str) -> None:
        super().__init__(told)
        self.told, self.remedy = told, remedy


class Template(NamedTuple):
    """A template.

    Args:
        uses: how often it names each column.
        compiled: Jinja's.
    """

    uses: Mapping[str, int]
    compiled: Any

    @property
    def keys(self) -> frozenset[str]:
        """The columns that it names."""
        return frozenset(self.uses)

    def render(self, row: Mapping[str, Any]) -> str:
        """The text.

        Args:
            row: a value for each of the keys.

        Raises:
            NotRendered: the row does not fit.
        """
        try:
            return self._rendered(row)
        except EmptyCell as empty:
            trouble = _told_of(empty.keys)
        except BadValue as bad:
            trouble = NotRendered(str(bad), "")
        except Exception as error:  # an error of a filter may quote the cell
            told = f"a filter or a comparison does not fit the cell ({type(error).__name__})."
            trouble = NotRendered(told, "Cells are texts: compare numbers like this: {% if amount | float > 100 %}.")
        raise trouble

    def _rendered(self, row: Mapping[str, Any]) -> str:
        if sum(len(str(row[key])) * count for key, count in self.uses.items()) > _MAX_CELLS:
            raise BadValue(f"the cells for the text have more than {_MAX_CELLS:,} characters together.")
        pieces, size = [], 0
        for piece in self.compiled.generate({ROW: row}):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_TEXT:
                raise BadValue(f"the text would have more than {MAX_TEXT:,} characters.")
        return "".join(pieces)


def is_template(text: str) -> bool:
    """Whether a text has places to fill."""
    return "{{" in text or "{%" in text or "{#" in text


def compiler() -> Callable[[str], Template | BadTemplate]:
    """Compiles templates, each once: a file may hold the same one in 100,000 cells."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0)
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update(filters(SHOWN))
    return lru_cache(64)(lambda text: _compiled(environment, text))


def _compiled(environment: ImmutableSandboxedEnvironment, text: str) -> Template | BadTemplate:
    if len(text) > _MAX_TEMPLATE:
        told = f"a text with places to fill has {_MAX_TEMPLATE:,} characters at most, and this one {len(text):,}."
        return BadTemplate((told,), "Shorten it.")
    try:
        found = Checked(environment.parse(text), frozenset(environment.filters) - {SHOWN})
        if found.mistakes:
            return BadTemplate(tuple(dict.fromkeys(found.mistakes))[:MAX_TOLD], _KNOWN)
        return Template(found.uses, environment.from_string(_ready(found.tree, environment)))
    except TemplateSyntaxError as error:
        said = (error.message or "").lower()
        told = next((ours for theirs, ours in _SYNTAX if theirs in said), "a place to fill cannot be understood.")
        return BadTemplate((f"in line {error.lineno} of the text, {told}",), _KNOWN)
    except (TemplateError, SyntaxError, RecursionError, MemoryError, ValueError, OverflowError):
        return BadTemplate(("the text is nested too deeply, or holds something that a template cannot hold.",), _KNOWN)


def _ready(tree: nodes.Template, environment: ImmutableSandboxedEnvironment) -> nodes.Template:
    tree.set_environment(environment)
    return tree


def _told_of(keys: tuple[str, ...]) -> NotRendered:
    name = keys[0]
    written = name if name.isidentifier() else f'row["{name}"]'
    if len(keys) == 1:
        told = f"the column {name} is empty in this row."
    else:
        told = f"the columns {' and '.join(keys)} are empty in this row."
    return NotRendered(told, f"Fill it in; or write {{{{ {written} | default('…', true) }}}}.")
