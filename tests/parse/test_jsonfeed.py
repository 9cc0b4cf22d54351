import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Document, Entry, Hints
from aggregator.parse import jsonfeed

HINTS = Hints(url="https://a.example/feed.json")
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "url", "name", "title", "content_html", "mime_type", "size_in_bytes"]), inner
        )
    ),
    max_leaves=8,
)
FIELDS = [
    "id",
    "url",
    "title",
    "summary",
    "content_html",
    "content_text",
    "authors",
    "author",
    "tags",
    "attachments",
    "image",
]


def entries(*items: Any) -> tuple[Entry, ...]:
    found = jsonfeed.read(json.dumps({"items": items}), HINTS)
    assert isinstance(found, Document)
    return found.entries


@pytest.mark.parametrize(
    ("item", "field", "expected"),
    [
        pytest.param({"id": 7}, "guid", "7", id="an id that is a number"),
        pytest.param({"id": 0}, "guid", "0", id="also when it is nought"),
        pytest.param({"id": True, "title": "x"}, "guid", None, id="but not a truth value"),
        pytest.param({"url": "/a"}, "link", "https://a.example/a", id="a relative address"),
        pytest.param({"external_url": "https://b.example/"}, "link", "https://b.example/", id="a link list's address"),
        pytest.param({"id": "1", "author": {"name": "Ada"}}, "authors", ("Ada",), id="the author of version 1.0"),
        pytest.param(
            {"id": "1", "authors": [{"name": "Ada"}, {"url": "x"}, "?"]}, "authors", ("Ada",), id="authors of 1.1"
        ),
        pytest.param({"id": "1", "tags": "none"}, "categories", (), id="tags that are no list"),
        pytest.param({"id": "1", "title": "a\ud800b"}, "title", ("a?b", False), id="half a surrogate pair"),
    ],
)
def test_fields(item: dict[str, Any], field: str, expected: object) -> None:
    (entry,) = entries(item)
    assert getattr(entry, field) == expected


def test_an_item_that_is_none_drops_only_itself() -> None:
    assert [entry.guid for entry in entries({"id": "1"}, "text", None, {}, [], {"id": "2"})] == ["1", "2"]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES) | VALUES, max_size=4))
def test_any_json_in_any_field_is_read(items: list[Any]) -> None:
    for entry in entries(*items):
        assert all(isinstance(author, str) for author in entry.authors)
        assert all(enclosure.url.startswith("http") for enclosure in entry.enclosures)
        assert entry.fingerprint
