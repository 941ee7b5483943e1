"""Which database a ledger's URL names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from spapi_messaging.errors import ConfigurationError

_TAKEN = "A ledger is sqlite:///sent.db (a file) or postgresql+psycopg://user:password@host/database."
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


def ledger_url(given: str | URL | Engine | None) -> URL:
    """The URL of the ledger, with the driver that we use, and with an absolute path if it is a file.

    Args:
        given: the caller's; None for the file that each user has.

    Raises:
        ConfigurationError: We do not take such a URL.
    """
    url = _parsed(given.url if isinstance(given, Engine) else given)
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ConfigurationError(f"A ledger cannot be a {url.drivername} database. {_TAKEN}")
    return URL.create("sqlite+pysqlite", database=str(_file(url)))


def shown(url: URL) -> str:
    """The URL without its password, and without its query, which may have another one."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


def _parsed(given: str | URL | None) -> URL:
    if given is None:
        return URL.create("sqlite", database=str(_file_of_user()))
    try:
        url = make_url(given)
        # What stands behind an @ in a password would be taken for the host, and shown.
        if "@" not in (url.host or "") and "\0" not in (url.database or ""):
            url.render_as_string().encode()
            return url
    except (ArgumentError, ValueError):
        pass
    # Outside the `except`: SQLAlchemy's error may have a password in it.
    raise ConfigurationError(f"The ledger's URL cannot be read. {_TAKEN} In a password, write @ as %40 and / as %2F.")


def _file(url: URL) -> Path:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise ConfigurationError(f"A ledger in memory forgets what was sent. {_TAKEN}")
    if url.query or url.database.startswith("file:"):
        raise ConfigurationError(f"The URL of a ledger in a file has nothing but the file's path in it. {_TAKEN}")
    try:
        return Path(url.database).resolve()  # locks stand beside the file itself, not beside a link to it
    except (OSError, RuntimeError):  # up to Python 3.12, links in a circle are a RuntimeError
        pass
    told = "links on the way to it lead in a circle"
    raise ConfigurationError(f"The ledger {url.database} cannot be made: {told}. Name a file in a folder that exists.")


def _file_of_user() -> Path:
    from platformdirs import user_data_path

    return user_data_path("spapi-messaging", appauthor=False) / "ledger.db"
