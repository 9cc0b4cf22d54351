"""The configuration as it was last found good, kept beside the store: reading it back imports no YAML and no validation.

A third of a pass in which nothing changed went into reading the configuration: 0.19 s for pydantic and its models, then
0.4 ms for each source. What is kept is used only while everything it was made from is the same; else all is read anew.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aggregator import __version__
from aggregator.config import load as loading
from aggregator.config.load import Config
from aggregator.model import pickled

LARGEST = 50_000_000  # bytes; 1,000 sources with their feeds are 0.4 MB
_PACKAGE = Path(__file__).resolve().parent.parent
_MAKERS = ("config", "model")  # folders of the code that turns files into a Config
# Whatever a pickle that is not ours can end in (https://docs.python.org/3.11/library/pickle.html#pickle.UnpicklingError)
_UNREADABLE = (
    pickle.UnpicklingError, EOFError, AttributeError, ImportError, LookupError, TypeError, ValueError, MemoryError,
    RecursionError,
)  # fmt: skip


class _Asked(Mapping[str, str]):
    """The environment, with the names that were looked up in it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._environment[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


def load(folder: Path, *, environment: Mapping[str, str], cache: Path | None) -> Config:
    """What `load.load` gives, from the file `cache` where that was made from the same files and variables.

    Otherwise the folder is read, and `cache` written where that is possible. Raises ConfigFaultsError as `load.load` does: a
    configuration with a fault is never kept. The file may hold passwords that came from the environment: only its owner reads it.
    """
    if cache is None:
        return loading.load(folder, environment=environment)
    before = _files(folder)
    kept = _kept(cache, before, environment) if before else None
    if kept is not None:
        return kept
    asked = _Asked(environment)
    config = loading.load(folder, environment=asked)
    if before and before == _files(folder):  # nobody saved a file while we read it
        _keep(cache, before, environment, tuple(sorted(asked.names)), config)
    return config


def _files(folder: Path) -> bytes | None:
    """A digest of all files that the folder is read from, and of the code that reads them; None where one can not be read.

    A file that is not read counts with its name: `source.yaml` beside `sources.yaml` is a fault.
    """
    found = blake2b(f"{__version__}\0{sys.version}".encode())
    try:
        for path in loading.noticed(folder):
            _add(found, os.fsencode(path.relative_to(folder)))
        for path in loading.files(folder):
            _add(found, os.fsencode(path.relative_to(folder)))
            _add(found, path.read_bytes())
        for path in _code():  # in a checkout the code changes without the version
            state = path.stat()
            _add(found, f"{path.name} {state.st_size} {state.st_mtime_ns}".encode())
    except OSError:
        return None
    return found.digest()


def _code() -> Iterator[Path]:
    for name in _MAKERS:
        yield from sorted((_PACKAGE / name).glob("*.py"))


def _add(found: Any, part: bytes) -> None:
    """With its length in front: two files are not one."""
    found.update(len(part).to_bytes(8, "big") + part)


def _seal(files: bytes, environment: Mapping[str, str], names: tuple[str, ...], content: bytes) -> bytes:
    """One digest over everything that has to be the same. Values of variables go in, and can not be read out of it."""
    found = blake2b(files)
    for name in names:
        set_to = f"={environment[name]}" if name in environment else ""  # not set is other than empty
        _add(found, f"{name}{set_to}".encode("utf-8", "surrogateescape"))
    _add(found, content)
    return found.hexdigest().encode()


def _kept(cache: Path, files: bytes, environment: Mapping[str, str]) -> Config | None:
    """The file's first line names the variables, its second is the seal, the rest is the pickle."""
    try:
        if cache.stat().st_size > LARGEST:
            return None
        written, seal, content = cache.read_bytes().split(b"\n", 2)
        names = tuple(written.decode("ascii").split())
    except (OSError, ValueError):
        return None
    if seal != _seal(files, environment, names, content):
        return None
    try:
        config = _ConfigOnly(io.BytesIO(content)).load()
    except _UNREADABLE:
        return None
    return config if isinstance(config, Config) else None


class _ConfigOnly(pickle.Unpickler):
    """Makes nothing but a Config and the values of the model it consists of."""

    def find_class(self, module: str, name: str) -> Any:
        # No dots: `dataclass.__builtins__.get` would be looked up attribute by attribute, and is a way to `exec`
        if "." not in name and module.startswith(("aggregator.model.", "aggregator.config.load")):
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        if (module, name) == pickled.GETATTR:
            return pickled.member
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a configuration")


def _keep(cache: Path, files: bytes, environment: Mapping[str, str], names: tuple[str, ...], config: Config) -> None:
    """Whole or not at all, and for its owner alone. Where nothing can be written, or somebody else does, the next start is slow.

    The name beside it is always the same, so that what a killed process left is written over; who writes holds its lock.
    """
    import fcntl

    content = pickle.dumps(config, protocol=pickle.HIGHEST_PROTOCOL)
    sealed = b"\n".join((" ".join(names).encode(), _seal(files, environment, names, content), content))
    new = cache.with_name(f".{cache.name}.new")
    with suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(new, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino != new.stat().st_ino:
                return  # another process has put it into its place between the two lines above
            file.truncate()
            file.write(sealed)
            file.flush()
            try:
                new.replace(cache)
            except OSError:
                new.unlink()
