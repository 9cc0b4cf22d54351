"""What it costs to hold every document against the rules before it is published.

    ./do python bench/checks.py [STORIES] [FEEDS]

Publishes STORIES (default 2,000) in FEEDS (default 40) feeds, everything anew, and prints the seconds of the stroke
and of the checks in it (processor time, median of 3), documents and entries checked, and faults found.
"""

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.config import load
from aggregator.model import DateTrust, Enclosure, Item, SourceState, SourceUpdate
from aggregator.passes import one_pass, publish_changed
from aggregator.publish import shown
from aggregator.publish.checks import atom, jsonfeed, rss
from aggregator.store import connect

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARAGRAPH = (
    '<p>Das Land fördert <strong>{n}</strong> Speicher &amp; Netze, sagte die <a href="https://a.example/{n}">Ministerin</a>. '
    + "Die Mittel stammen aus dem Strukturfonds und sollen bis Jahresende fließen. " * 5
    + "</p>"
)


def item(number: int, source: str) -> Item:
    html = PARAGRAPH.format(n=number) * (1 + number % 7) + f"<ul><li>Ort {number}</li><li>Jahr {number * 7}</li></ul>"
    return Item(
        id=f"{source}-{number}", source_id=source, guid=str(number), url=f"https://{source}.example/meldung.{number}",
        title=f"Förderung für Speicher {number} in Ort {number * 13 % 997}", summary=f"Das Land fördert {number} Speicher.",
        html=html, text=html, published=NOW - timedelta(minutes=7 * number), updated=None, date_trust=DateTrust.EXACT,
        published_text=None, first_seen=NOW, language="de", authors=("Erika Beispiel",), categories=(), issuer=None,
        enclosures=(Enclosure(url=f"https://{source}.example/{number}.pdf", type="application/pdf", length=1234),),
        content_hash=str(number), fingerprint=str(number),
    )  # fmt: skip


class Clock:
    """Seconds spent in the functions that were wrapped, and what they gave."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0
        self.faults = 0

    def wrap(self, module: Any, name: str) -> None:
        inner = getattr(module, name)

        def timed(*args: Any) -> Any:
            start = time.process_time()
            found = inner(*args)
            self.seconds += time.process_time() - start
            self.calls += 1
            self.faults += len(found)
            return found

        setattr(module, name, timed)


def main(stories: int = 2_000, feeds: int = 40) -> None:
    documents, markup = Clock(), Clock()
    for module in (rss, atom, jsonfeed):
        documents.wrap(module, "faults")
    markup.wrap(shown, "_sound")
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        (folder / "aggregator.yaml").write_text("base_url: https://n.example/\ntitle: N\n")
        rows = [f"  - {{id: s{n}, name: Source {n}, url: 'https://s{n}.example/feed'}}\n" for n in range(feeds)]
        (folder / "sources.yaml").write_text("sources:\n" + "".join(rows))
        config = load.load(folder, environment={})
        with connect.opened(f"sqlite:///{folder}/store.sqlite") as store:
            for source in range(feeds):
                new = tuple(item(number, f"s{source}") for number in range(source, stories, feeds))
                state = SourceState(source_id=f"s{source}", last_checked=NOW, last_success=NOW)
                store.commit(SourceUpdate(state=state, new=new))
            one_pass.settle(config, store, now=NOW)
            strokes, checks, sound = [], [], []
            for _ in range(3):
                documents.seconds = markup.seconds = documents.calls = markup.calls = 0
                start = time.process_time()
                publish_changed.publish(config, store, folder / "public", everything=True)
                strokes.append(time.process_time() - start)
                checks.append(documents.seconds)
                sound.append(markup.seconds)
    whole, checked, html = map(statistics.median, (strokes, checks, sound))
    print(f"{documents.calls} documents, {markup.calls} entries, {documents.faults} faults")
    print(
        f"publishing {whole:.3f} s, checks {checked:.3f} s and their HTML {html:.3f} s: {(checked + html) / whole:.0%}"
    )
    print(
        f"a document {checked / documents.calls * 1000:.2f} ms, the HTML of an entry {html / markup.calls * 1e6:.0f} µs"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
