"""What a process is told that makes one pass: a length, then a pickle of it, on its standard input."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.passes.one_pass import Request

if TYPE_CHECKING:
    from aggregator.config.load import Config

LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A pass with this configuration; not with what its files say by now, which nobody has found good yet."""

    config: Config
    data: Path
    output: Path
    store_url: str
    request: Request
    new: bool = True  # whether a store may be made where there is none


def header(pickled: bytes) -> bytes:
    return LENGTH.pack(len(pickled))
