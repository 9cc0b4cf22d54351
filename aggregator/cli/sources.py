"""Everything about sources: `sources list`, `check`, `preview`, `add`, `import`, `export`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from aggregator import urls
from aggregator.cli.settings import Settings, settings
from aggregator.errors import ConfigError, Place, UsageError
from aggregator.model import Limits
from aggregator.passes import health

if TYPE_CHECKING:
    from aggregator.cli.moves import Checked
    from aggregator.config.load import Config
    from aggregator.model import Rights, Source
    from aggregator.opml import Outline
    from aggregator.passes.preview import Preview


@click.group(name="sources")
def sources() -> None:
    """What there is to fetch: list, check, preview, add, import, export."""


@sources.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Every configured source."""
    at = settings(ctx)
    config = at.load()
    rights = _rights(at, config)
    if as_json:
        told = [_source(source, rights.get(source.id)) for source in config.sources]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    width = max((len(source.id) for source in config.sources), default=0)
    for source in config.sources:
        paused = "" if source.enabled else "  (paused)"
        shown = urls.public(source.url, source.secrets)
        click.echo(f"{source.id:<{width}}  {source.kind.value:<8} {source.authority.value:<9}  {shown}{paused}")
        if source.id in rights:
            click.echo(f"{'':<{width}}  reserved: {health.reserved(rights[source.id])}")


def _rights(at: Settings, config: Config) -> dict[str, Rights]:
    """What sources reserved when they were last asked; of those that reserve anything."""
    if not (at.data / "aggregator.sqlite").is_file() and config.store_url is None:
        return {}
    with at.store(config) as store:
        return {name: state.rights for name, state in store.states().items() if state.rights}


def _source(source: Source, rights: Rights | None) -> dict[str, Any]:
    return {
        "id": source.id,
        "name": source.name,
        "url": urls.public(source.url, source.secrets),
        "homepage": source.homepage,
        "kind": source.kind.value,
        "language": source.language,
        "authority": source.authority.value,
        "region": list(source.region),
        "clusters": list(source.labels),
        "interval": source.interval,
        "enabled": source.enabled,
        "robots": source.robots.value,
        "rights": health.rights(rights),
    }


