"""From bytes to items, as a pass does it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from aggregator.clean import item
from aggregator.model import Document, Hints, Item, Known, Source
from aggregator.parse import document
from aggregator.stories import identity

URL = "https://www.presse.example/aktuell/feed.xml"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def items() -> Callable[..., list[Item]]:
    def read(body: bytes, **hints: str) -> list[Item]:
        found = document.read(body, Hints(url=URL, **hints))  # type: ignore[arg-type]
        assert isinstance(found, Document), found
        source = Source(id="presse", name="Presse", url=URL, homepage=found.homepage, timezone="Europe/Berlin")
        known = Known(items={}, aliases={}, fingerprints=frozenset())
        cleaned = [item.clean(one, source, now=NOW) for one in identity.recognise(found.entries, known, stable_keys=())]
        return [one for one in cleaned if isinstance(one, Item)]

    return read
