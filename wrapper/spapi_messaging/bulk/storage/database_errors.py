"""What an error of the database means for whoever uses the ledger. No error shows a statement's parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import NamedTuple, Protocol

from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError, StatementError, TimeoutError

from spapi_messaging.errors import ConfigurationError, LedgerError, SpApiMessagingError


class _Named(Protocol):
    url_shown: str


class _Case(NamedTuple):
    """What is said of an error, and whether the same call may succeed later without anything being changed."""

    text: str
    retryable: bool = True
    is_configuration: bool = False


_SETUP = {"retryable": False, "is_configuration": True}

# By the beginning of SQLite's name of the error; the first that fits.
_SQLITE = {
    "SQLITE_BUSY": _Case("another program has kept it locked for longer than we wait. Try again."),
    "SQLITE_LOCKED": _Case("another connection has it locked. Try again."),
    "SQLITE_FULL": _Case("the disk is full. Nothing was written. Make room, then try again."),
    "SQLITE_IOERR": _Case("the disk could not be read or written. Nothing was written."),
    "SQLITE_NOMEM": _Case("there is no memory left. Nothing was written."),
    "SQLITE_READONLY_DBMOVED": _Case("its file was moved or deleted while it was in use. Put it back.", **_SETUP),
    "SQLITE_READONLY": _Case("it may not be written. Check who owns the file and its folder.", **_SETUP),
    "SQLITE_CANTOPEN": _Case("the file cannot be opened. Check that its folder exists and may be written.", **_SETUP),
    "SQLITE_PERM": _Case("the file may not be opened. Check who owns it.", **_SETUP),
    "SQLITE_NOTADB": _Case("the file is not an SQLite database. Name another file.", **_SETUP),
    "SQLITE_CORRUPT": _Case(
        "the file is damaged. Put a backup in its place, then use recover(since=...), or `spapi-messaging bulk recover "
        "--since TIME`.",
        **_SETUP,
    ),
}

_LOST = _Case("the connection to the PostgreSQL server was lost. Try again.")

_POOLED = _Case(
    "a statement was prepared on one connection of the server and used on another, so a pooler such as PgBouncer seems "
    "to stand in between. Nothing was written. Leave --no-pooler (pooler=False) out, or give --pooler.",
    **_SETUP,
)

# By the beginning of PostgreSQL's SQLSTATE; the first that fits.
_POSTGRES = {
    "08001": _Case("no PostgreSQL server answers there. Check that it runs, and its host and port. Then try again."),
    "08": _LOST,
    "57P": _LOST,
    "57": _Case("PostgreSQL cancelled the statement. Nothing was written. Try again."),
    "53100": _Case("the disk of the PostgreSQL server is full. Nothing was written."),
    "53300": _Case("the PostgreSQL server has no connection left. Try again, or raise max_connections."),
    "53": _Case("the PostgreSQL server is out of resources. Nothing was written."),
    "40": _Case("PostgreSQL gave up a transaction in favour of another one. Nothing was written. Try again."),
    "42P05": _POOLED,  # a prepared statement exists already
    "26000": _POOLED,  # it does not exist
    "55P03": _Case("another transaction has it locked. Try again."),
    "28": _Case("PostgreSQL refused the user or the password. Check the URL.", **_SETUP),
    "3D": _Case("the database does not exist. Create it, or check the URL.", **_SETUP),
    "3F": _Case("the schema does not exist. Create it, or check the search_path.", **_SETUP),
    "42501": _Case("the database's user lacks a right. Grant it, or use another user.", **_SETUP),
    "25006": _Case("the database is read-only, as a standby server is. Use the primary server, then try again."),
}

# A connection that PostgreSQL refuses carries no SQLSTATE, only words.
_REFUSED = {
    "authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    'role "': "28",
    'database "': "3D",
    "too many clients": "53300",
    "connection slots": "53300",
    "resolve host": "08001",
    "Connection refused": "08001",
    "No route to host": "08001",
    "connection timeout": "08001",
}

_CHANGED = _Case(
    "it holds a value that this package never writes, so something else changed it. Put that right, or put a backup in "
    "its place, then use recover(since=...), or `spapi-messaging bulk recover --since TIME`.",
    **_SETUP,
)

_OF_DATABASES = (SQLAlchemyError, UnicodeError)
# What Python raises over such a value. SQLite keeps a text in a column of numbers, and anything in one of JSON.
_OVER_VALUES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_OTHER = _Case("it refused a statement. Nothing was written.", retryable=False)


@contextmanager
def explained(database: _Named, *, is_reading: bool = False) -> Iterator[None]:
    """Turns SQLAlchemy's errors into ours, which have neither parameters nor the original error in them.

    Args:
        database: what the error names.
        is_reading: whether nothing is done but to read what the ledger holds. Python's errors over values of it are
            turned into ours too.

    Raises:
        LedgerError: The database failed. It is ``retryable`` if the same call may succeed later.
        ConfigurationError: A person has to change something first.
    """
    expected = (*_OF_DATABASES, *_OVER_VALUES) if is_reading else _OF_DATABASES
    try:
        yield
    except expected as error:
        told = _translated(error, database)
        _empty(error)
    else:
        return
    # The original error is still being handled by the caller's `with`, so Python would hang it on ours.
    try:
        raise told
    except SpApiMessagingError:
        told.__context__ = None
        raise


def _empty(error: BaseException | None) -> None:
    """Takes a statement's parameters out of an error and what led to it.

    Tools that show the local variables of a traceback find it in the frames of the `with` that it went through.
    PostgreSQL's own words tell the values of a row.
    """
    while error is not None:
        error.args = ()
        if isinstance(error, StatementError):
            error.statement = error.params = None
            error.detail = []
        if isinstance(error, UnicodeEncodeError):
            error.object = ""
        if isinstance(error, JSONDecodeError):
            error.doc = ""
        if isinstance(error, AttributeError):
            error.obj = None
        error = error.__cause__ or error.__context__


def _translated(error: Exception, database: _Named) -> SpApiMessagingError:
    case, name = _case_of(error)
    text = f"The ledger {database.url_shown}: {case.text}" + (f" ({name})" if name else "")
    if case.is_configuration:
        return ConfigurationError(text)
    return LedgerError(text, retryable=case.retryable)


def _case_of(error: Exception) -> tuple[_Case, str]:
    """The case, and the database's own name for it."""
    if isinstance(error, UnicodeError):
        return _Case("a text has characters that no encoding has. Nothing was written.", retryable=False), ""
    if not isinstance(error, SQLAlchemyError):
        return _CHANGED, type(error).__name__
    if isinstance(error, TimeoutError):
        return _Case("all its connections are in use. Try again."), ""
    if isinstance(error, NoSuchModuleError):
        return _Case("SQLAlchemy does not know this kind of database.", **_SETUP), ""
    if not isinstance(error, StatementError):
        return _OTHER, f"{type(error).__name__}: {error}"  # a mistake in our code, which has no parameters in it
    if not isinstance(error, DBAPIError) or error.orig is None:
        return _OTHER, type(error).__name__
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _first(_SQLITE, name) or _OTHER, name
    return _postgres_case(error, error.orig)


