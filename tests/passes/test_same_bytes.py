"""The same stories give the same files: in any order of arrival, in any time zone, language and hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.model import Enclosure, Item, SourceState, SourceUpdate
from aggregator.passes import one_pass
from aggregator.store import connect
from tests.passes.test_refused import NOW, item

PUBLISH = """
import sys
from pathlib import Path
from aggregator.config import load
from aggregator.passes import publish_changed
from aggregator.store import connect
config, store, output = sys.argv[1:]
with connect.opened(f"sqlite:///{store}") as opened:
    published = publish_changed.publish(load.load(Path(config), environment={}), opened, Path(output))
assert published.faults == ()
"""
WORLDS = [
    {"TZ": "UTC", "LANG": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "12345"},
]
TEXTS = ["Strom für Ort I", "Wärme <b>neu</b> & alt", "Förderung „Speicher“", "İstanbul ist Partner", "Zug hält an"]


def told() -> list[Item]:
    made = []
    for number, text in enumerate(TEXTS):
        enclosure = Enclosure(url=f"https://house.example/{number}.pdf", type="application/pdf", length=number)
        made.append(replace(item(str(number), text, NOW - timedelta(days=number // 2)), enclosures=(enclosure,)))
    return made


@pytest.mark.slow
def test_the_same_stories_give_the_same_files(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "aggregator.yaml").write_text("base_url: https://n.example/\ntitle: N\ntimezone: Europe/Berlin\n")
    (folder / "sources.yaml").write_text("sources:\n  - {id: house, name: House, url: https://house.example/feed}\n")
    config = load.load(folder, environment={})
    seen = []
    for number, (world, order) in enumerate(zip(WORLDS, (told(), told()[::-1]), strict=True)):
        path, output = tmp_path / f"{number}.sqlite", tmp_path / f"public{number}"
        with connect.opened(f"sqlite:///{path}") as store:
            for each in order:  # one by one, each settled before the next comes
                state = SourceState(source_id="house", last_checked=NOW, last_success=NOW)
                store.commit(SourceUpdate(state=state, new=(each,)))
                one_pass.settle(config, store, now=NOW)
        subprocess.run(
            [sys.executable, "-c", PUBLISH, str(folder), str(path), str(output)],
            env={"PATH": os.environ["PATH"], **world},
            check=True,
        )
        seen.append({path.relative_to(output): path.read_bytes() for path in output.rglob("*") if path.is_file()})
    assert seen[0] == seen[1]
    assert len(seen[0]) > 10
    assert all(text.encode() in seen[0][Path("feeds/all.json")] for text in ("Strom für", "İstanbul"))
