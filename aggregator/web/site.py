"""What the web server shows, handed in when it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.config.load import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One installation: its configuration, its published files, its store."""

    config: Config
    output: Path
    store_url: str
    clock: Callable[[], datetime]
