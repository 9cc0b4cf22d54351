"""Every payload through every field into every document: `python -m tests.security.sweep [--recorded FOLDER] [--every N]`.

Prints, for each set of payloads: how many there are, how many are live before cleaning (the control), how many items they
became, and for each kind of document how much in it is live. Ends with 1 when anything is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests import shared_data
from tests.security import oracle, payloads, world

KINDS = (
    "RSS", "Atom", "JSON Feed", "feed page", "index", "search page", "search feed", "status page", "OPML", "story page",
    "former story's page", "sources page", "about page", "imprint page", "accessibility page",
)  # fmt: skip


def swept(name: str, told: list[str]) -> int:
    """Findings in all documents that these payloads came to."""
    started = time.monotonic()
    control = sum(bool(oracle.content(payload)) for payload in told)
    items, live, examples = 0, Counter[str](), {}
    for start in range(0, len(told), 100):
        count, found = world.attacked(told[start : start + 100])
        items += count
        live.update(kind for kind, _ in found)
        examples.update(dict(found))
    for start in range(0, len(told), 25):
        found = world.titled(told[start : start + 25])
        live.update(kind for kind, _ in found)
        examples.update(dict(found))
    seconds = time.monotonic() - started
    print(f"{name}: {len(told)} payloads, {control} live uncleaned, {items} items, {seconds:.1f} s")
    print("  live: " + ", ".join(f"{kind} {live[kind]}" for kind in KINDS))
    for kind, example in examples.items():
        print(f"  {kind}: {example}")
    return live.total()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recorded", type=Path, help="the folder of recorded inputs, where xss-payloads lies")
    parser.add_argument("--every", type=int, default=1, help="only every Nth payload")
    asked = parser.parse_args()
    live = swept("made", payloads.made()[:: asked.every])
    if asked.recorded:
        shared_data.ROOT = asked.recorded
        live += swept("recorded", payloads.recorded()[:: asked.every])
    return 1 if live else 0


if __name__ == "__main__":
    sys.exit(main())
