"""The JSON Schema for editors holds what the documentation promises."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from aggregator.config import schema

SCHEMA = schema.json_schema()


def keys(name: str) -> set[str]:
    return set(SCHEMA["$defs"][name]["properties"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "SourceKeys",
            {
                "id",
                "name",
                "url",
                "homepage",
                "kind",
                "interval",
                "language",
                "timezone",
                "authority",
                "region",
                "clusters",
            }
            | {"full_text", "publish", "images", "private_network", "robots", "listing", "detail", "enabled"},
            id="a source",
        ),
        pytest.param(
            "ListingKeys", {"item", "link", "title", "date", "summary", "next", "pages", "date_in_url"}, id="listing"
        ),
        pytest.param("DetailKeys", {"title", "date", "summary", "content", "image", "issuer", "remove"}, id="detail"),
        pytest.param(
            "ClustersFile",
            {"version", "fields", "threshold", "enumeration", "ignored", "asides", "elsewhere", "by_hand"}
            | {"clusters", "umbrella", "topics"},
            id="clusters.yaml",
        ),
        pytest.param("FeedsFile", {"defaults", "feeds"}, id="feeds.yaml"),
    ],
)
def test_every_documented_key_exists(name: str, expected: set[str]) -> None:
    assert keys(name) == expected


def test_every_reference_leads_somewhere() -> None:
    names = re.findall(r'"#/\$defs/(\w+)"', json.dumps(SCHEMA))
    assert set(names) <= set(SCHEMA["$defs"])
    assert {"AggregatorFile", "SourcesFile", "ClustersFile", "FeedsFile"} <= set(names)


def test_short_forms_are_allowed() -> None:
    term: dict[str, Any] = SCHEMA["$defs"]["LabelKeys"]["properties"]["strong"]["items"]
    assert {"type": "string"} in term["anyOf"]
    assert SCHEMA["$defs"]["ListingKeys"]["properties"]["link"]["type"] == "string"


def test_unknown_keys_are_refused_everywhere_but_in_names() -> None:
    mappings = {
        name: each for name, each in SCHEMA["$defs"].items() if each.get("type") == "object" and name != "Selector"
    }
    assert {name for name, each in mappings.items() if each.get("additionalProperties") is not False} == {"NameKeys"}


def test_it_says_which_dialect_it_is() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$defs"]["LimitKeys"]["properties"]["gap"]["default"] == "5s"
