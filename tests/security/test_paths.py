"""Whatever ids a configuration holds: they are refused, or every file stands inside the output directory; no link is followed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aggregator.config import load
from aggregator.errors import ConfigFaultsError, OutputError
from aggregator.passes import publish_changed
from aggregator.publish import files
from aggregator.store import connect

KEPT = "mine"  # what stands outside of the output directory
ODD = [
    "..", ".", "../x", "a/../../x", "/etc/passwd", "a/b", "a\\b", "..\\x", "C:x", "\\\\server\\x", "x\x00", "x\x00.rss",
    "%2e%2e", "a%2fb", "~root", "con", "nul", "aux", "prn", "com1", "lpt9", "con.rss", "x.", "x ", " x", "x\n", "x\r",
    "-x", "--help", "x:stream", "x" * 64, "x" * 65, "x" * 5000, "Energie", "ENERGIE", "energie", "stra\u00dfe",
    "cafe\u0301", "caf\u00e9", "\u202ex", "\uff0e\uff0e", "\u2215x", "$(id)", "`id`", "*", "?", "|x", "<x>", '"x"',
    "'x'", "index", "feeds", "style", "opml", "search", "null", "1", "0x1", "no",
]  # fmt: skip
PIECES = st.sampled_from(
    ["..", "/", "\\", "\x00", ".", "-", "a", "B", "7", "con", ":", "%2e", " ", "\n", "ä", "\u0301"]
)
IDS = st.one_of(
    st.sampled_from(ODD),
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,70}", fullmatch=True),
    st.text(max_size=70),
)
LENIENT = settings(
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def written(folder: Path, ids: Sequence[str]) -> Path:
    """A configuration with these ids in turn for sources, labels and feeds, each in its own line."""
    folder.mkdir(exist_ok=True)
    quoted = ["".join(["'", *one, "'"]) if one.isascii() and one.isalnum() else _escaped(one) for one in ids]
    sources = [f"  - {{id: {one}, name: S, url: 'https://s.example/'}}" for one in quoted[::3]]
    labels = [f"  - {{id: {one}, names: {{de: L, en: L}}, strong: [Wort]}}" for one in quoted[1::3]]
    feeds = [f"  - {{id: {one}, title: F, select: {{words: [Wort]}}}}" for one in quoted[2::3]]
    feeds.append("defaults: true")  # a feed for each label and source too
    sources.append("  - {id: last-source, name: S, url: 'https://s.example/'}")
    (folder / "aggregator.yaml").write_text("base_url: https://news.example/\ntitle: News\n", encoding="utf-8")
    for name, key, rows in (("sources", "sources", sources), ("clusters", "topics", labels), ("feeds", "feeds", feeds)):
        (folder / f"{name}.yaml").write_text(
            "\n".join([f"{key}:" if len(rows) > (key == "feeds") else f"{key}: []", *rows, ""]), encoding="utf-8"
        )
    return folder


def _escaped(written: str) -> str:
    """As YAML takes any character."""
    return '"' + "".join(f"\\U{ord(one):08x}" for one in written) + '"'


def accepted(folder: Path, ids: Sequence[str]) -> list[str]:
    """Those ids whose lines hold no fault."""
    try:
        load.load(written(folder, ids), environment={})
    except ConfigFaultsError as error:
        refused = {(Path(fault.place.file).stem, fault.place.line) for fault in error.faults}
        assert all(line > 1 for _, line in refused), "not an id is at fault, but the file"
        kinds = ("sources", "clusters", "feeds")
        return [one for at, one in enumerate(ids) if (kinds[at % 3], at // 3 + 2) not in refused]
    return list(ids)


def published(folder: Path, output: Path, *, everything: bool = False) -> None:
    config = load.load(folder, environment={})
    with connect.opened(f"sqlite:///{folder}/a.sqlite") as store:
        publish_changed.publish(config, store, output, everything=everything)


def files_of(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if not path.is_dir() or path.is_symlink())


@pytest.mark.slow
@settings(LENIENT, max_examples=20)
@given(ids=st.lists(IDS, min_size=50, max_size=50))
def test_an_id_is_refused_or_its_files_stay_inside(ids: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("ids")
    good = accepted(home / "config", list(dict.fromkeys(ids)))
    assert len({one.casefold() for one in good}) == len(good)
    folder, output = written(home / "config", good), home / "public"
    before = {path for path in files_of(home) if path.parent != folder}
    published(folder, output)
    root = os.path.realpath(output)
    new = [path for path in files_of(home) if path not in before and path.parent != folder]
    assert len(new) >= 4 * len(good)
    for path in new:
        assert os.path.realpath(path) == str(Path(root) / path.relative_to(output))
        assert len(path.name) <= 255


@pytest.mark.parametrize("one", [one for one in ODD if one not in {"energie", "x" * 64, "1", "0x1", "no", "null"}])
def test_ids_that_are_refused(one: str, tmp_path: Path) -> None:
    refused = accepted(tmp_path / "config", ["x1", "x2", one]) == ["x1", "x2"]
    assert refused == (one not in {"style", "opml"})  # these are names of files, not of folders: nothing collides


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A configuration, and something outside of its output directory that is not ours."""
    written(tmp_path / "config", ["amt", "energie", "auswahl"])
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("index.html", "amt.rss", "alt.rss", "style.css"):
        (outside / name).write_text(KEPT)
    (tmp_path / "public").mkdir()
    return tmp_path


def untouched(world: Path) -> bool:
    standing = files_of(world / "outside")
    return len(standing) == 4 and all(path.read_text() == KEPT for path in standing)


@pytest.mark.parametrize("existing", [pytest.param(True, id="to a file"), pytest.param(False, id="to nowhere")])
def test_a_link_in_the_place_of_any_file_is_replaced(world: Path, *, existing: bool) -> None:
    output, config = world / "public", world / "config"
    published(config, output)
    ours = files_of(output)
    target = world / "outside" / ("index.html" if existing else "nothing")
    for path in ours:
        path.unlink()
        path.symlink_to(target)
        path.with_name(f".{path.name}.new").symlink_to(target)
    published(config, output, everything=True)
    assert files_of(output) == ours
    assert not any(path.is_symlink() for path in ours)
    assert untouched(world)


@pytest.mark.parametrize("name", ["feeds", "amt", "energie", "auswahl"])
def test_a_folder_that_is_a_link_is_refused(world: Path, name: str) -> None:
    (world / "public" / name).symlink_to(world / "outside", target_is_directory=True)
    with pytest.raises(OutputError, match="leads out of"):
        published(world / "config", world / "public")
    assert untouched(world)


@pytest.mark.parametrize("name", ["feeds", "alt"])
def test_nothing_is_removed_behind_a_link(world: Path, name: str) -> None:
    output = world / "public"
    if name == "alt":
        files.write(files.place(output, "feeds/alt.rss"), b"old")
    (output / name).symlink_to(world / "outside", target_is_directory=True)
    with pytest.raises(OutputError, match="leads out of"):
        files.prune(output, {"amt": 0})
    assert untouched(world)


def test_the_output_directory_itself_may_be_a_link(world: Path) -> None:
    (world / "public").rmdir()
    (world / "elsewhere").mkdir()
    (world / "public").symlink_to(world / "elsewhere", target_is_directory=True)
    published(world / "config", world / "public")
    assert (world / "elsewhere" / "feeds" / "amt.rss").is_file()
