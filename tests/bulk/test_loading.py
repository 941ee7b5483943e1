"""What is loaded when: nothing of a database by the package itself, and a clear error without the extra."""

from __future__ import annotations

import json
import subprocess
import sys

OF_FEW = ("psycopg", "fsspec", "redis", "celery", "prometheus_client")
HEAVY = ("sqlalchemy", "filelock", "platformdirs", "sqlite3", *OF_FEW)

LOADED = f"""
import json, sys
{{}}
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
try:
    {statement}
except ModuleNotFoundError as error:
    print(error)
"""


def said_by(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout


def loaded_by(statement: str) -> list[str]:
    found: list[str] = json.loads(said_by(LOADED.format(statement)))
    return found


def test_the_package_loads_no_database() -> None:
    assert loaded_by("import spapi_messaging; spapi_messaging.MessagingClient") == []


def test_the_ledgers_package_loads_it_on_first_use() -> None:
    assert loaded_by("import spapi_messaging.bulk") == []
    assert loaded_by("from spapi_messaging.bulk import State, exit_code") == []
    assert "sqlalchemy" in loaded_by("from spapi_messaging.bulk import Ledger")
    assert not set(OF_FEW) & set(loaded_by("from spapi_messaging.bulk import JobFile, Ledger, Sender, work"))


def test_without_the_extra_it_says_what_to_install() -> None:
    for missing in ("sqlalchemy", "filelock"):
        told = said_by(WITHOUT.format(missing=missing, statement="from spapi_messaging.bulk import Ledger, Sender"))
        assert missing in told and "pip install 'spapi-messaging[bulk]'" in told
