"""What `run`, `serve` and `demo` have in common: a pass under the lock, and the service."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.cli import summary
from aggregator.cli.stopping import stoppable
from aggregator.passes import lock
from aggregator.passes import one_pass as passes

if TYPE_CHECKING:
    from aggregator.cli.settings import Settings
    from aggregator.passes.one_pass import Request, Summary, Watch
    from aggregator.service.following import Job
    from aggregator.web.site import Site


def one_pass(at: Settings, request: Request, *, now: datetime) -> Summary:
    """A pass with the settings of the command line, under the lock, with a progress bar on a terminal."""
    with stoppable() as stopping, ExitStack() as stack:
        first = not at.data.is_dir()
        if not first:  # before anything else: who comes second is to know it at once
            stack.enter_context(lock.held(at.data))
        config = at.load(first=True)
        if first:
            stack.enter_context(lock.held(at.made_data()))
        store = stack.enter_context(at.store(config))
        progress = stack.enter_context(summary.progress(at))
        watch = _lines(at, now) if at.verbosity > 0 else passes.Watch(progress=progress, log=lambda: at.log(now))
        done = stopping.run(passes.run(config, store, at.output, now=now, request=request, watch=watch))
    if at.verbosity > 0:
        from aggregator.cli import told

        told.done(at.log(now), done)
    return done


def _lines(at: Settings, now: datetime) -> Watch:
    """With `-v` a log line for each source as it is done, with `-vv` one for each item."""
    from aggregator.cli import told

    log = at.log(now)
    return passes.Watch(
        progress=told.sources(log, verbosity=at.verbosity),
        trace=told.items(log, verbosity=at.verbosity),
        log=lambda: log,
    )


def serve_forever(at: Settings, *, host: str, port: int) -> None:
    """Scheduled passes and the web server until SIGTERM or Ctrl-C."""
    from aggregator import service
    from aggregator.service import following
    from aggregator.service.condition import Condition
    from aggregator.service.following import Current, Installed
    from aggregator.service.passing import Place
    from aggregator.web import app, server
    from aggregator.web.metrics import Metrics
    from aggregator.web.site import Site

    at.log()
    condition, metrics = Condition(config_loaded=at.now()), Metrics()

    def installed() -> Installed:
        files = following.standing(at.config)  # before they are read: what is saved meanwhile is read once more
        config = at.load(first=True)
        url = at.store_url(config)
        site = Site(config=config, output=at.output, store_url=url, clock=at.now, condition=condition, metrics=metrics)
        return Installed(config=config, store_url=url, application=app.build(site), jobs=_jobs(site), files=files)

    current = Current(installed())
    serving = service.Serving(
        folder=at.config,
        read=installed,
        place=Place(data=at.made_data(), output=at.output, command=_command(at), environment=_environment()),
        host=host,
        port=port,
        clock=at.now,
        protocol=server.protocol(),
    )
    with asyncio.Runner(loop_factory=server.event_loop()) as runner:
        runner.run(service.serve(serving, current, condition, metrics.counted(current)))


def _jobs(site: Site) -> tuple[Job, ...]:
    """What a configuration wants done beside passes: WebSub's deliveries and subscriptions."""
    websub = site.config.websub
    if not websub.hub and not websub.subscribe:
        return ()
    from aggregator.service.following import Job
    from aggregator.web import published
    from aggregator.web.websub import worker

    return (Job(seconds=worker.SECONDS, work=worker.Worker(site, published.TYPES).tick),)


def _command(at: Settings) -> tuple[str, ...]:
    """The process that makes one pass of the service. `-P`: nothing is imported from the directory it is started in."""
    return (sys.executable, "-P", "-m", "aggregator.cli.child", at.log_format, str(at.verbosity))


def _environment() -> dict[str, str]:
    """Ours; that process must find this very package, also in a checkout that nobody installed."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
