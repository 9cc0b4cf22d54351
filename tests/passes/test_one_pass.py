"""The gather stroke over all sources: a bug of ours costs one source, and is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aggregator.config import load
from aggregator.errors import Failure
from aggregator.model import Failed, SourceState
from aggregator.passes import one_pass, remember
from aggregator.store import connect

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Log:
    """Keeps what it is told, and counts how often somebody wanted to tell something."""

    def __init__(self) -> None:
        self.asked = 0
        self.told: list[tuple[str, dict[str, Any]]] = []

    def __call__(self) -> Log:
        self.asked += 1
        return self

    def exception(self, event: str, **fields: Any) -> None:
        self.told.append((event, fields))


def gathered(folder: Path, log: Log, **urls: Any) -> tuple[one_pass.Asked, ...]:
    (folder / "aggregator.yaml").write_text("base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n")
    (folder / "sources.yaml").write_text(
        "sources:\n"
        "  - {id: one, name: One, url: 'http://127.0.0.1:9/', private_network: true}\n"
        "  - {id: two, name: Two, url: 'http://127.0.0.1:9/', private_network: true}\n"
    )
    config = load.load(folder, environment={})
    seen: list[str] = []
    with connect.opened(f"sqlite:///{folder}/a.sqlite") as store:
        watch = one_pass.Watch(progress=lambda one, _: seen.append(one.source_id), log=log)
        sources = [replace(source, url=urls.get(source.id, source.url)) for source in config.sources]
        done = asyncio.run(one_pass.gather(config, sources, {}, store, now=NOW, watch=watch)).asked
    assert sorted(seen) == ["one", "two"]
    return done


def test_a_bug_costs_one_source_and_is_told(tmp_path: Path) -> None:
    log = Log()
    one, two = gathered(tmp_path, log, one=7)  # no such source is ever made
    assert one.failed is not None
    assert one.failed.failure is Failure.INTERNAL
    assert two.failed is not None
    assert two.failed.failure is not Failure.INTERNAL
    assert log.told == [("source.internal", {"source": "one"})]


def test_everybody_may_read_the_name_of_a_bug_and_no_more() -> None:
    """What Python has to say names files of this machine, or values."""
    failure = Failed(failure=Failure.INTERNAL, detail="FileNotFoundError: [Errno 2] No such file: '/home/news/key.pem'")
    assert remember.failing(SourceState(source_id="one"), failure, now=NOW).message == "FileNotFoundError"


def test_the_log_is_not_asked_for_where_there_is_nothing_to_tell(tmp_path: Path) -> None:
    log = Log()
    assert all(one.failed for one in gathered(tmp_path, log))
    assert log.asked == 0
