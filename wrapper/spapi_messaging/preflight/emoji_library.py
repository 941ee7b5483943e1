"""The emoji library, ready to be used by many threads.

It fills a table on its first use, and threads that use it meanwhile find nothing. An import lets other threads wait.
"""

from __future__ import annotations

from emoji import EMOJI_DATA, STATUS, emoji_list

__all__ = ["EMOJI_DATA", "STATUS", "emoji_list"]

emoji_list("")
