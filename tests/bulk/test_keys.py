"""Keys never collide, and digests tell every difference that a buyer would see."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from spapi_messaging.bulk.storage.keys import content_digest, key_hash, own_key_hash

ORDER = "303-1234567-1234567"
PARTS = st.tuples(st.text(), st.text(), st.text(), st.none() | st.text())
FILES = st.lists(st.fixed_dictionaries({"name": st.text(), "sha256": st.text()}), max_size=3)
FIELDS = st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none(), max_size=3)
CONTENTS = st.tuples(st.text(), st.text(), st.text(), st.none() | st.text(), FIELDS, FILES)


@given(PARTS, PARTS)
def test_messages_have_one_key_only_if_they_are_the_same(one: Any, other: Any) -> None:
    assert (key_hash(*one) == key_hash(*other)) == (one == other)


@given(st.lists(st.sampled_from(["", "a", "b", '"', ",", "ab"]), min_size=4, max_size=4), st.data())
def test_where_one_part_ends_and_the_next_begins_matters(parts: list[str], data: st.DataObject) -> None:
    other = data.draw(st.permutations(parts))
    assume(other != parts)

    assert key_hash(*parts) != key_hash(*other)


@given(PARTS, st.text())
def test_own_keys_never_equal_ours(parts: Any, key: str) -> None:
    ours = key_hash(*parts)

    assert own_key_hash(key) != ours
    assert own_key_hash(ours) != ours


@given(CONTENTS, CONTENTS)
def test_digests_are_equal_only_if_the_buyer_sees_the_same(one: Any, other: Any) -> None:
    def seen(content: Any) -> Any:
        *message, fields, files = content
        typed = {name: (type(value), value) for name, value in fields.items()}
        return message, typed, [(file["name"], file["sha256"]) for file in files]

    assert (content_digest(*one) == content_digest(*other)) == (seen(one) == seen(other))


@given(CONTENTS, st.data())
def test_digest_tells_each_change_of_one_part(content: Any, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw([st.text(), st.text(), st.text(), st.none() | st.text(), FIELDS, FILES][place])
    assume(repr(other) != repr(content[place]) and other != content[place])
    changed = (*content[:place], other, *content[place + 1 :])

    assert content_digest(*changed) != content_digest(*content)


def test_digest_does_not_depend_on_where_a_file_lies_or_on_the_order_of_fields() -> None:
    one = content_digest("eu", "o", "t", None, {"a": 1, "b": 2}, [{"name": "n", "sha256": "s", "path": "/x"}])
    other = content_digest("eu", "o", "t", None, {"b": 2, "a": 1}, [{"name": "n", "sha256": "s", "path": "/y"}])

    assert one == other


def sha256_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_keys_and_digests_are_those_of_earlier_releases() -> None:
    """A ledger keeps them. With others, it would not know what was sent, and would send it again."""
    message = f'["message","eu","{ORDER}","invoice","R-17"]'
    content = f'["content","eu","{ORDER}","invoice","Guten Tag",{{"a":1}},[["a.pdf","123"]]]'
    files = [{"name": "a.pdf", "sha256": "123", "path": "/x"}]

    assert key_hash("eu", ORDER, "invoice", "R-17") == sha256_of(message)
    assert key_hash("eu", ORDER, "invoice", None) == sha256_of(message.replace('"R-17"', "null"))
    assert own_key_hash("k-1") == sha256_of('["own","k-1"]')
    assert content_digest("eu", ORDER, "invoice", "Guten Tag", {"a": 1}, files) == sha256_of(content)
    assert content_digest("eu", ORDER, "t", None, None, None) == sha256_of(
        f'["content","eu","{ORDER}","t",null,{{}},[]]'
    )
