"""The kept configuration: used while nothing changed, and for nothing else."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.config import cache, load
from aggregator.config.load import Config
from aggregator.errors import ConfigError
from tests.config.conftest import AGGREGATOR, Folder

SECRET = """\
sources:
  - id: ministry
    name: Ministry
    url: https://ministry.example/rss.xml?token=${TOKEN}
"""
ENVIRONMENT = {"TOKEN": "geheim", "OTHER": "1"}
MARK = "kept, not read"


def read(path: Path, kept: Path, environment: Mapping[str, str] = ENVIRONMENT) -> Config:
    return cache.load(path, environment=environment, cache=kept)


def marked(path: Path, kept: Path) -> None:
    """Keeps a configuration that says of itself that it was kept: reading the files again would not give it."""
    read(path, kept)
    names, _, content = kept.read_bytes().split(b"\n", 2)
    config = pickle.loads(content)
    reseal(path, kept, names, pickle.dumps(replace(config, contact=MARK)))
    assert read(path, kept).contact == MARK


def reseal(path: Path, kept: Path, names: bytes, content: bytes) -> None:
    files = cache._files(path)
    assert files is not None
    seal = cache._seal(files, ENVIRONMENT, tuple(names.decode().split()), content)
    kept.write_bytes(b"\n".join((names, seal, content)))


def test_the_same_files_give_the_same_configuration(folder: Folder, tmp_path: Path) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    first, second = read(path, kept), read(path, kept)
    assert first == second == load.load(path, environment=ENVIRONMENT)
    assert first.digest == second.digest
    assert [type(source) for source in second.sources] == [type(source) for source in first.sources]


def test_all_kinds_of_values_come_back(tmp_path: Path) -> None:
    load.init(tmp_path / "new")
    kept = tmp_path / "config.cache"
    assert read(tmp_path / "new", kept) == read(tmp_path / "new", kept)
    marked(tmp_path / "new", kept)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda at: (at / "aggregator.yaml").write_text(AGGREGATOR + "language: en\n"), id="another text"),
        pytest.param(lambda at: (at / "sources.yaml").write_text(SECRET.replace("M", "N")), id="the same length"),
        pytest.param(
            lambda at: ((at / "sources").mkdir(), (at / "sources/b.yaml").write_text(SECRET.replace("ministry", "b"))),
            id="one more file of sources",
        ),
        pytest.param(lambda at: (at / "feeds.yaml").write_text("defaults: true\n"), id="feeds.yaml comes"),
        pytest.param(lambda at: (at / "clusters.yaml").unlink(), id="clusters.yaml goes"),
    ],
)
def test_a_changed_folder_is_read(folder: Folder, tmp_path: Path, change: Callable[[Path], object]) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    marked(path, kept)
    change(path)
    config = read(path, kept)
    assert config.contact != MARK
    assert config == load.load(path, environment=ENVIRONMENT) == read(path, kept)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda at: (at / "source.yaml").write_text("sources: []"), id="a file with a mistyped name comes"),
        pytest.param(lambda at: (at / "aggregator.yaml").write_text("title: News"), id="a key goes"),
        pytest.param(lambda at: (at / "sources.yaml").unlink(), id="sources.yaml goes"),
        pytest.param(lambda at: at.rename(at.with_name("elsewhere")), id="the folder goes"),
    ],
)
def test_faults_are_told_as_ever(folder: Folder, tmp_path: Path, change: Callable[[Path], object]) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    marked(path, kept)
    change(path)
    for _ in range(2):
        with pytest.raises(ConfigError):
            read(path, kept)


@pytest.mark.parametrize(
    ("environment", "same"),
    [
        pytest.param(ENVIRONMENT | {"TOKEN": "anders"}, False, id="a variable that the files name has another value"),
        pytest.param(ENVIRONMENT | {"TOKEN": ""}, False, id="it is empty now"),
        pytest.param(ENVIRONMENT | {"OTHER": "2"}, True, id="a variable that no file names has another value"),
        pytest.param({"TOKEN": "geheim"}, True, id="a variable that no file names is gone"),
    ],
)
def test_the_environment(folder: Folder, tmp_path: Path, environment: dict[str, str], same: bool) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    marked(path, kept)
    config = read(path, kept, environment)
    assert (config.contact == MARK) is same
    assert config.sources[0].url.endswith("=" + environment["TOKEN"])


def test_a_variable_that_is_not_set_any_more_is_a_fault(folder: Folder, tmp_path: Path) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    read(path, kept, {"TOKEN": ""})
    with pytest.raises(ConfigError, match="TOKEN"):
        read(path, kept, {})


def test_secrets_are_for_the_owner_alone(folder: Folder, tmp_path: Path) -> None:
    kept = tmp_path / "config.cache"
    kept.write_text("")
    kept.chmod(0o644)
    read(folder(sources=SECRET), kept)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["config.cache"]


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:-1], id="cut off"),
        pytest.param(lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:], id="one bit other"),
        pytest.param(lambda content: b"\xff\n" + content, id="no names"),
        pytest.param(lambda content: os.urandom(500), id="noise"),
    ],
)
def test_a_damaged_file_is_as_none(folder: Folder, tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    marked(path, kept)
    kept.write_bytes(damaged(kept.read_bytes()))
    assert read(path, kept) == load.load(path, environment=ENVIRONMENT)
    assert read(path, kept) == load.load(path, environment=ENVIRONMENT)


class _Harm:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def foreign_class(harm: Path) -> bytes:
    return pickle.dumps(_Harm(harm))


def through_an_attribute(harm: Path) -> bytes:
    """`aggregator.model.sources.dataclass.__builtins__.get("exec")`: a way out by dots, through a module that is allowed."""
    code = f"import os; os.mkdir({str(harm)!r})".encode()
    name = b"dataclass.__builtins__.get"
    call = b"\x8c\x04exec\x85R" + b"B" + len(code).to_bytes(4, "little") + code + b"\x85R."
    return b"\x80\x04\x8c\x18aggregator.model.sources\x8c" + bytes([len(name)]) + name + b"\x93" + call


@pytest.mark.parametrize("content", [foreign_class, through_an_attribute])
def test_foreign_classes_are_not_made(folder: Folder, tmp_path: Path, content: Callable[[Path], bytes]) -> None:
    path, kept = folder(sources=SECRET), tmp_path / "config.cache"
    reseal(path, kept, b"TOKEN", content(tmp_path / "harm"))
    assert read(path, kept) == load.load(path, environment=ENVIRONMENT)
    assert not (tmp_path / "harm").exists()


def test_these_pickles_would_do_harm(tmp_path: Path) -> None:
    for number, content in enumerate((foreign_class, through_an_attribute)):
        pickle.loads(content(tmp_path / str(number)))
        assert (tmp_path / str(number)).is_dir()


def test_another_value_than_a_configuration_is_as_none(folder: Folder, tmp_path: Path) -> None:
    path, kept = folder(), tmp_path / "config.cache"
    reseal(path, kept, b"", pickle.dumps(("no", "configuration")))
    assert read(path, kept) == load.load(path, environment={})


@pytest.mark.parametrize("place", ["file/config.cache", "folder"])
def test_where_nothing_can_be_written(folder: Folder, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for _ in range(2):
        assert read(folder(), tmp_path / place) == load.load(folder(), environment={})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config", "file", "folder"]


def test_no_cache_no_file(folder: Folder, tmp_path: Path) -> None:
    assert cache.load(folder(), environment={}, cache=None) == load.load(folder(), environment={})
    assert [path.name for path in tmp_path.iterdir()] == ["config"]


@pytest.mark.slow
def test_a_kept_configuration_needs_no_library(folder: Folder, tmp_path: Path) -> None:
    path, kept = folder(feeds="defaults: true\n"), tmp_path / "config.cache"
    digest = read(path, kept).digest
    code = "import sys; from pathlib import Path; from aggregator.config import cache\n"
    code += "print(cache.load(Path(sys.argv[1]), environment={}, cache=Path(sys.argv[2])).digest, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, path, kept], capture_output=True, text=True, check=True)
    told, *modules = done.stdout.split()
    assert told == digest
    assert not {"pydantic", "pydantic_core", "yaml", "ruamel.yaml", "aggregator.config.schema"} & set(modules)