@sources.command()
@click.argument("source_id", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def boilerplate(ctx: click.Context, source_id: str | None, as_json: bool) -> None:
    """Proposes boilerplate.yaml: standing sentences of a source, or of all, found in what is stored."""
    from aggregator.passes import again

    at = settings(ctx)
    config = at.load()
    at.existing_data()
    with at.store(config) as store:
        found = again.standing_sentences(store, config, source_id)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(
        "# Standing sentences, found in what is stored. Look at each: what says something about its item does not"
    )
    click.echo("# belong here. Then save as boilerplate.yaml; `aggregator remerge --dry-run` shows what it changes.")
    _list("everywhere:", found["everywhere"], indent="")
    if found["sources"]:
        click.echo("sources:")
    for source, sentences in found["sources"].items():
        _list(f"  {source}:", sentences, indent="  ")


def _list(head: str, sentences: list[str], *, indent: str) -> None:
    """A YAML list; a JSON string is a YAML string."""
    if sentences:
        click.echo(head)
    for sentence in sentences:
        click.echo(f"{indent}  - {json.dumps(sentence, ensure_ascii=False)}")


@sources.command()
@click.argument("source_id", required=False)
@click.option("--apply", is_flag=True, help="Write the new address of a source that moved for good into its file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def check(ctx: click.Context, source_id: str | None, apply: bool, as_json: bool) -> None:
    """Asks a source, or all that are enabled, and says what is wrong with their answers and what to do. Stores nothing."""
    from aggregator.cli import moves

    at = settings(ctx)
    config = at.load()
    chosen = [one for one in config.sources if (one.id == source_id if source_id else one.enabled)]
    if not chosen:
        raise UsageError(f"no source is called {source_id}; `aggregator sources list` names all")
    now = at.now()
    shown = asyncio.run(_previewed(config, chosen, now=now))
    checked = moves.checked(at, config, chosen, now=now, apply=apply)
    _print(shown, as_json=as_json, single=source_id is not None, entries=3, checked=checked)


@sources.command()
@click.argument("what", metavar="URL-or-ID")
@click.option("--private-network", is_flag=True, help="The URL may stand at a private or loopback address.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def preview(ctx: click.Context, what: str, private_network: bool, as_json: bool) -> None:
    """What a source, or any address, would give. Needs no store, and for an address no configuration."""
    from aggregator.passes import preview as previews

    at = settings(ctx)
    config = _config_or_none(at, needed="://" not in what)
    known = {source.id: source for source in config.sources} if config else {}
    if "://" not in what and what not in known:
        raise UsageError(f"no source is called {what}; `aggregator sources list` names all, or give an http(s) address")
    language, timezone = (config.site.language, config.site.timezone) if config else ("de", "UTC")
    source = known.get(what) or previews.unconfigured(
        what, language=language, timezone=timezone, private_network=private_network
    )
    shown = asyncio.run(_previewed(config, [source], now=at.now()))
    _print(shown, as_json=as_json, single=True, entries=None)


@sources.command()
@click.argument("url")
@click.option("--private-network", is_flag=True, help="The URL may stand at a private or loopback address.")
@click.option("--write", is_flag=True, help="Write sources/<id>.yaml instead of printing it.")
@click.pass_context
def add(ctx: click.Context, url: str, private_network: bool, write: bool) -> None:
    """Looks at an address and gives the entry for it, to be pasted or written. Refuses what gives no entries."""
    from aggregator.config import snippet
    from aggregator.passes import preview as previews

    at = settings(ctx)
    config = _config_or_none(at, needed=write)
    language, timezone = (config.site.language, config.site.timezone) if config else ("de", "UTC")
    source = previews.unconfigured(url, language=language, timezone=timezone, private_network=private_network)
    [shown] = asyncio.run(_previewed(config, [source], now=at.now()))
    if not shown.items:
        raise UsageError(f"{url}: nothing to add: {'; '.join(shown.problems)}")
    taken = {one.id for one in config.sources} if config else set()
    row = {
        "id": snippet.slug(shown.title or urls.host(url), taken=taken),
        "name": shown.title or urls.host(url),
        "url": url,
    }
    text = snippet.as_yaml([row | ({"private_network": True} if private_network else {})], taken=taken)
    _give(at, text, name=row["id"], write=write)


def _give(at: Settings, text: str, *, name: str, write: bool) -> None:
    """Prints a snippet of sources, or writes it as a file of its own; never over one that is there."""
    if not write:
        click.echo(text)
        return
    target = at.config / "sources" / f"{name}.yaml"
    if target.exists():
        raise ConfigError(Place(str(target)), "the file exists", "a name that is free")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(Place(str(target)), str(error.strerror), "a file that can be written") from error
    click.echo(f"wrote {target}")


def _config_or_none(at: Settings, *, needed: bool) -> Config | None:
    if not needed and not (at.config / "aggregator.yaml").is_file():
        return None
    return at.load()


async def _previewed(config: Config | None, chosen: list[Source], *, now: datetime) -> list[Preview]:
    from aggregator.passes import one_pass
    from aggregator.passes import preview as previews

    limits, contact, keys = (config.limits, config.contact, config.stable_keys) if config else (Limits(), "preview", ())
    async with one_pass.tools(limits, contact=contact, stable_keys=keys) as tools:
        return list(await asyncio.gather(*(previews.preview(source, tools, now=now) for source in chosen)))


def _print(
    shown: list[Preview],
    *,
    as_json: bool,
    single: bool,
    entries: int | None,
    checked: Mapping[str, Checked] = MappingProxyType({}),
) -> None:
    from aggregator.cli import moves
    from aggregator.passes import preview as previews

    if as_json:
        known = {source_id: one.as_dict() for source_id, one in checked.items()}
        documents = [previews.as_dict(one) | known.get(one.source.id, {}) for one in shown]
        click.echo(json.dumps(documents[0] if single else documents, ensure_ascii=False, indent=2))
        return
    for one in shown:
        click.secho(f"{one.source.id}: {one.kind or 'nothing'}, {len(one.items)} entries", bold=True)
        for item in one.items[:entries]:
            day = item.published.astimezone(ZoneInfo(one.source.timezone))
            click.echo(f"  {day:%Y-%m-%d} ({item.date_trust.value})  {item.title}")
            click.echo(
                f"    {item.url}  {len(item.text)} characters" + (f"  issuer: {item.issuer}" if item.issuer else "")
            )
        for problem in one.problems:
            click.echo(f"  problem: {problem}")
        if one.advice:
            click.echo(f"    {one.advice}")
        if one.rights:
            click.echo(f"  reserved: {health.reserved(one.rights)}")
        moves.show(checked.get(one.source.id))


@sources.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--write", is_flag=True, help="Write sources/<name of the file>.yaml instead of printing it.")
@click.pass_context
def import_(ctx: click.Context, file: Path, write: bool) -> None:
    """Turns an OPML subscription list into sources; addresses that are configured already are left out."""
    from aggregator.config import snippet

    at = settings(ctx)
    config = _config_or_none(at, needed=write)
    taken = {source.id for source in config.sources} if config else set()
    present = {source.url for source in config.sources} if config else set()
    outlines = [outline for outline in _read_opml(file) if outline.xml_url not in present]
    rows = [{"name": one.title, "url": one.xml_url, "homepage": one.html_url} for one in outlines]
    _give(at, snippet.as_yaml(rows, taken=taken), name=file.stem.lower(), write=write)


def _read_opml(file: Path) -> tuple[Outline, ...]:
    from aggregator import opml

    try:
        return opml.read(file.read_bytes())
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error


@sources.command()
@click.pass_context
def export(ctx: click.Context) -> None:
    """The configured sources as OPML 2.0 on standard output."""
    from aggregator.passes import publish_changed

    config = settings(ctx).load()
    click.echo(publish_changed.sources_opml(config), nl=False)
