"""However a configuration is brought to its place, the service notices."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.service import following
from aggregator.service.condition import Condition
from aggregator.service.following import Current, Installed
from tests.servers.running import BASE

ONE, TWO = "one", "two"


def written(folder: Path, *names: str) -> Path:
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "aggregator.yaml").write_text(BASE)
    rows = "".join(f"  - {{id: {name}, name: S, url: 'https://{name}.example/'}}\n" for name in names)
    (folder / "sources.yaml").write_text(f"sources:\n{rows}")
    return folder


def turned(link: Path, target: str) -> None:
    """The link leads there from now on; at no moment there is none."""
    new = link.with_name("new")
    new.symlink_to(target)
    new.replace(link)


def moved_away(folder: Path, aside: Path) -> None:
    folder.rename(folder.with_name("before"))
    aside.rename(folder)


def replaced(path: Path, aside: Path) -> None:
    aside.joinpath("sources.yaml").rename(path)


def plain(root: Path) -> None:
    written(root / "config", ONE)


def a_link_to_a_release(root: Path) -> None:
    written(root / "release-1", ONE)
    (root / "config").symlink_to("release-1")


def a_link_to_a_file(root: Path) -> None:
    written(root / "config", ONE)
    shutil.copytree(root / "config", root / "elsewhere")
    turned(root / "config/sources.yaml", "../elsewhere/sources.yaml")


def mounted(root: Path) -> None:
    """As Kubernetes mounts a ConfigMap."""
    written(root / "config/..1", ONE)
    (root / "config/..data").symlink_to("..1")
    for name in ("aggregator.yaml", "sources.yaml"):
        (root / "config" / name).symlink_to(f"..data/{name}")


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param(plain, lambda root: written(root / "config", ONE, TWO), id="a file is written"),
        pytest.param(
            plain,
            lambda root: replaced(root / "config/sources.yaml", written(root / "aside", ONE, TWO)),
            id="a file is put in the place of another",
        ),
        pytest.param(
            plain,
            lambda root: replaced(root / "config/sources/two.yaml", written(root / "aside", TWO)),
            id="a file more",
        ),
        pytest.param(
            plain,
            lambda root: moved_away(root / "config", written(root / "aside", ONE, TWO)),
            id="the folder is moved away and another put in its place",
        ),
        pytest.param(
            a_link_to_a_release,
            lambda root: turned(root / "config", written(root / "release-2", ONE, TWO).name),
            id="the folder is a link that is turned",
        ),
        pytest.param(
            a_link_to_a_file,
            lambda root: written(root / "elsewhere", ONE, TWO),
            id="the file is a link and is written where it stands",
        ),
        pytest.param(
            mounted,
            lambda root: turned(root / "config/..data", written(root / "config/..2", ONE, TWO).name),
            id="a mounted ConfigMap is turned",
        ),
    ],
)
def test_a_change_is_noticed(
    before: Callable[[Path], None], change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_LOOK", 0.01)
    before(tmp_path)

    async def life(current: Current, condition: Condition) -> None:
        change(tmp_path)  # at once: between reading and the first look lies a start
        await until(lambda: bool(condition.reloads[True]))
        assert [source.id for source in current.installed.config.sources] == [ONE, TWO]
        await asyncio.sleep(0.1)
        assert condition.reloads == {True: 1}, "once"

    asyncio.run(followed(tmp_path / "config", life))


def test_a_folder_that_is_gone_is_told_of_once_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_LOOK", 0.01)
    plain(tmp_path)

    async def life(current: Current, condition: Condition) -> None:
        shutil.rmtree(tmp_path / "config")
        await until(lambda: bool(condition.reloads[False]))
        assert "no such folder" not in str(condition.config_fault), "/status tells nobody what stands where"
        await asyncio.sleep(0.1)
        written(tmp_path / "config", ONE, TWO)
        await until(lambda: bool(condition.reloads[True]))
        assert condition.reloads == {False: 1, True: 1}
        assert condition.config_fault is None

    asyncio.run(followed(tmp_path / "config", life))


def test_drafts_and_notes_are_none_of_the_configuration(tmp_path: Path) -> None:
    folder = written(tmp_path / "config", ONE)
    before = following.standing(folder)
    for name in (".sources.yaml.swp", ".#sources.yaml", "notes.txt", "sources.yaml~"):
        (folder / name).write_text("a draft")
    assert following.standing(folder) == before


async def followed(folder: Path, life: Callable[[Current, Condition], Awaitable[None]]) -> None:
    def read() -> Installed:
        files = following.standing(folder)
        config = load.load(folder, environment={})
        return Installed(config=config, store_url="sqlite:///", application=_nobody, files=files)

    current, condition = Current(read()), Condition()
    task = asyncio.create_task(
        following.follow(
            current, folder, read, wanted=asyncio.Event(), condition=condition, clock=lambda: datetime.now(UTC)
        )
    )
    try:
        await life(current, condition)
    finally:
        task.cancel()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0.01)


async def _nobody(scope: object, receive: object, send: object) -> None:
    raise AssertionError("nobody asks")
