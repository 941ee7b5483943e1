"""The filesystem behind a URL: fsspec's, with the credentials that it finds on this machine."""

from __future__ import annotations

from typing import Any

from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble
from spapi_messaging.bulk.files.urls import scheme_of
from spapi_messaging.errors import quoted

__all__ = ["filesystem_of", "require_filesystem"]

# These read what another URL leads to, or the content of the URL itself. They do not store files.
_OF_OTHERS = frozenset(
    {
        "async_wrapper", "asyncwrapper", "blockcache", "cached", "data", "dir", "filecache", "generic", "libarchive",
        "reference", "simplecache", "tar", "zip",
    }
)  # fmt: skip
# Packages that are not called by the name of their module.
_PACKAGES = {"smbclient": "smbprotocol"}


def filesystem_of(url: str) -> tuple[Any, str]:
    """fsspec's filesystem for a URL, and the file's path there.

    fsspec gives each thread a filesystem of its own, unless it is one that threads may share.

    Raises:
        Refused: files do not lie behind such URLs.
        StorageTrouble: this machine lacks a package.
    """
    require_filesystem(url)
    from fsspec.core import url_to_fs

    filesystem, path = url_to_fs(url)
    return filesystem, path


def require_filesystem(url: str) -> None:
    """Finds out whether this machine can read such URLs.

    Raises:
        Refused: files do not lie behind such URLs.
        StorageTrouble: a package is missing. Another machine may have it.
    """
    scheme, missing = scheme_of(url), None
    if scheme in _OF_OTHERS:
        told = f"{scheme}:// does not store files."
        raise Refused("file-url", told, "Give the URL of the file itself, such as s3://invoices/R-17.pdf.")
    try:
        import fsspec
    except ImportError:
        remedy = "Install it: pip install 'spapi-messaging[bulk]'."
        raise StorageTrouble("files behind URLs need the package fsspec.", remedy) from None
    try:
        fsspec.get_filesystem_class(scheme)
        return
    except ValueError:
        pass
    except ImportError as error:
        missing = _package(error)
    if missing is None:
        told = f"this machine knows no filesystem for the scheme {quoted(scheme)}."
        raise StorageTrouble(told, "Correct the URL, or install the package that brings this filesystem to fsspec.")
    told = f"{scheme}:// needs the package {missing or 'of its filesystem, which cannot be imported'}."
    how = f": pip install {missing}." if missing else "."
    raise StorageTrouble(told, f"Install it where files are added and where they are sent{how}")


def _package(error: ImportError) -> str:
    """The package that an import lacks; empty if that is not known.

    fsspec's own error names it in words, and its cause names the module.
    """
    cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
    module = (cause.name or "").partition(".")[0]
    return _PACKAGES.get(module, module.replace("_", "-"))
