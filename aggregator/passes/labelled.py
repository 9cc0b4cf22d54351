"""Runs the rules over labelled files, the way a pass would, and hands the answers to `evaluate`.

A labelled file is JSON Lines; a line has `id`, `title`, `published`, `publisher`, `url`, `summary`, `body_html`, `lang`, and
`labels` (for tagging; `may` are labels on which experts disagree) or `group` (for stories: items of one group are one story,
items without belong to none) and, where one likes, `kind`: how this variant came about.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator import evaluate
from aggregator import tagging as tags
from aggregator.clean import item as clean
from aggregator.config.load import Config
from aggregator.errors import ConfigError, Place
from aggregator.model import (
    Entry,
    Item,
    Prose,
    Recognised,
    Rejected,
    Source,
    SourceState,
    SourceUpdate,
    Standing,
    Tagging,
)
from aggregator.passes import one_pass
from aggregator.store import connect
from aggregator.text import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One labelled line with the item that a pass would have made of it."""

    id: str
    item: Item
    labels: frozenset[str]
    may: frozenset[str]
    group: str | None
    kind: str | None


def tagging(config: Config, file: Path, *, now: datetime) -> dict[str, Any]:
    """`evaluate tagging` under its stable keys; every mistake with what spoke for its labels."""
    rows = _rows(config, file, now=now)
    rules = tags.compiled(config.taxonomy)
    tagged = {row.id: tags.tag(row.item, (row.item,), rules) for row in rows}
    report = evaluate.tagging(
        {row.id: row.labels for row in rows},
        {name: [tag.label for tag in one.tags] for name, one in tagged.items()},
        allowed={row.id: row.may - row.labels for row in rows},
    ).as_dict()
    titles = {row.id: row.item.title for row in rows}
    mistakes = [
        mistake | {"title": titles[mistake["id"]], "evidence": _evidence(mistake, tagged[mistake["id"]])}
        for mistake in report["mistakes"]
    ]
    return report | {"mistakes": mistakes}


def _evidence(mistake: Mapping[str, Any], tagged: Tagging) -> list[dict[str, Any]]:
    """What was found for the labels that are wrong or missed."""
    wrong = set(mistake["expected"]) ^ set(mistake["got"])
    return [
        {"label": tag.label, "score": tag.score, "evidence": [one._asdict() for one in tag.evidence]}
        for tag in (*tagged.tags, *tagged.near_misses)
        if tag.label in wrong
    ]


def dedupe(config: Config, file: Path, *, now: datetime) -> dict[str, Any]:
    """`evaluate dedupe` under its stable keys: the rows go through a store of their own and the settle stroke."""
    rows = _rows(config, file, now=now)
    by_source: dict[str, list[Item]] = defaultdict(list)
    for row in rows:
        by_source[row.item.source_id].append(row.item)
    with tempfile.TemporaryDirectory() as folder, connect.opened(f"sqlite:///{folder}/labelled.sqlite") as store:
        for source_id, items in by_source.items():
            state = SourceState(source_id=source_id, last_checked=now)
            store.commit(SourceUpdate(state=state, new=tuple(items)))
        one_pass.settle(config, store, now=now)
        names = store.names([row.item.key for row in rows])
    story = {key: name.id for name in names for key in name.members}
    expected, got = {row.id: row.group for row in rows}, {row.id: story[row.item.key] for row in rows}
    report = evaluate.dedupe(expected, got).as_dict()
    kinds = {row.id: row.kind for row in rows if row.kind}
    return report | {"kinds": evaluate.by_kind(expected, got, kinds)} if kinds else report


def _rows(config: Config, file: Path, *, now: datetime) -> list[_Row]:
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            written = json.loads(line)
            item = _item(config, written, now=now)
            labels, may = (frozenset(written.get(key) or ()) for key in ("labels", "may"))
            group, kind = written.get("group"), written.get("kind")
            rows.append(_Row(id=written["id"], item=item, labels=labels, may=may, group=group, kind=kind))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                Place(str(file), number),
                f"{type(error).__name__}: {error}",
                "a JSON object with id, title and body_html",
            ) from error
    return rows


def _item(config: Config, written: Mapping[str, Any], *, now: datetime) -> Item:
    publisher = str(written.get("publisher") or "unknown")
    source = Source(
        id=f"labelled-{digest(publisher)[:12]}",
        name=publisher,
        url=written["url"],
        timezone=config.site.timezone,
        language=written.get("lang"),
    )
    summary, content = written.get("summary"), written.get("body_html")
    entry = Entry(
        guid=written["id"],
        link=written["url"],
        title=Prose(written["title"], html=False),
        summary=Prose(summary, html=True) if summary else None,
        content=Prose(content, html=True) if content else None,
        published_text=written.get("published"),
        fingerprint=written["id"],
    )
    recognised = Recognised(entry=entry, guid=written["id"], standing=Standing.NEW, aliases=(), first_seen=None)
    item = clean.clean(recognised, source, now=now)
    if isinstance(item, Rejected):
        raise ValueError(item.reason)
    return item
