"""Why: `explain`, of a story and of two items."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import click

from aggregator import urls
from aggregator.cli.settings import settings
from aggregator.errors import UsageError
from aggregator.passes import health

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.model import Carried, Item, Match, Story, Tag
    from aggregator.store.connect import Store

_SHOWN = 6  # comparisons of each kind: what people read fits one screen, `--json` has all


@click.command()
@click.argument("what", metavar="ITEM-or-STORY-or-URL")
@click.argument("other", metavar="[ANOTHER]", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def explain(ctx: click.Context, what: str, other: str | None, as_json: bool) -> None:
    """Why an item is tagged, merged or left out; with ANOTHER, why these two are one story or are not."""
    at = settings(ctx)
    config = at.load()
    at.existing_data()
    with at.store(config) as store:
        if other is not None:
            told = _compared(store, config, what, other)
        else:
            story = _found(store, what)
            matches = store.matches([item.key for item in story.carriers])
            others = store.items({key for match in matches for key in (match.left, match.right)})
            told = _explained(config, story, matches, {key: item.id for key, item in others.items()})
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif other is not None:
        _tell_pair(told)
    else:
        _tell(told)


def _found(store: Store, what: str) -> Story:
    story = store.find(what)
    if story is None:
        raise UsageError(f"{what}: nothing stored has this id or URL; `aggregator items` lists what is")
    return story


# ----------------------------------------------------------------------------------------------------------------- two items


def _compared(store: Store, config: Config, what: str, other: str) -> dict[str, Any]:
    from aggregator.passes import matching

    stories = _found(store, what), _found(store, other)
    left, right = (_meant(story, asked) for story, asked in zip(stories, (what, other), strict=True))
    shared, match = matching.between(left, right, matching.merging(config))
    return {
        "items": [_item(left), _item(right)],
        "one_story": stories[0].id == stories[1].id,
        "shared_keys": list(shared),
        "verdict": match.verdict.value if match else "different",
        "rule": match.rule if match else ("not-alike" if shared else "nothing-in-common"),
        "evidence": match.evidence if match else "too little in common to be one story",
    }


def _meant(story: Story, asked: str) -> Item:
    """The item of a story that somebody names by its id or address; the origin where the story is named."""
    page = urls.canonical(asked)
    named = (item for item in story.carriers if item.id == asked or urls.canonical(item.url) == page)
    return next(named, story.origin)


def _item(item: Item) -> dict[str, Any]:
    return {
        "item": item.id,
        "source": item.source_id,
        "url": item.url,
        "title": item.title,
        "published": health.rfc3339(item.published),
        "first_seen": health.rfc3339(item.first_seen),
    }


def _tell_pair(told: dict[str, Any]) -> None:
    for item in told["items"]:
        click.secho(item["title"], bold=True)
        click.echo(f"  {item['item']}  {item['source']}  {item['published']}  {item['url']}")
    click.echo(f"in one story: {'yes' if told['one_story'] else 'no'}")
    click.echo(f"compared by: {', '.join(told['shared_keys']) or 'nothing, they share no key'}")
    click.echo(f"{told['verdict']} by {told['rule']}: {told['evidence']}")


# ------------------------------------------------------------------------------------------------------------------ one story


def _explained(config: Config, story: Story, matches: tuple[Match, ...], ids: dict[Any, str]) -> dict[str, Any]:
    from aggregator.passes import matching
    from aggregator.stories import provenance

    authority = {source.id: source.authority for source in config.sources}
    members = {item.key for item in story.carriers}
    return {
        "story": story.id,
        "absorbed": list(story.absorbed),
        "title": story.origin.title,
        "origin": provenance.why_origin(story.origin, story.carriers[1:], authority),
        "tags": [_tag(tag) for tag in story.tags],
        "near_misses": [_tag(tag) for tag in story.near_misses],
        "carriers": [_carrier(one, story) for one in matching.provenance(story, matching.merging(config))],
        "matches": [
            {
                "item": ids.get(match.left, "/".join(match.left)),
                "with": ids.get(match.right, "/".join(match.right)),
                "verdict": match.verdict.value,
                "rule": match.rule,
                "evidence": match.evidence,
                "inside": match.left in members and match.right in members,
            }
            for match in sorted(matches, key=lambda match: -match.strength)
        ],
    }


def _tag(tag: Tag) -> dict[str, Any]:
    evidence = [{"rule": e.rule, "field": e.field, "text": e.text, "weight": round(e.weight, 3)} for e in tag.evidence]
    return {"label": tag.label, "score": round(tag.score, 3), "evidence": evidence}


def _carrier(one: Carried, story: Story) -> dict[str, Any]:
    return _item(one.item) | {
        "origin": one.item is story.origin,
        "how": "origin" if one.item is story.origin else one.how,
        "share": one.share,
        "own": one.own,
        "other_title": one.other_title,
        "differences": [list(pair) for pair in one.differences],
    }


def _tell(told: dict[str, Any]) -> None:
    click.secho(told["title"], bold=True)
    click.echo(f"story    {told['story']}")
    for carrier in told["carriers"]:
        where = f"{carrier['item']}  {carrier['source']}  {carrier['published']}  {carrier['url']}"
        if carrier["origin"]:
            click.echo(f"origin   {where}\n           {told['origin']}")
        else:
            click.echo(f"carrier  {where}\n           {_how(carrier)}")
    inside = [match for match in told["matches"] if match["inside"]]
    _tell_matches("one", inside)
    _tell_matches("not", [match for match in told["matches"] if not match["inside"]])
    for kind, tags in (("tag", told["tags"]), ("near", told["near_misses"])):
        for tag in tags:
            click.echo(f"{kind:<7}  {tag['label']} ({tag['score']})")
            for evidence in tag["evidence"]:
                click.echo(
                    f"           {evidence['weight']:+.2f}  {evidence['rule']}  in {evidence['field']}: {evidence['text']}"
                )


def _how(carrier: dict[str, Any]) -> str:
    parts = [f"{carrier['how']}: {carrier['share']:.0%} of the origin's text"]
    if carrier["other_title"]:
        parts.append(f"another title: {carrier['title']}")
    if carrier["differences"]:
        parts.append("says " + ", ".join(f"{ours} for {theirs}" for theirs, ours in carrier["differences"][:3]))
    return "; ".join(parts)


def _tell_matches(word: str, matches: Collection[dict[str, Any]]) -> None:
    for match in _first(matches):
        click.echo(
            f"{word:<7}  {match['item']} and {match['with']}: {match['verdict']} by {match['rule']}: {match['evidence']}"
        )
    if len(matches) > _SHOWN:
        click.echo(f"           and {len(matches) - _SHOWN} more comparisons, see --json")


def _first(matches: Collection[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return list(matches)[:_SHOWN]
