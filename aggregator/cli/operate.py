"""Working on rules: `config`, `evaluate`, `retag`, `remerge`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.settings import Settings, settings

if TYPE_CHECKING:
    from aggregator.passes.again import Difference


@click.group()
def config() -> None:
    """Checks the configuration; prints its JSON Schema."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="What was found, as JSON.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Reads the whole configuration; names file and line of every fault."""
    at = settings(ctx)
    found = at.load_anew()
    counts = {
        "sources": len(found.sources),
        "enabled": sum(source.enabled for source in found.sources),
        "labels": len(found.taxonomy.labels),
        "feeds": len(found.feeds),
    }
    if as_json:
        click.echo(json.dumps(counts))
    else:
        at.say(f"{at.config}: " + ", ".join(f"{count} {name}" for name, count in counts.items()), err=False)


@config.command()
def schema() -> None:
    """JSON Schema of the configuration files, for editors."""
    from aggregator.config import schema as schemas

    click.echo(json.dumps(schemas.json_schema(), ensure_ascii=False, indent=2))


@click.group()
def evaluate() -> None:
    """Precision, recall and F1 on labelled data."""


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--fail-under", type=float, default=0.0, help="Exit with 1 when the micro-F1 is lower.")
@click.pass_context
def tagging(ctx: click.Context, file: Path, as_json: bool, fail_under: float) -> None:
    """How well the rules tag a labelled file (JSON Lines: id, title, summary, body_html, labels ...)."""
    from aggregator.passes import labelled

    at = settings(ctx)
    report = labelled.tagging(at.load(), file, now=at.now())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _scores("micro", report["micro"])
        for label, scores in report["labels"].items():
            _scores(label, scores)
        for mistake in report["mistakes"]:
            _mistake(mistake)
    if report["micro"]["f1"] < fail_under:
        ctx.exit(1)


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--fail-under", type=float, default=0.0, help="Exit with 1 when the F1 of pairs is lower.")
@click.pass_context
def dedupe(ctx: click.Context, file: Path, as_json: bool, fail_under: float) -> None:
    """How well stories are recognised in a labelled file (JSON Lines: id, publisher, url, title, body_html, group ...)."""
    from aggregator.passes import labelled

    at = settings(ctx)
    report = labelled.dedupe(at.load(), file, now=at.now())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _scores("pairs", report["pairs"])
        for kind, scores in report.get("kinds", {}).items():
            _scores(kind, {**scores, "support": f"{scores['items']} items"})
        for mistake in report["mistakes"]:
            click.echo(f"{' '.join(mistake['ids'])}: expected {mistake['expected']}, got {mistake['got']}")
    if report["pairs"]["f1"] < fail_under:
        ctx.exit(1)


def _mistake(mistake: dict[str, Any]) -> None:
    """One item that is wrongly tagged, with the words that speak for the labels in question."""
    expected, got = (", ".join(mistake[key]) or "nothing" for key in ("expected", "got"))
    click.echo(f"\n{mistake['id']}  {mistake['title']}\n  expected {expected}; got {got}")
    for label in mistake["evidence"]:
        click.echo(f"  {label['label']} ({label['score']})")
        for one in label["evidence"]:
            click.echo(f"    {one['weight']:+.2f}  {one['rule']}  in {one['field']}: {one['text']}")


def _scores(name: str, scores: dict[str, Any]) -> None:
    support = f"  of {scores['support']}" if "support" in scores else ""
    click.echo(
        f"{name:<28} precision {scores['precision']:.3f}  recall {scores['recall']:.3f}  F1 {scores['f1']:.3f}{support}"
    )


@click.command()
@click.option("--dry-run", is_flag=True, help="Print what would change, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def retag(ctx: click.Context, dry_run: bool, as_json: bool) -> None:
    """Applies changed rules to the tags of what is stored."""
    from aggregator.passes import again

    _print(settings(ctx), _settled(settings(ctx), again.retag, dry_run=dry_run), as_json=as_json)


@click.command()
@click.option("--dry-run", is_flag=True, help="Print what would change, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def remerge(ctx: click.Context, dry_run: bool, as_json: bool) -> None:
    """Applies changed rules to the stories of what is stored."""
    from aggregator.passes import again

    _print(settings(ctx), _settled(settings(ctx), again.remerge, dry_run=dry_run), as_json=as_json)


def _settled(at: Settings, settle: Callable[..., Difference], *, dry_run: bool) -> Difference:
    from aggregator.passes import lock

    found = at.load()
    with lock.held(at.existing_data()), at.store(found) as store:
        return settle(found, store, now=at.now(), dry_run=dry_run)


def _print(at: Settings, difference: Difference, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(difference.as_dict(), ensure_ascii=False, indent=2))
        return
    for label in dict.fromkeys(change.label for change in difference.tags):
        changes = [change for change in difference.tags if change.label == label]
        come = sum(change.sign == "+" for change in changes)
        click.echo(f"{label}: {come} come, {len(changes) - come} go")
        for change in changes:
            click.echo(f"  {change.sign} {change.title}")
    for story in difference.stories:
        click.echo(f"{story.before} -> {story.after} carriers  {story.title}")
    at.say(f"{len(difference.tags)} tags and {len(difference.stories)} stories differ")
