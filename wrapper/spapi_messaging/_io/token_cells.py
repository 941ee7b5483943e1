"""The access tokens of this process: one for each set of credentials, whichever client asks."""

from __future__ import annotations

import threading
from functools import lru_cache
from weakref import WeakValueDictionary

from spapi_messaging._call.token_cell import TokenCell
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging.credentials import Credentials

_in_use: WeakValueDictionary[tuple[str, Credentials], TokenCell] = WeakValueDictionary()


@lru_cache(maxsize=1000)
def token_cell(endpoint: str, credentials: Credentials) -> TokenCell:
    """The cell for a token endpoint and credentials, kept for programs that make a client for each message."""
    cell = _in_use.setdefault((endpoint, credentials), TokenCell(threading.RLock))
    reset_in_child(cell)
    return cell
