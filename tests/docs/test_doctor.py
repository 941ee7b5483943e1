"""docs/doctor.md: nothing that it tells a reader to do sends a message. Its bundle has no secret."""

from __future__ import annotations

from tests.docs.pages import Page
from tests.docs.reader import Reader


def test_whoever_follows_it_sends_nothing_and_writes_no_secret(reader: Reader) -> None:
    reader.read(Page("doctor.md"))

    assert not reader.sandbox.inbox
    bundle = (reader.folder / "bundle.json").read_text(encoding="utf-8")
    assert '"request_id"' in bundle
    assert not [value for value in secrets_of(reader) if value in bundle]


def secrets_of(reader: Reader) -> list[str]:
    variables = reader.sandbox.environment()
    return [variables["SP_API_REFRESH_TOKEN"], variables["LWA_CLIENT_SECRET"]]
