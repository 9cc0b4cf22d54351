"""A pass in a process of its own, as a service has it made: the order on standard input, the summary on standard output.

The exit statuses are those of `run`. It ends at SIGTERM, and when its parent is gone, which closes the input.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from aggregator.cli import streams, told
from aggregator.cli.settings import Settings
from aggregator.cli.stopping import Stopping, stoppable
from aggregator.errors import AggregatorError, PassRunningError
from aggregator.passes import lock, one_pass
from aggregator.passes.order import LENGTH, Order
from aggregator.store import connect

# Readers are answered first where there are too few processors for both
_NICE = 5


def main() -> None:
    """Makes the pass and ends the process."""
    streams.prepared()
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not write into the answer
    os.nice(_NICE)
    log_format, verbosity = sys.argv[1], int(sys.argv[2])
    here = Path()
    at = Settings(config=here, data=here, output=here, log_format=log_format, verbosity=verbosity)
    source = sys.stdin.buffer
    (length,) = LENGTH.unpack(source.read(LENGTH.size))
    order: Order = pickle.loads(source.read(length))  # noqa: S301  the service's own words
    with stoppable() as stopping:
        threading.Thread(target=_outlive_nobody, daemon=True).start()
        status = _carried_out(at, order, sink, stopping)
    sys.exit(status)


def _outlive_nobody() -> None:
    """The parent never writes a second time: what comes is its end."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _carried_out(at: Settings, order: Order, sink: BinaryIO, stopping: Stopping) -> int:
    now = at.now()
    log = at.log(now)
    watch = one_pass.Watch(
        progress=told.sources(log, verbosity=at.verbosity),
        trace=told.items(log, verbosity=at.verbosity),
        log=lambda: log,
    )
    try:
        with lock.held(order.data), connect.opened(order.store_url, new=order.new) as store:
            done = stopping.run(
                one_pass.run(order.config, store, order.output, now=now, request=order.request, watch=watch)
            )
    except PassRunningError as error:
        return error.exit_status
    except AggregatorError as error:
        log.error("pass.failed", error=str(error))
        return error.exit_status
    told.done(log, done)
    pickle.dump(done, sink, protocol=pickle.HIGHEST_PROTOCOL)
    sink.close()
    return 0


if __name__ == "__main__":
    main()
