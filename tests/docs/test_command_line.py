"""docs/command-line.md: its exit codes are those of the command, also in its script."""

from __future__ import annotations

import re

import pytest

from spapi_messaging.cli.failures import EXIT_CODES
from tests.cli.conftest import invoke
from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("command-line.md")
(SCRIPT,) = PAGE.blocks("sh")


def test_it_lists_every_exit_code() -> None:
    listed = re.findall(r"^\| (\d) \|", PAGE.section("Exit codes"), re.M)

    assert [int(code) for code in listed] == sorted({0, 1, *EXIT_CODES.values()})


@pytest.mark.parametrize(("fault", "word"), [("", "sent"), ("reset-recorded", "unknown"), ("denied", "not sent")])
def test_its_script_tells_what_happened(reader: Reader, fault: str, word: str) -> None:
    command = next(line for line in PAGE.commands() if " send invoice " in line)
    if fault:
        reader.sandbox.faults.add(fault, on="invoice")

    code = invoke(*command.split()[1:]).exit_code

    told = dict(re.findall(r'^  (\S+)\) echo "(.*?)[:"]', SCRIPT, re.M))
    assert told.get(str(code), told["*"]) == word
