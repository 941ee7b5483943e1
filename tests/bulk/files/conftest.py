"""A storage behind URLs."""

from collections.abc import Iterator

import pytest

from tests.support import storages
from tests.support.storages import Shelf


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with storages.shelf() as made:
        yield made
