"""Strings of a published model stay strings in the generated code."""

from __future__ import annotations

import ast

import pytest

from regeneration.generating.facade import upload_docstring
from regeneration.generating.records import Operation
from regeneration.generating.table import DescribedOperation

BREAKS_OUT = "x{quotes}\nimport os\n{quotes}"


def docstring(path: str) -> str:
    operation = Operation("upload", "upload", "POST", path, 201, documentation="https://docs.test/upload")
    return upload_docstring([DescribedOperation(operation, (), (), "", None, ())])


@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize("before", ["", "\\", "\\\\"])
def test_no_path_ends_a_docstring(count: int, before: str) -> None:
    path = BREAKS_OUT.format(quotes=before + '"' * count)

    module = ast.parse(f'"""{docstring(path)}\n"""')

    [statement] = module.body
    assert isinstance(statement, ast.Expr)
    assert path in str(ast.literal_eval(statement.value))
