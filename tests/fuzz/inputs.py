"""Makes hostile inputs: valid ones, changed as a stream of bytes decides. Hypothesis and atheris give such streams."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.fuzz.target import Target

#: What parsers trip over, in any format.
ODD_BYTES = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\r", b"\n", b"\t", b" ", b'"', b"'", b"[" * 3000,
    b"{" * 300, b"(" * 300, b"9" * 5000, b"-", b"1e999", b"NaN", b"%00", b"..", b"/", b"\\", b":", b"=", b"{{", b"}}",
    b"\xe2\x80\xae", b"A" * 40_000, b"\xf0\x9f\x98\x80",
)  # fmt: skip
#: Values where a document of JSON has others.
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, float("nan"), float("inf"), "", " ", "\0", "\ud800", "x" * 3000, "%", "é",
    "#/a", "1e999", [], {}, [None], {"": None}, {"$ref": "#"}, [[[[]]]], ["a", "a"], {"a": {"a": {"a": 1}}}, "\u202e",
)  # fmt: skip
_MAX_CHANGES = 6


class Choices:
    """Choices by a stream of bytes. Where it ends, each further choice is the first one."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._place = 0

    def below(self, count: int) -> int:
        """A number from 0 on, less than the count."""
        size = 1 if count <= 256 else 2
        taken = self._stream[self._place : self._place + size]
        self._place += size
        return int.from_bytes(taken) % max(count, 1)

    def of(self, values: Sequence[Any]) -> Any:
        """One of the values."""
        return values[self.below(len(values))]

    def rest(self) -> bytes:
        """What no choice was made of."""
        return self._stream[self._place :]


def made(target: Target, stream: bytes) -> bytes:
    """An input for a target. Most are valid ones with some changes; some are the stream itself."""
    choices = Choices(stream)
    way = choices.below(8)
    if way == 7:
        return choices.rest()
    seed: bytes = choices.of(target.seeds)
    if way >= 3 and target.form == "json":
        seed = _changed_document(seed, target, choices)
        if way >= 5:
            return seed
    return _changed_bytes(seed, (*target.words, *ODD_BYTES), choices)


def _changed_document(seed: bytes, target: Target, choices: Choices) -> bytes:
    document = json.loads(seed)
    for _ in range(1 + choices.below(_MAX_CHANGES)):
        document = _changed(document, target, choices)
    try:
        return json.dumps(document, ensure_ascii=bool(choices.below(4))).encode("utf-8", "surrogatepass")
    except ValueError:  # two changes made a number too long to be written
        return seed


def _changed(node: Any, target: Target, choices: Choices) -> Any:
    """The document with one value changed."""
    if isinstance(node, dict | list) and node and choices.below(6):
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = choices.of(keys)
        node = node.copy()
        if not choices.below(8):
            del node[key]
        elif not choices.below(8) and isinstance(node, dict):
            node[_word(target, choices)] = node.pop(key)
        else:
            node[key] = _changed(node[key], target, choices)
        return node
    kind = choices.below(4)
    if kind == 0:
        return _word(target, choices)
    if kind == 1 and isinstance(node, str):
        return node + _word(target, choices)
    if kind == 2:
        most = 2 if isinstance(node, dict | list) else 30  # 30 times six times over would fill the memory
        return [node] * (1 + choices.below(most))
    return choices.of(ODD_VALUES)


def _word(target: Target, choices: Choices) -> str:
    return str(choices.of([*target.words, *ODD_BYTES]).decode("utf-8", "replace"))


def _changed_bytes(seed: bytes, words: Sequence[bytes], choices: Choices) -> bytes:
    data = seed
    for _ in range(choices.below(_MAX_CHANGES)):
        place, kind = choices.below(len(data) + 1), choices.below(5)
        end = place + 1 + choices.below(32)
        if kind == 0:
            data = data[:place] + data[end:]
        elif kind == 1:
            data = data[:place] + data[place:end] * (1 + choices.below(20)) + data[end:]
        elif kind == 2:
            data = data[:place] + bytes([choices.below(256)]) + data[place + 1 :]
        elif kind == 3:
            data = data[:place] + choices.of(words) + data[end:]
        else:
            data = data[:place] + choices.of(words) + data[place:]
    return data
