"""The command `aggregator`; `python -m aggregator` is the same."""

from __future__ import annotations

import atexit
import gc


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    # Imports and a pass make objects by the hundred thousand that stay, and little that is a circle: looking for circles every
    # 700 objects took a tenth of a pass over 200 sources, and looking once more through all of them at the exit 80 ms.
    gc.set_threshold(50_000, 10, 10)
    atexit.register(gc.freeze)
    from aggregator.cli import streams

    streams.prepared()
    from aggregator.cli.main import cli

    cli(prog_name="aggregator")


if __name__ == "__main__":
    main()