def _postgres_case(error: DBAPIError, original: BaseException) -> tuple[_Case, str]:
    state = getattr(original, "sqlstate", None) or _refusal(str(original))
    if state == "42501":
        return _lacking_right(error, str(original)), state
    if state:
        return _first(_POSTGRES, state) or (_LOST if error.connection_invalidated else _OTHER), state
    if error.connection_invalidated or type(original).__name__ in {"OperationalError", "ConnectionTimeout"}:
        return _LOST, ""
    return _OTHER, type(original).__name__


def _lacking_right(error: DBAPIError, told: str) -> _Case:
    """PostgreSQL tells the table in the server's language, so only the table's name is taken from its words."""
    if (error.statement or "").lstrip().upper().startswith(("CREATE", "ALTER", "DROP")):
        text = (
            "its tables are missing or are those of an earlier release, and this user of the database may not make or "
            "change them. Let their owner open the ledger once, as docs/operating.md says under Roles."
        )
        return _Case(text, **_SETUP)
    if found := re.search(r"\bspapi_\w+", told.partition("\n")[0]):
        text = f"the database's user lacks a right on {found[0]}. Grant it, or use another user."
        return _Case(text, **_SETUP)
    return _POSTGRES["42501"]


def _refusal(text: str) -> str:
    return next((state for words, state in _REFUSED.items() if words in text), "")


def _first(cases: dict[str, _Case], name: str) -> _Case | None:
    return next((case for beginning, case in cases.items() if name.startswith(beginning)), None)
