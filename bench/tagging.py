"""What tagging costs by the number of terms, and what each of its mechanisms contributes.

    ./do python bench/tagging.py                       µs and items per second at 500, 5,000 and 10,000 terms
    ./do python bench/tagging.py --ablate FILE.jsonl   F1 on a labelled file with config/, and without each mechanism

Speed: made-up items of bench/feeds_server.py (1.1 kB of text each) and a taxonomy of made-up terms beside the real one's.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feeds_server import made_up

from aggregator import tagging
from aggregator.clean import item as clean
from aggregator.config import load
from aggregator.config.load import Config
from aggregator.model import Document, Hints, Item, Known, Source, Strength, Taxonomy, Term
from aggregator.parse import document
from aggregator.passes import labelled
from aggregator.stories import identity
from aggregator.tagging import fields, match, weigh

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOURCE = Source(id="s", name="S", url="https://site1.example/feed", timezone="Europe/Berlin")
NOTHING = Known(items={}, aliases={}, fingerprints=frozenset())


def items() -> list[Item]:
    read = [document.read(made_up(feed, gained=False), Hints(url=SOURCE.url)) for feed in range(25)]
    entries = [entry for one in read if isinstance(one, Document) for entry in one.entries]
    recognised = identity.recognise(entries, NOTHING, stable_keys=())
    cleaned = [clean.clean(one, SOURCE, now=NOW) for one in recognised]
    return [one for one in cleaned if isinstance(one, Item)]


def sized(taxonomy: Taxonomy, terms: int) -> Taxonomy:
    """The taxonomy with so many terms: its own, cut off or made more by names that stand in no text."""
    share = terms // len(taxonomy.labels)
    made = (
        replace(
            label,
            terms=(
                *label.terms[:share],
                *(
                    Term(text=f"{label.id[:5]}zq{number:x}wort", strength=Strength.MEDIUM, open_right=True)
                    for number in range(share - len(label.terms))
                ),
            ),
        )
        for label in taxonomy.labels
    )
    return replace(taxonomy, labels=tuple(made))


def speed(taxonomy: Taxonomy) -> None:
    made = items()
    for terms in (500, 5_000, 10_000):
        started = time.perf_counter()
        rules = tagging.compiled(sized(taxonomy, terms))
        compiled = time.perf_counter() - started
        seconds = min(_timed(lambda rules=rules: [tagging.tag(one, (one,), rules) for one in made]) for _ in range(7))
        each = seconds / len(made)
        print(
            f"{terms:>6} terms  {each * 1e6:>6.1f} µs an item  {1 / each:>7.0f} items/s  compiled in {compiled * 1e3:.0f} ms"
        )


def _timed(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@contextmanager
def _patched(module: Any, name: str, value: Any) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


def ablate(config: Config, file: Path) -> None:
    def row(name: str, changed: Config) -> None:
        micro = labelled.tagging(changed, file, now=NOW)["micro"]
        print(f"{name:<46} P {micro['precision']:.3f}  R {micro['recall']:.3f}  F1 {micro['f1']:.3f}")

    def with_taxonomy(**changes: Any) -> Config:
        return replace(config, taxonomy=replace(config.taxonomy, **changes))

    def labels(**changes: Any) -> Config:
        return with_taxonomy(labels=tuple(replace(label, **changes) for label in config.taxonomy.labels))

    def kept(keep: Callable[[Term], bool]) -> Config:
        made = (replace(label, terms=tuple(filter(keep, label.terms))) for label in config.taxonomy.labels)
        return with_taxonomy(labels=tuple(made))

    row("all rules", config)
    row("without ignored phrases (offices, idioms)", with_taxonomy(ignored=()))
    row("without exclusions of labels", labels(exclusions=()))
    row("without asides", with_taxonomy(asides=()))
    row("without subjects that belong elsewhere", with_taxonomy(elsewhere=()))
    row("without enumerations", with_taxonomy(enumeration=99))
    row("without medium terms", kept(lambda term: term.strength is not Strength.MEDIUM))
    row("every term strong", labels_strong(config))
    row("compounds closed (no open ends)", closed(config))
    row("every field weighs 1", with_taxonomy(field_weights={"title": 1.0, "summary": 1.0}))
    for name, module, attribute, value in (
        ("a word in the body is enough", weigh, "_BODY_SIGNALS", 1),
        ("no share of the strongest label", weigh, "_SHARE", 0.0),
        ("one term beside a field with more to show", weigh, "_SHARE_OF_ONE_TERM", 0.3),
        ("everyday words beside another field", weigh, "_SHARE_OF_EVERYDAY_WORDS", 0.3),
        ("no elided compounds", match, "_elided", lambda *_: ()),
        ("no lead for items without a summary", fields, "_LEAD", 0),
    ):
        with _patched(module, attribute, value):
            row(name, config)


def labels_strong(config: Config) -> Config:
    made = (
        replace(label, terms=tuple(replace(term, strength=Strength.STRONG) for term in label.terms))
        for label in config.taxonomy.labels
    )
    return replace(config, taxonomy=replace(config.taxonomy, labels=tuple(made)))


def closed(config: Config) -> Config:
    made = (
        replace(label, terms=tuple(replace(term, open_left=False, open_right=False) for term in label.terms))
        for label in config.taxonomy.labels
    )
    return replace(config, taxonomy=replace(config.taxonomy, labels=tuple(made)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ablate", type=Path, metavar="FILE")
    parser.add_argument("--config", type=Path, default=Path("config"))
    given = parser.parse_args()
    config = load.load(given.config, environment={})
    print(json.dumps({"terms": sum(len(label.terms) for label in config.taxonomy.labels)}))
    if given.ablate:
        ablate(config, given.ablate)
    else:
        speed(config.taxonomy)


main()
