"""Recorded inputs that may lie beside the checkout; whoever asks for one where there is none is skipped."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def folder(name: str) -> Path:
    """The folder of that name; skips the test that asks when it is not there."""
    path = ROOT / name
    if not path.is_dir():
        pytest.skip(f"no recorded data {name!r} beside this checkout")
    return path
