"""Lets the reference show the fields of a NamedTuple as its arguments, as it does for dataclasses."""

from __future__ import annotations

from typing import Any

from griffe import Attribute, Class, Extension, Function, Parameter, ParameterKind, Parameters


class NamedTuples(Extension):
    """Gives each NamedTuple the ``__init__`` that its fields make."""

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """A class was read."""
        if any(str(base).rpartition(".")[2] == "NamedTuple" for base in cls.bases):
            fields = [member for member in cls.members.values() if isinstance(member, Attribute) and member.annotation]
            kind = ParameterKind.positional_or_keyword
            arguments = [
                Parameter(each.name, annotation=each.annotation, kind=kind, default=each.value) for each in fields
            ]
            parameters = Parameters(Parameter("self", kind=kind), *arguments)
            cls.set_member("__init__", Function("__init__", parent=cls, parameters=parameters, returns="None"))
