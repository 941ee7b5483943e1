"""`spapi_messaging.bulk` loads its names on first use, and says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

import spapi_messaging.bulk

WITHOUT = """
import sys
sys.modules["sqlalchemy"] = None
import spapi_messaging.bulk
try:
    spapi_messaging.bulk.Ledger
except ModuleNotFoundError as error:
    print(error)
"""


def python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_what_is_missing_is_told() -> None:
    assert python(WITHOUT) == "the ledger needs sqlalchemy: pip install 'spapi-messaging[bulk]'"


@pytest.mark.parametrize("module", ["spapi_messaging", "spapi_messaging.bulk"])
def test_importing_loads_no_sqlalchemy(module: str) -> None:
    assert python(f"import sys, {module}; print('sqlalchemy' in sys.modules)") == "False"


def test_names_that_do_not_exist() -> None:
    assert set(spapi_messaging.bulk.__all__) <= set(dir(spapi_messaging.bulk))
    with pytest.raises(AttributeError, match="no attribute 'Job2'"):
        _ = spapi_messaging.bulk.Job2


@pytest.mark.parametrize("name", ["Count", "Entry", "Kind", "ParkedAccount", "Span"])
def test_what_results_consist_of_can_be_named(name: str) -> None:
    """The types of Status, CheckedJobs, JobFile and Ledger.timeline: programs use them in annotations."""
    assert name in spapi_messaging.bulk.__all__
    assert getattr(spapi_messaging.bulk, name).__name__ == name
