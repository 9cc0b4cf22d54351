"""Bytes to files: whole, and only when they differ. The only I/O of this room."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from enum import Enum, auto
from functools import cache
from pathlib import Path

from aggregator.errors import OutputError

# The names this program writes below the output directory, and no other
_NAME = re.compile(r"(?:[a-z0-9][a-z0-9-]{0,63}/){0,2}[a-z0-9][a-z0-9-]{0,63}\.(?:rss|atom|json|html|xml|opml|css|svg)")
_FEED = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\.(?:rss|atom|json)")
_ARCHIVED = re.compile(r"([1-9][0-9]{0,8})\.(?:rss|atom|json)")
_PAGE = re.compile(r"page-([1-9][0-9]{0,8})\.html")
# Beside the file it is to become, so that the rename stays on one file system. The name is always the same: what a killed
# pass left is overwritten by the next, which has to write the same file.
_NEW = ".{}.new"
# So many files are synced one by one; for more of them one sync of the whole machine is cheaper. 4,000 files of 30 kB on a busy
# ext4 disk, median of 6 (least, most): one by one 12.2 s (1.7, 23.3), one sync 2.9 s (1.8, 6.1), none at all 2.5 s (1.6, 3.4);
# 200 files: 0.22, 0.09 and 0.05 s. The price: sync(2), unlike fsync(2), does not tell of a write error.
_ONE_BY_ONE = 200


class Writing(Enum):
    """What became of a file."""

    WRITTEN = auto()
    SAME = auto()


def place(root: Path, name: str) -> Path:
    """Where a file of that name stands: `feeds/<id>.rss`, `<id>/index.html`, `style.css`.

    Raises OutputError for a name that this program does not write, and when a link leads out of the output directory.
    """
    return placing(root)(name)


def placing(root: Path) -> Callable[[str], Path]:
    """`place` for many names, which looks once at each directory: that costs as much as writing a small file."""

    @cache
    def directory(name: str) -> Path:
        path = root / name
        try:
            inside = path.resolve().is_relative_to(root.resolve())
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise OutputError(f"{path}: {error}") from error
        if not inside:
            raise OutputError(f"{path}: leads out of {root}; expected a directory of its own, not a link")
        return path

    def placed(name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise OutputError(f"{name!r}: no name of a published file; expected lower case letters, digits and hyphens")
        folder, _, file = name.rpartition("/")
        return directory(folder) / file

    return placed


def write(path: Path, content: bytes) -> Writing:
    """Puts the content there; a reader sees the old file or the new one, never a part. Raises OutputError."""
    return write_all([(path, content)])[0]


def write_all(documents: Iterable[tuple[Path, bytes]]) -> tuple[Writing, ...]:
    """Puts many files at once: all are on the disk before the first takes its place, so a full disk leaves every old file
    as it was. `documents` may be a generator: one content at a time is held. Raises OutputError.
    """
    waiting: list[tuple[Path, Path]] = []
    fates: list[Writing] = []
    try:
        for path, content in documents:
            differs = not _holds(path, content)
            fates.append(Writing.WRITTEN if differs else Writing.SAME)
            if differs:
                waiting.append((_new(path), path))
                _put(waiting[-1][0], content)
        _sync([new for new, _ in waiting])
        for new, path in waiting:
            new.replace(path)
        _sync(sorted({path.parent for _, path in waiting}))
    except OSError as error:
        raise OutputError(f"{error.filename or 'output'}: {error.strerror or error}") from error
    finally:
        for new, _ in waiting:  # those that took their place are gone from here
            with suppress(OSError):  # what could not be taken away is overwritten by the next pass
                new.unlink(missing_ok=True)
    return tuple(fates)


def _new(path: Path) -> Path:
    return path.with_name(_NEW.format(path.name))


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there with this content. A link is not followed: it does not count as the file."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    with os.fdopen(opened, "rb") as file:
        return os.fstat(opened).st_size == len(content) and file.read() == content


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(opened, "wb") as file:
        file.write(content)


def _sync(paths: Collection[Path]) -> None:
    """What was written to these files or directories survives a power cut."""
    if len(paths) > _ONE_BY_ONE:
        os.sync()
        return
    for path in paths:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def standing(directory: Path) -> frozenset[str]:
    """The names of the files in it, without links; none where it is not there. Raises OutputError."""
    return frozenset(entry.name for entry in _listed(directory) if entry.is_file(follow_symlinks=False))


def _listed(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise OutputError(f"{directory}: {error.strerror or error}") from error


def remove(path: Path) -> bool:
    """Takes a published file away; whether it was there. Raises OutputError."""
    if not _NAME.fullmatch(path.name):
        raise OutputError(f"{path}: no published file; not removed")
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error
    return True


def prune(root: Path, keep: Mapping[str, int]) -> tuple[Path, ...]:
    """Removes feeds that are no more, with their pages and archives: every `feeds/<id>.*` whose id is not in `keep`, and
    `<id>/index.html` of the same ids; of those that stay the pages past the number that `keep` names. Nothing else, for people
    keep files of their own beside ours.

    What was removed. Raises OutputError, also where a link leads out of the output directory.
    """
    folder = place(root, "feeds/x.rss").parent
    feeds = [Path(entry.path) for entry in _listed(folder) if _FEED.fullmatch(entry.name)]
    gone = sorted({path.stem for path in feeds} - keep.keys())
    removed = [
        path for feed_id in (*gone, *keep) for path in _past(root, feed_id, keep.get(feed_id, 0)) if remove(path)
    ]
    # the feeds themselves last: what is left of a killed pass is found by them
    last = [place(root, f"{feed_id}/index.html") for feed_id in gone] + [path for path in feeds if path.stem in gone]
    removed += [path for path in last if remove(path)]
    for directory in {path.parent for path in removed} - {folder}:
        _remove_if_empty(directory)
    return tuple(removed)


def _past(root: Path, feed_id: str, page: int) -> list[Path]:
    """The pages of a feed's archive that come after that one."""
    archive, pages = place(root, f"feeds/{feed_id}/1.rss").parent, place(root, f"{feed_id}/page-1.html").parent
    found = [(entry.path, _ARCHIVED.fullmatch(entry.name)) for entry in _listed(archive)]
    found += [(entry.path, _PAGE.fullmatch(entry.name)) for entry in _listed(pages)]
    return [Path(path) for path, match in found if match and int(match[1]) > page]


def _remove_if_empty(directory: Path) -> None:
    try:
        directory.rmdir()
    except OSError:
        return  # something else stands in it: not ours
