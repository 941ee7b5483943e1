"""Whether a GIF moves. Reads the blocks of the format, and no picture."""

from __future__ import annotations

__all__ = ["is_animated"]

_HEADER = 13  # the signature, and the size of the screen with its flags
_DESCRIPTOR = 10  # of an image: its separator, place, size and flags


def is_animated(content: bytes) -> bool:
    """Whether a GIF has more than one image, as far as it can be read."""
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        return False
    place = _HEADER + _colours(content, _HEADER - 3)
    images = 0
    while place < len(content):
        kind = content[place]
        if kind == 0x21:  # an extension: its label, then blocks
            place = _behind_blocks(content, place + 2)
        elif kind == 0x2C:
            images += 1
            if images > 1:
                return True
            # The colours of this image, one byte about its compression, and the blocks with its points.
            place = _behind_blocks(content, place + _DESCRIPTOR + _colours(content, place + _DESCRIPTOR - 1) + 1)
        else:  # the end, or nothing that belongs there
            break
    return False


def _colours(content: bytes, flags_at: int) -> int:
    """The size of the table of colours that these flags announce."""
    flags = content[flags_at] if flags_at < len(content) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(content: bytes, place: int) -> int:
    """Where the blocks end that begin here. Each one begins with its size; the last one has the size 0."""
    while place < len(content):
        size = content[place]
        place += size + 1
        if size == 0:
            break
    return place
