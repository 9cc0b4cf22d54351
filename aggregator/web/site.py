"""What the web server shows, handed in when it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.service.condition import Condition
from aggregator.web.metrics import Metrics

if TYPE_CHECKING:
    from aggregator.config.load import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One installation: its configuration, its published files, its store; and what the service knows of itself."""

    config: Config
    output: Path
    store_url: str
    clock: Callable[[], datetime]
    condition: Condition = field(default_factory=Condition)
    metrics: Metrics = field(default_factory=Metrics)
