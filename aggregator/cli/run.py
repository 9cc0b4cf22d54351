"""What `run`, `serve` and `demo` have in common: a pass under the lock, and the service."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.cli import summary
from aggregator.passes import lock
from aggregator.passes import one_pass as passes

if TYPE_CHECKING:
    from aggregator.cli.settings import Settings
    from aggregator.passes.one_pass import Request, Summary


def one_pass(at: Settings, request: Request, *, now: datetime) -> Summary:
    """A pass with the settings of the command line, under the lock, with a progress bar on a terminal."""
    config = at.load(first=True)
    data = at.made_data()
    with lock.held(data), at.store(config) as store, summary.progress(at) as progress:
        watch = passes.Watch(progress=progress, log=at.log)
        return asyncio.run(passes.run(config, store, at.output, now=now, request=request, watch=watch))


def serve_forever(at: Settings, *, host: str, port: int) -> None:
    """Scheduled passes and the web server until SIGTERM or Ctrl-C."""
    from aggregator import service
    from aggregator.web import app, server
    from aggregator.web.site import Site

    at.log()
    config = at.load(first=True)
    serving = service.Serving(
        config=config,
        data=at.made_data(),
        output=at.output,
        store_url=at.store_url(config),
        host=host,
        port=port,
        clock=at.now,
    )
    site = Site(config=config, output=at.output, store_url=serving.store_url, clock=at.now)
    jobs = []
    if config.websub.hub or config.websub.subscribe:
        from aggregator.web import published
        from aggregator.web.websub import worker

        jobs.append(service.Job(seconds=worker.SECONDS, work=worker.Worker(site, published.TYPES).tick))
    # this loop alone: a pass brings its own (asyncio.run in a thread)
    with asyncio.Runner(loop_factory=server.event_loop()) as runner:
        runner.run(service.serve(serving, app.build(site), jobs, protocol=server.protocol()))
