"""The emoji library, ready to be used by many threads.

The library fills a table on its first use, and threads that use it meanwhile find nothing. So it is used once while
this module is imported: other threads wait for an import.
"""

from __future__ import annotations

from emoji import EMOJI_DATA, STATUS, emoji_list

__all__ = ["EMOJI_DATA", "STATUS", "emoji_list"]

emoji_list("")
