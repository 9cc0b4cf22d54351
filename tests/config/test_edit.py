"""One address changed in a file of sources: every other byte stays, or nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import edit, load
from aggregator.errors import ConfigError

OLD, NEW = "https://old.example/feed", "https://new.example/feed.xml?type=102"


def written(folder: Path, sources: str, *, old: str = OLD, new: str = NEW, name: str = "sources.yaml") -> str:
    (folder / "sources").mkdir()
    (folder / "aggregator.yaml").write_text("base_url: https://news.example/\ntitle: News\n")
    path = folder / name
    path.write_bytes(sources.encode())
    path.chmod(0o640)
    assert edit.replace_url(folder, "a", old=old, new=new) == path
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in folder.rglob(".*")] == []
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param("sources:\n  - id: a\n    name: A\n    url: https://old.example/feed\n", id="plain"),
        pytest.param("sources:\n- {id: a, name: A, url: 'https://old.example/feed'}  # kept\n", id="in single quotes"),
        pytest.param(
            'sources:\n  - {url: "https://old.example/feed", id: a, name: A}\n', id="in double quotes, before the id"
        ),
        pytest.param(
            "# Quellen\nsources:\n\n    -   id:   a   # Kürzel\n        url:   https://old.example/feed   # seit 2024: ü\n"
            "        name: 'Ä'\n        homepage: https://old.example/feed\n\n\n# Ende",
            id="comments, odd spaces, umlauts and no line at the end",
        ),
        pytest.param(
            "sources:\r\n  - id: a\r\n    name: A\r\n    url: https://old.example/feed\r\n    interval: 30m\r\n",
            id="CRLF",
        ),
        pytest.param(
            "sources:\n  - {id: b, name: B, url: https://old.example/feed}\n  - id: a\n    name: A\n"
            "    url: https://old.example/feed\n",
            id="another source with the same address stays",
        ),
    ],
)
@pytest.mark.parametrize("name", ["sources.yaml", "sources/berlin.yaml"])
def test_only_the_address_changes(tmp_path: Path, sources: str, name: str) -> None:
    after = written(tmp_path, sources, name=name)
    # `b` stands before and the homepage after it: the address of `a` is the one beside it
    place = sources.rindex(OLD) if "id: b" in sources else sources.index(OLD)
    assert after == sources[:place] + NEW + sources[place + len(OLD) :]
    config = load.load(tmp_path, environment={})
    assert {source.id: source.url for source in config.sources}["a"] == NEW


@pytest.mark.parametrize(
    "new",
    [
        pytest.param("https://new.example/a,b[c]", id="characters that end a plain text in braces"),
        pytest.param("https://new.example/#oben", id="a fragment"),
        pytest.param("https://new.example/it's", id="a quote"),
    ],
)
def test_what_needs_quotes_gets_them(tmp_path: Path, new: str) -> None:
    written(tmp_path, "sources:\n  - {id: a, name: A, url: https://old.example/feed}\n", new=new)
    assert load.load(tmp_path, environment={}).sources[0].url == new


@pytest.mark.parametrize(
    ("sources", "new"),
    [
        pytest.param("sources:\n  - {id: b, name: B, url: https://old.example/feed}\n", NEW, id="no such source"),
        pytest.param("sources:\n  - {id: a, name: A, url: https://other.example/}\n", NEW, id="another address"),
        pytest.param("sources:\n  - {id: a, name: A, url: '${FEED}'}\n", NEW, id="from the environment"),
        pytest.param(
            "sources:\n  - id: a\n    name: A\n    url: >-\n      https://old.example/feed\n", NEW, id="folded"
        ),
        pytest.param(
            "sources:\n  - {id: b, name: B, url: &u https://old.example/feed}\n  - {id: a, name: A, url: *u}\n",
            NEW,
            id="an alias, which another source has too",
        ),
        pytest.param(
            "sources:\n  - {id: a, name: A, url: &u https://old.example/feed}\n  - {id: b, name: B, url: *u}\n",
            NEW,
            id="what an alias elsewhere names",
        ),
        pytest.param(
            "sources:\n  - {id: a, name: A, url: https://old.example/feed}\n",
            "https://new.example/${HOME}",
            id="an address that would read our environment",
        ),
        pytest.param(
            "\ufeffsources:\n  - {id: a, name: A, url: https://old.example/feed}\n", NEW, id="a byte order mark"
        ),
    ],
)
def test_where_a_person_has_to_write_nothing_is_written(tmp_path: Path, sources: str, new: str) -> None:
    with pytest.raises(ConfigError):
        written(tmp_path, sources, new=new)
    assert (tmp_path / "sources.yaml").read_bytes().decode() == sources
