"""Small taxonomies and items for the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import load
from aggregator.model import DateTrust, Exclusion, Item, Label, LabelKind, Scope, Strength, Taxonomy, Term

CONFIG = Path(__file__).resolve().parents[2] / "config"
THEN = datetime(2026, 11, 18, 9, tzinfo=UTC)
Written = str | dict[str, Any]


def _item(**fields: Any) -> Item:
    guid = fields.pop("guid", "1")
    return Item(
        **{
            "id": guid,
            "source_id": "house",
            "guid": guid,
            "url": "https://house.example/1",
            "title": "Meldung",
            "summary": "",
            "html": "",
            "text": "",
            "published": THEN,
            "updated": None,
            "first_seen": THEN,
            "date_trust": DateTrust.EXACT,
            "published_text": None,
            "language": "de",
            "authors": (),
            "categories": (),
            "issuer": None,
            "enclosures": (),
            "content_hash": "",
            "fingerprint": "",
            **fields,
        }
    )


def _ends(written: Written) -> dict[str, Any]:
    given = {"text": written} if isinstance(written, str) else dict(written)
    text = given["text"]
    return {**given, "text": text.strip("*"), "open_left": text.startswith("*"), "open_right": text.endswith("*")}


def _exclusion(written: Written) -> Exclusion:
    return Exclusion(**{"scope": Scope.TERM, **_ends(written)})


def _label(id_: str, *, kind: LabelKind = LabelKind.CLUSTER, **rules: Any) -> Label:
    """`strong`, `medium`, `weak` and `exclude` as in clusters.yaml; `short` are the names in enumerations."""
    return Label(
        id=id_,
        kind=kind,
        names={"de": id_.title(), "en": f"{id_.title()} Cluster"},
        short_names=tuple(rules.get("short", ())),
        terms=tuple(Term(strength=s, **_ends(t)) for s in Strength for t in rules.get(s.value, ())),
        exclusions=tuple(_exclusion(written) for written in rules.get("exclude", ())),
    )


def _taxonomy(*labels: Label, ignored: tuple[Written, ...] = (), **more: Any) -> Taxonomy:
    return Taxonomy(version="1", labels=labels, ignored=tuple(map(_exclusion, ignored)), **more)


@pytest.fixture(scope="session")
def item() -> Callable[..., Item]:
    return _item


@pytest.fixture(scope="session")
def label() -> Callable[..., Label]:
    return _label


@pytest.fixture(scope="session")
def taxonomy() -> Callable[..., Taxonomy]:
    return _taxonomy


@pytest.fixture(scope="session")
def berlin_brandenburg(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    """The taxonomy of the real case, as the loader reads it."""
    folder = tmp_path_factory.mktemp("config")
    for name in ("aggregator.yaml", "clusters.yaml"):
        (folder / name).write_bytes((CONFIG / name).read_bytes())
    (folder / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    return load.load(folder, environment={}).taxonomy
