"""What a hostile server costs: every behaviour with its class and seconds, and one pass over all of them, by the real program.

`./do python -m bench.hostile`; `--table` prints the table of docs/hostile-servers.md instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.servers.hostile import faults, passing, world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true")
    if parser.parse_args().table:
        print(world.table(), end="")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        everything = stack.enter_context(world.running())
        faults.add(everything, stack, folder)
        world.direct(everything)
        passing.configure(folder, everything)
        passed = passing.run(folder, everything)
        states = passing.states(folder, everything)
    seconds = {line["source"]: line["seconds"] for line in map(json.loads, passed.errors.splitlines())}
    print(f"{'source':<20} {'class':<16} {'items':>5} {'seconds':>8}")
    good = 0
    for name, expected in everything.expected.items():
        error, items = states[name]["error"], states[name]["items"]
        found = error["class"] if error else "ok"
        asked = "" if found == expected.outcome else f"  expected {expected.outcome}"
        good += name in world.GOOD_SOURCES and items == world.GOOD_ITEMS
        print(f"{name:<20} {found:<16} {items:>5} {seconds[name]:>8.2f}{asked}")
    print()
    print(
        f"{len(everything.expected)} sources, exit {passed.status}, {passed.seconds:.1f} s, {passed.peak / 1e6:.0f} MB at most,"
    )
    print(
        f"{good} of {len(world.GOOD_SOURCES)} good ones complete, {len(everything.canary.reached)} connections to the canary"
    )


if __name__ == "__main__":
    main()
