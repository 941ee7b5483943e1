"""docs/migrating/generated-clients.md: our own generated client. tests/foreign has the tests of the others."""

from __future__ import annotations

from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("migrating/generated-clients.md")


def test_models_of_our_own_generated_client_get_this_packages_errors(reader: Reader) -> None:
    (program,) = PAGE.blocks("python", "If you want to keep your models")
    reader.sandbox.orders.set("303-1234567-1234567", state="cancelled")
    reader.run_program(program)

    assert reader.printed.startswith("Not for this order: ")
