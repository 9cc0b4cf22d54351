"""What is stored: `items`, `status`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from aggregator.cli.settings import settings
from aggregator.errors import ADVICE, Failure, UsageError
from aggregator.passes import faults, health, lock, told

if TYPE_CHECKING:
    from aggregator.store.items import Listed


@click.command()
@click.option("--cluster", "labels", multiple=True, help="Only items with this cluster or topic (repeatable).")
@click.option("--source", help="Only items of this source.")
@click.option("--since", help="Only items published since then: 2026-11-01, or 7d, 12h.")
@click.option("--search", help="Only items with these words.")
@click.option("--limit", default=50, show_default=True, help="How many at the most.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def items(ctx: click.Context, /, as_json: bool, **given: Any) -> None:
    """What is stored, newest first."""
    at = settings(ctx)
    config = at.load()
    at.existing_data()
    since = _since(given["since"], now=at.now())
    with at.store(config) as store:
        listed = store.listed(
            labels=given["labels"], source=given["source"], since=since, search=given["search"], limit=given["limit"]
        )
    if as_json:
        topics = {label.id for label in config.taxonomy.labels if label.kind.value == "topic"}
        click.echo(json.dumps([_item(row, topics) for row in listed], ensure_ascii=False, indent=2))
        return
    zone = ZoneInfo(config.site.timezone)
    for row in listed:
        item = row.item
        click.echo(
            f"{item.published.astimezone(zone):%Y-%m-%d}  {item.id}  {item.source_id}  {item.title}  [{', '.join(row.labels)}]"
        )


def _since(text: str | None, *, now: datetime) -> datetime | None:
    from aggregator import due

    if text is None:
        return None
    ago: timedelta | None = due.duration(text)
    if ago is not None:
        return now - ago
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--since {text}: expected a date such as 2026-11-01 or a duration such as 7d") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _item(row: Listed, topics: set[str]) -> dict[str, Any]:
    item = row.item
    return {
        "id": item.id,
        "story": row.story_id,
        "source": item.source_id,
        "guid": item.guid,
        "url": item.url,
        "title": item.title,
        "summary": item.summary,
        "published": health.rfc3339(item.published),
        "updated": health.rfc3339(item.updated),
        "first_seen": health.rfc3339(item.first_seen),
        "first_pass": lock.pass_id(item.first_seen),
        "language": item.language,
        "clusters": [label for label in row.labels if label not in topics],
        "topics": [label for label in row.labels if label in topics],
        "issuer": item.issuer,
        "date_trust": item.date_trust.value,
        "authors": list(item.authors),
        "categories": list(item.categories),
        "enclosures": [enclosure.url for enclosure in item.enclosures],
    }


_EVENTS = 10


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """How every source is."""
    at = settings(ctx)
    config = at.load()
    at.existing_data()
    now = at.now()
    with at.store(config) as store:
        rows = health.health(config.sources, store.states(), store.source_counts())
        counts = store.counts()
        offline = store.offline_since()
        documents = faults.standing(store.rendered())
        events = store.events(_EVENTS)
    if as_json:
        document = {
            "offline": health.rfc3339(offline),
            "sources": [health.as_dict(row, now=now) for row in rows],
            "counts": counts,
            "published": faults.as_dict(documents),
            "events": [told.as_dict(event, config) for event in events],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    if offline:
        click.secho(f"offline since {offline:%Y-%m-%d %H:%M}: {ADVICE[Failure.OFFLINE]}", bold=True)
    for each in documents:
        click.secho(f"refused   {each.sentence}", bold=True)
    width = max((len(row.source.id) for row in rows), default=0)
    for row in rows:
        failing = row.remembered.failing
        why = f"  {failing.failure.value}: {failing.message}" if failing else ""
        last = f"{row.remembered.last_success:%Y-%m-%d %H:%M}" if row.remembered.last_success else "never"
        click.echo(f"{row.state.value:<8}  {row.source.id:<{width}}  {row.items:>6} items  last success {last}{why}")
        for said in health.advice(row, now=now):
            click.echo(f"{'':<8}  {'':<{width}}  {said}")
        if reserved := health.reserved(row.remembered.rights):
            click.echo(f"{'':<8}  {'':<{width}}  reserved: {reserved}")
    for line in told.recently(events, config):
        click.echo(line)
