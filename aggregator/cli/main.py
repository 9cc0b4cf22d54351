"""`aggregator` itself: global options, exit statuses, and the commands that work: run, publish, serve, init, demo."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from aggregator import __version__
from aggregator.cli import streams
from aggregator.cli.settings import Settings, settings
from aggregator.errors import AggregatorError, PassRunningError

# Commands that live in other modules: imported only when they are called, so that `--help` answers at once.
_ELSEWHERE = {
    "sources": ("aggregator.cli.sources", "What there is to fetch: list, check, preview, add, import, export."),
    "items": ("aggregator.cli.inspect", "What is stored, newest first."),
    "explain": ("aggregator.cli.explain", "Why an item is tagged, merged or left out."),
    "status": ("aggregator.cli.inspect", "How every source is."),
    "doctor": ("aggregator.cli.doctor", "Whether the installation itself is well."),
    "config": ("aggregator.cli.operate", "Checks the configuration; prints its JSON Schema."),
    "evaluate": ("aggregator.cli.operate", "Precision, recall and F1 on labelled data."),
    "retag": ("aggregator.cli.operate", "Applies changed rules to the tags of what is stored."),
    "vacuum": ("aggregator.cli.keep", "Takes away what need not be kept, and gives the space back."),
    "backup": ("aggregator.cli.keep", "Copies the store into a file, while others work with it."),
    "restore": ("aggregator.cli.keep", "Puts a copy into the place of the store."),
    "export": ("aggregator.cli.keep", "Everything that is stored as JSON Lines."),
    "import": ("aggregator.cli.keep", "Fills an empty store with what was exported."),
    "remerge": ("aggregator.cli.operate", "Applies changed rules to the stories of what is stored."),
}

# Whether it can be read is told by whoever reads it (status 4): asked here, a disk that is not there would be wrong usage (2)
_FOLDER = click.Path(path_type=Path, readable=False)


class Commands(click.Group):
    """A group whose other commands are imported on use, and whose errors become the documented exit statuses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        import importlib

        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(_ELSEWHERE[cmd_name][0]), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        own = {name: command.get_short_help_str(90) for name, command in self.commands.items()}
        rows = sorted((own | {name: text for name, (_, text) in _ELSEWHERE.items()}).items())
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with streams.written():
                return super().invoke(ctx)
        except AggregatorError as error:
            click.echo(f"aggregator: {error}", err=True)
            ctx.exit(error.exit_status)

    def main(self, args: Sequence[str] | None = None, *more: Any, **keywords: Any) -> Any:
        try:
            return super().main(args, *more, **keywords)
        except BrokenPipeError:  # `aggregator items | head`
            sys.stderr.close()
            sys.exit(0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
@click.option(
    "--config", "folder", type=click.Path(path_type=Path), envvar="AGGREGATOR_CONFIG", default=Path("config"),
    show_default=True, help="Directory of the configuration.",
)  # fmt: skip
@click.option(
    "--data", type=_FOLDER, envvar="AGGREGATOR_DATA", default=Path("var"),
    show_default=True, help="Directory of the embedded store and its working files.",
)  # fmt: skip
@click.option(
    "--output", type=_FOLDER, envvar="AGGREGATOR_OUTPUT", default=Path("public"),
    show_default=True, help="Directory of the published files.",
)  # fmt: skip
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), envvar="AGGREGATOR_LOG_FORMAT", default="text",
    show_default=True, help="How log lines on standard error look.",
)  # fmt: skip
@click.option("-v", "--verbose", count=True, help="Say more (-v, -vv).")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what somebody should look at.")
@click.pass_context
def cli(ctx: click.Context, /, **given: Any) -> None:
    """Collects news from feeds and pages, recognises each piece of news wherever it appears, tags it, and publishes
    merged feeds.

    `aggregator demo` shows all of it without network or configuration; `aggregator init DIR` writes a configuration to
    start from.
    """
    ctx.obj = Settings(
        config=given["folder"],
        data=given["data"],
        output=given["output"],
        log_format=given["log_format"],
        verbosity=-1 if given["quiet"] else given["verbose"],
    )


@cli.command()
@click.option("--source", "only", multiple=True, metavar="ID", help="Only this source, due or not (repeatable).")
@click.option("--force", is_flag=True, help="Every source, due or not, without conditional requests.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output.")
@click.pass_context
def run(ctx: click.Context, only: tuple[str, ...], force: bool, as_json: bool) -> None:
    """One complete pass: fetch what is due, store, merge, tag, publish."""
    from aggregator.cli import summary
    from aggregator.cli.run import one_pass
    from aggregator.passes.one_pass import Request

    at = settings(ctx)
    try:
        done = one_pass(at, Request(only=only, force=force), now=at.now())
    except PassRunningError as error:
        if at.verbosity >= 0:
            raise
        ctx.exit(error.exit_status)  # cron mail: that a long pass goes on is nothing to be told every five minutes
    if as_json:
        click.echo(summary.as_json(done))
    elif at.verbosity >= 0:
        summary.table(done, at.output)
    elif only:  # somebody asked for these
        summary.failures(done)
    else:
        summary.lasting(done)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="What was written as JSON.")
@click.pass_context
def publish(ctx: click.Context, as_json: bool) -> None:
    """Writes the published feeds and pages again from the store alone."""
    import json

    from aggregator.passes import lock, publish_changed, told

    at = settings(ctx)
    config = at.load()
    with lock.held(at.existing_data()), at.store(config) as store:
        published = publish_changed.publish(config, store, at.output, everything=True)
        told.publish(config, store, at.output, anew=True)
    if as_json:
        click.echo(json.dumps({"files": {"written": published.written, "unchanged": published.unchanged}}))
    else:
        at.say(f"{published.written} files written, {published.unchanged} unchanged", err=False)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port; 0 takes a free one."
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int) -> None:
    """The service: scheduled passes and the web server, until SIGTERM."""
    from aggregator.cli.run import serve_forever

    serve_forever(settings(ctx), host=host, port=port)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Writes a commented starter configuration into FOLDER."""
    from aggregator.config import load

    for path in load.init(folder):
        click.echo(f"wrote {path}")
    click.echo(f"check it with: aggregator --config {folder} config check", err=True)


@cli.command()
@click.option("--serve", "serve_after", is_flag=True, help="Serve the result on loopback until Ctrl-C.")
@click.pass_context
def demo(ctx: click.Context, serve_after: bool) -> None:
    """The whole program on a small bundled world served from loopback: no network, nothing to configure."""
    from aggregator.cli import demonstrate

    demonstrate.demo(settings(ctx), serve_after=serve_after)
