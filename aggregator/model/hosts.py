"""What is remembered of the servers that are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One server by its origin (RFC 6454: scheme, host, port), from pass to pass."""

    origin: str  # https://news.example
    closed_until: datetime | None = None  # it wants no request before
    refusals: int = 0  # 429 and 503 in a row
    robots: str | None = None  # robots.txt as last read, "" where there is none; None: not known, or not loaded
    robots_status: int | None = None  # what the last question for it was answered with; None: nothing came
    robots_checked: datetime | None = None  # when it was last asked for
    robots_read: datetime | None = None  # when it was last answered
    robots_since: datetime | None = None  # since when it has been failing
    crawl_delay: float = 0.0  # seconds that it asks for between two requests
    verdicts: Mapping[str, bool] = field(default_factory=dict)  # path with query: whether robots.txt allows it
