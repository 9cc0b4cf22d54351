"""The service: passes at their time and the web server, until SIGTERM.

APScheduler says when to look; what is due stands in the store; a pass is a process (passing.py). The configuration is followed
(following.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.due import share
from aggregator.errors import ServiceError
from aggregator.service import clock, following, notify
from aggregator.service.condition import Condition
from aggregator.service.following import Application, Current, Installed, Job
from aggregator.service.passing import Passes, Place

if TYPE_CHECKING:
    from socket import socket

_LOOK = "look"  # the name of the job that has passes made
_GRACE = 3  # seconds that open connections have after SIGTERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What one service serves. `read` reads the configuration in `folder`; ConfigError where it is wrong."""

    folder: Path
    read: Callable[[], Installed]
    place: Place
    host: str
    port: int
    clock: Callable[[], datetime]
    protocol: type[asyncio.Protocol] | str = "h11"  # what reads HTTP under uvicorn


async def serve(serving: Serving, current: Current, condition: Condition, application: Application) -> None:
    """Runs until SIGTERM or SIGINT; then ends cleanly within five seconds. `application` answers readers, by `current`.

    Raises ServiceError where it can not listen; nothing was asked for then.
    """
    import structlog

    log = structlog.get_logger()
    stopped, wanted = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    loop.add_signal_handler(signal.SIGHUP, wanted.set)
    passes = Passes(serving.place, current, condition, serving.clock)
    scheduler = _scheduler()
    scheduler.add_job(passes.tick, clock.Every(seconds=share.LOOK), id=_LOOK, next_run_time=serving.clock())

    def installed() -> None:
        """What a configuration wants done beside passes follows it; and it is looked at once what is due by it."""
        for job in scheduler.get_jobs():
            if job.id != _LOOK:
                job.remove()
        for wanted_job in current.installed.jobs:
            scheduler.add_job(_turn, clock.Every(seconds=wanted_job.seconds), (wanted_job, stopped))
        scheduler.modify_job(_LOOK, next_run_time=serving.clock())

    installed()
    current.swapped = installed
    listening = asyncio.Event()
    server = _server(serving, application, listening)
    web = asyncio.create_task(server.serve())
    await _first(web, listening.wait())
    if web.done() and not stopped.is_set():
        web.result()
        return
    scheduler.start()
    beside = (
        asyncio.create_task(clock.follow(scheduler, serving.clock)),
        asyncio.create_task(notify.alive()),
        asyncio.create_task(
            following.follow(
                current, serving.folder, serving.read, wanted=wanted, condition=condition, clock=serving.clock
            )
        ),
        asyncio.create_task(stopped.wait()),
    )
    ended, _ = await asyncio.wait({web, *beside}, return_when=asyncio.FIRST_COMPLETED)
    log.info("service.stopping")
    stopped.set()  # also where it was the web server that ended
    notify.stopping()
    scheduler.pause()
    server.should_exit = True
    await asyncio.gather(passes.stop(), web)
    scheduler.shutdown(wait=False)  # last: it cancels a tick that still waits for its pass
    for task in beside:
        task.cancel()
    log.info("service.stopped")
    for task in ended:
        task.result()  # a mistake of ours in one of them: it is told, and whoever watches the service starts it anew


async def _first(task: asyncio.Future[None], event: Coroutine[Any, Any, Any]) -> None:
    """Waits until the task is done, or the event has come."""
    come: asyncio.Future[Any] = asyncio.ensure_future(event)
    await asyncio.wait({task, come}, return_when=asyncio.FIRST_COMPLETED)
    come.cancel()


async def _turn(job: Job, stopped: asyncio.Event) -> None:
    """Does a job once; given up when the service stops."""
    work = asyncio.ensure_future(job.work())
    await _first(work, stopped.wait())
    if work.done():
        return work.result()
    work.cancel()
    return None


def _scheduler() -> Any:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    # A look while a pass is under way is skipped: that is meant so, and no warning every five seconds
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    # The defaults skip a run that is a second late, and run every missed one after a sleep (measured with 3.11.3).
    return AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})


def _server(serving: Serving, application: Application, listening: asyncio.Event) -> Any:
    import structlog
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leaves the signals to the service: uvicorn raises SIGTERM again at its end, which is no clean exit."""
            yield

        async def startup(self, sockets: list[socket] | None = None) -> None:
            """Says where it listens once it does: port 0 is a free one."""
            try:
                await super().startup(sockets)
            except SystemExit as error:  # uvicorn has told the log why, and would end the process with 3
                raise ServiceError(
                    f"{serving.host}:{serving.port}: can not listen there (the log says why); expected an address of this "
                    "machine (--host) and a port that nobody else listens on (--port)"
                ) from error
            if self.started:
                listening.set()
                host, port = self.servers[0].sockets[0].getsockname()[:2]
                structlog.get_logger().info("service.listening", url=f"http://{host}:{port}/")
                notify.ready("serving")

    return Server(
        uvicorn.Config(
            application,
            host=serving.host,
            port=serving.port,
            http=serving.protocol,
            ws="none",
            lifespan="off",
            log_config=None,  # its lines go where ours go
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
            proxy_headers=False,  # who asks decides nothing; and its wrapper would hide the short way (web/protocol.py)
        )
    )
