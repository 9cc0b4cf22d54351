"""The command `aggregator`; `python -m aggregator` is the same."""

from __future__ import annotations


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    from aggregator.cli.main import cli

    cli(prog_name="aggregator")


if __name__ == "__main__":
    main()
