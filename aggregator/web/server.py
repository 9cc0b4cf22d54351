"""What the server is built on: the fast parts where they are installed, else asyncio's own loop and h11."""

from __future__ import annotations

import asyncio
from typing import Any


def protocol() -> type[asyncio.Protocol] | str:
    """What uvicorn's `http` is told. h11 has a bound on headers of its own (64 kB)."""
    try:
        from aggregator.web.protocol import Protocol
    except ImportError:
        return "h11"
    return Protocol


def event_loop() -> Any:
    """uvloop's loop where it is installed, else asyncio's: for `asyncio.Runner`."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
