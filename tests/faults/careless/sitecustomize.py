"""A program that writes its files in place, piece by piece, as many do: what the kills must be able to tell from ours."""

import os
from pathlib import Path


def replace(self: Path, target: Path) -> Path:
    content = self.read_bytes()
    opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for start in range(0, len(content), 1000):
        os.pwrite(opened, content[start : start + 1000], start)
    os.close(opened)
    self.unlink()
    return target


Path.replace = replace
