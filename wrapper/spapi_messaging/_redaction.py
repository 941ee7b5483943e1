"""Takes secrets and buyers' texts out of what is shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_SECRET = re.compile(
    r"""
    Atz[a-z]\|[^\s"'&,;]+                                    # LWA access and refresh tokens
  | amzn1\.(?:oa2-cs|application-oa2-client-secret)\.[^\s"'&,;]+   # LWA client secrets
  | (?<=\?)[^\s"'<>]*X-Amz-[^\s"'<>]*                        # the query of a presigned URL
  | (?<=X-Amz-Signature=)[^\s"'&<>]+
  | (?<=x-amz-access-token:\ )\S+
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact(shown: str, private: Iterable[str] = ()) -> str:
    """What may be shown of a string.

    Args:
        shown: a string that came from outside, such as the message of an error.
        private: values that must not be seen in it, such as the text of the message that was sent.

    Returns:
        The string with private values and everything that looks like a secret replaced.
    """
    # The longest first: a value that is part of another one must not leave the rest of it behind.
    for value in sorted(filter(None, private), key=len, reverse=True):
        shown = shown.replace(value, HIDDEN)
    return _SECRET.sub(HIDDEN, shown)
