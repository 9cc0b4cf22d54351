"""The service: passes at their time and the web server in one process, until SIGTERM.

APScheduler says when to look; what is due stands in the store. A pass runs in a thread with an event loop of its own, so that
settling and publishing never hold up a reader of the feeds.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator import due
from aggregator.errors import AggregatorError, PassRunningError
from aggregator.passes import lock, one_pass
from aggregator.passes.one_pass import Request
from aggregator.store import connect

if TYPE_CHECKING:
    from socket import socket

    from aggregator.config.load import Config

TICK = 5  # seconds between two looks at what is due
_GRACE = 3  # seconds that a pass and open connections have after SIGTERM

Application = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What one service serves."""

    config: Config
    data: Path
    output: Path
    store_url: str
    host: str
    port: int
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is done beside passes and web server, every so many seconds, never twice at a time."""

    seconds: int
    work: Callable[[], Awaitable[None]]


async def serve(
    serving: Serving,
    application: Application,
    jobs: Sequence[Job] = (),
    *,
    protocol: type[asyncio.Protocol] | str = "h11",
) -> None:
    """Runs until SIGTERM or SIGINT; then ends cleanly within five seconds. `protocol` reads HTTP under uvicorn."""
    import structlog
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    log = structlog.get_logger()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    passes = _Passes(serving)
    # The defaults skip a run that is a second late, and run every missed one after a sleep (measured with 3.11.3).
    scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    scheduler.add_job(passes.tick, "interval", seconds=TICK, next_run_time=serving.clock())
    for job in jobs:
        scheduler.add_job(_turn, "interval", (job, stopped), seconds=job.seconds)
    server = _server(serving, application, protocol)
    web = asyncio.create_task(server.serve())
    ended = asyncio.create_task(stopped.wait())
    scheduler.start()
    await asyncio.wait({web, ended}, return_when=asyncio.FIRST_COMPLETED)
    log.info("service.stopping")
    stopped.set()  # also where it was the web server that ended
    scheduler.pause()
    server.should_exit = True
    await asyncio.gather(passes.stop(), web)
    scheduler.shutdown(wait=False)  # last: it cancels a tick that still waits for its pass
    ended.cancel()
    log.info("service.stopped")


async def _turn(job: Job, stopped: asyncio.Event) -> None:
    """Does a job once; given up when the service stops."""
    work, end = asyncio.ensure_future(job.work()), asyncio.ensure_future(stopped.wait())
    await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if work.done():
        return work.result()
    work.cancel()
    return None


@dataclass(slots=True)
class _Passes:
    """The passes of a service: one at a time, in a thread; the running one can be told to stop."""

    serving: Serving
    _running: asyncio.Task[None] | None = None
    _inner: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = field(default_factory=list)

    async def tick(self) -> None:
        """Looks at what is due and runs a pass when something is."""
        self._running = asyncio.create_task(asyncio.to_thread(self._look))
        await asyncio.shield(self._running)

    def _look(self) -> None:
        import structlog

        log = structlog.get_logger()
        try:
            with lock.held(self.serving.data), connect.opened(self.serving.store_url) as store:
                now = self.serving.clock()
                if not due.due(self.serving.config.sources, store.states(), now):
                    return
                done = asyncio.run(self._cancellable(store, now))
        except PassRunningError:
            return  # a `run` by hand does the same work
        except asyncio.CancelledError:
            return
        except AggregatorError as error:
            log.error("pass.failed", error=str(error))
            return
        log.info(
            "pass.done",
            sources=len(done.asked),
            failed=len(done.failures),
            new=done.new_items,
            files=done.published.written,
            seconds=done.seconds,
            offline=done.offline,
        )
        for one in done.failures:
            assert one.failed is not None
            log.warning(
                "source.failed", source=one.source_id, failure=one.failed.failure.value, detail=one.failed.detail
            )

    async def _cancellable(self, store: connect.Store, now: datetime) -> one_pass.Summary:
        task = asyncio.current_task()
        assert task is not None
        self._inner.append((asyncio.get_running_loop(), task))
        try:
            return await one_pass.run(self.serving.config, store, self.serving.output, now=now, request=Request())
        finally:
            self._inner.clear()

    async def stop(self) -> None:
        """Ends the running pass: what is committed stays, what is not is asked for again."""
        for loop, task in list(self._inner):
            loop.call_soon_threadsafe(task.cancel)
        if self._running is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._running), _GRACE)


def _server(serving: Serving, application: Application, protocol: type[asyncio.Protocol] | str) -> Any:
    import structlog
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leaves the signals to the service: uvicorn raises SIGTERM again at its end, which is no clean exit."""
            yield

        async def startup(self, sockets: list[socket] | None = None) -> None:
            """Says where it listens once it does: port 0 is a free one."""
            await super().startup(sockets)
            if self.started:
                host, port = self.servers[0].sockets[0].getsockname()[:2]
                structlog.get_logger().info("service.listening", url=f"http://{host}:{port}/")

    return Server(
        uvicorn.Config(
            application,
            host=serving.host,
            port=serving.port,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,  # its lines go where ours go
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
            proxy_headers=False,  # nothing we say depends on them, and a layer round every request is saved
        )
    )
