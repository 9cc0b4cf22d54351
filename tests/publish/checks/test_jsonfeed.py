"""Each rule of JSON Feed 1.1 finds what breaks it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from aggregator.publish.checks import jsonfeed

HERE = "https://news.example/feeds/all.json"
GOOD: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Alles",
    "home_page_url": "https://news.example/all/",
    "feed_url": HERE,
    "language": "de",
    "authors": [{"name": "Nachrichten", "url": "mailto:desk@news.example"}],
    "hubs": [{"type": "WebSub", "url": "https://news.example/hub"}],
    "items": [
        {
            "id": "tag:news.example,2026:1",
            "url": "https://a.example/1",
            "title": "Speicher",
            "content_html": "<p>Das Land</p>",
            "summary": "Das Land",
            "date_published": "2026-10-12T09:00:00Z",
            "authors": [{"name": "Erika"}],
            "tags": ["Energie"],
            "attachments": [{"url": "https://a.example/1.pdf", "mime_type": "application/pdf", "size_in_bytes": 12}],
            "_aggregator": {"anything": None},
        },
        {"id": "tag:news.example,2026:2", "content_text": "Netz"},
    ],
}


def rules(content: bytes) -> set[str]:
    return {fault.rule for fault in jsonfeed.faults(content, HERE, set())}


def test_a_good_document_has_no_fault() -> None:
    assert jsonfeed.faults(json.dumps(GOOD).encode(), HERE, set()) == ()


def without_dots(value: Any) -> Any:
    """The value without the keys whose value is `...`."""
    if isinstance(value, dict):
        return {key: without_dots(each) for key, each in value.items() if each is not ...}
    return [without_dots(each) for each in value] if isinstance(value, list) else value


def item(**changes: Any) -> dict[str, Any]:
    return {"items": [{**GOOD["items"][0], **changes}]}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("InvalidVersion", {"version": "https://jsonfeed.org/version/1"}),
        ("SelfDoesntMatchLocation", {"feed_url": "https://news.example/feeds/other.json"}),
        ("MissingElement", {"title": ...}),
        ("MissingElement", {"items": ...}),
        ("MissingElement", {"home_page_url": ...}),
        ("NotBlank", {"title": ""}),
        ("InvalidValue", {"title": 1}),
        ("InvalidValue", {"items": {}}),
        ("InvalidValue", {"items": ["x"]}),
        ("UndefinedElement", {"author": {"name": "Nachrichten"}}),
        ("InvalidLanguage", {"language": "deutsch"}),
        ("MissingElement", {"authors": [{}]}),
        ("MissingElement", {"hubs": [{"url": "https://news.example/hub"}]}),
        ("InvalidFullLink", {"home_page_url": "/all/"}),
        ("MissingElement", item(id=...)),
        ("InvalidValue", item(id=1)),
        ("NotBlank", item(id="")),
        ("DuplicateValue", {"items": [GOOD["items"][1], GOOD["items"][1]]}),
        ("MissingContent", item(content_html=...)),
        ("NotHtml", item(content_html="<p>Das Land")),
        ("SecurityRisk", item(content_html="<script>x</script>")),
        ("ContainsRelRef", item(content_html='<a href="/x">x</a>')),
        ("InvalidRFC3339Date", item(date_published="12.10.2026")),
        ("ImplausibleDate", item(date_published="1789-01-20T00:00:00Z")),
        ("BadCharacters", item(title="F\ufffdrderung")),
        ("InvalidValue", item(tags="Energie")),
        ("NotBlank", item(tags=[" "])),
        ("MissingElement", item(attachments=[{"url": "https://a.example/1.pdf"}])),
        ("InvalidMIMEType", item(attachments=[{"url": "https://a.example/1", "mime_type": "pdf"}])),
        ("InvalidNonNegativeInteger", item(attachments=[{"url": "https://a.example/", "mime_type": "a/b", "size_in_bytes": ""}])),
        ("UndefinedElement", item(guid="1")),
    ],
)  # fmt: skip
def test_rule(rule: str, changes: dict[str, Any]) -> None:
    document = without_dots({**copy.deepcopy(GOOD), **changes})
    assert rule in rules(json.dumps(document).encode())


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b'{"a": NaN}'])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    assert rules(content) == {"NotJson"}


def test_a_list_is_no_feed_and_five_megabytes_are_too_many() -> None:
    assert rules(b"[]") == {"InvalidValue"}
    assert rules(b" " * 5_000_001) == {"ValidatorLimit"}
