"""A folder of YAML files → Config, or all its faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator import text
from aggregator.errors import ConfigError, ConfigFaultsError, Place, UsageError
from aggregator.model import Alarms, Limits, PublishedFeed, Retention, Site, Source, Taxonomy, Websub

if TYPE_CHECKING:
    from aggregator.config.document import Document

STARTER = Path(__file__).resolve().parent.parent / "starter"
FILES = ("aggregator.yaml", "sources.yaml", "clusters.yaml", "feeds.yaml")
WRITTEN = ("boilerplate.yaml",)  # by a command of ours, and so no part of what `init` copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the configuration says. `digest` changes with whatever influences what is published."""

    site: Site
    sources: tuple[Source, ...]
    taxonomy: Taxonomy
    feeds: tuple[PublishedFeed, ...]
    limits: Limits
    retention: Retention
    contact: str
    store_url: str | None
    stable_keys: tuple[str, ...]  # regular expressions with one group each
    merge_window_days: int
    same: tuple[tuple[str, str], ...]  # pairs of URLs
    apart: tuple[tuple[str, str], ...]
    websub: Websub
    boilerplate: Mapping[str, tuple[str, ...]]  # by source id, "" for every source
    digest: str
    alarms: Alarms = field(default_factory=Alarms)


def load(folder: Path, *, environment: Mapping[str, str]) -> Config:
    """The configuration in that folder; `environment` is what `${NAME}` reads.

    Raises ConfigFaultsError with every fault that was found, in the order of the files. A missing clusters.yaml is a
    configuration without labels, a missing feeds.yaml one with the default feeds, a missing boilerplate.yaml one without any.
    """
    read = _read(folder, environment)
    if read.faults:
        raise ConfigFaultsError(tuple(sorted(read.faults, key=lambda fault: (_rank(fault, read), fault.place.line))))
    return _config(read, environment)


def files(folder: Path) -> tuple[Path, ...]:
    """The files that `load` reads, in its order."""
    return tuple(path for _, path in _paths(folder))


def noticed(folder: Path) -> tuple[Path, ...]:
    """The files whose names `load` looks at: those it reads, and those that it may complain about."""
    return (*_visible(folder, "*.y*ml"), *_visible(folder / "sources", "*.y*ml"))


def init(folder: Path) -> tuple[Path, ...]:
    """Copies the commented starter configuration into the folder; the files it wrote. Overwrites nothing."""
    wanted = [(STARTER / name, folder / name) for name in FILES]
    taken = [str(target) for _, target in wanted if target.exists()]
    if taken:
        raise UsageError(f"{', '.join(taken)}: already there; nothing was written, choose an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for origin, target in wanted:
            with target.open("xb") as file:
                file.write(origin.read_bytes())
    except OSError as error:
        raise UsageError(f"{folder}: can not be written ({error.strerror}); choose another folder") from error
    return tuple(target for _, target in wanted)


@dataclass(slots=True, kw_only=True)
class _Read:
    """What reading a folder gathers, by kind of file: aggregator, sources, clusters, feeds, boilerplate."""

    files: list[str] = field(default_factory=list)
    documents: dict[str, list[Document]] = field(default_factory=dict)
    models: dict[str, list[Any]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    faults: list[ConfigError] = field(default_factory=list)


def _read(folder: Path, environment: Mapping[str, str]) -> _Read:
    from aggregator.config import checks

    read = _Read(faults=list(_missing(folder)))
    for kind, path in _paths(folder):
        _read_file(read, kind, path, environment)
    clusters, feeds = (read.documents.get(kind) for kind in ("clusters", "feeds"))
    files = checks.Files(
        sources=read.documents.get("sources", []),
        clusters=clusters[0] if clusters else None,
        feeds=feeds[0] if feeds else None,
        unread=frozenset(read.unread),
    )
    read.faults.extend(checks.across(files))
    return read


def _read_file(read: _Read, kind: str, path: Path, environment: Mapping[str, str]) -> None:
    from aggregator.config import document, faults, schema

    name = _shown(path)
    read.files.append(name)
    try:
        content = path.read_bytes()
    except OSError as error:
        read.unread.add(kind)
        read.faults.append(ConfigError(Place(name), f"not readable ({error.strerror})", "a file that can be read"))
        return
    found, wrong = document.read(content, name, environment)
    read.faults.extend(wrong)
    if found is None:
        read.unread.add(kind)
        return
    read.documents.setdefault(kind, []).append(found)
    model, invalid = faults.validated(schema.FILES[kind], found)
    places = {fault.place for fault in wrong}  # a variable that is not set makes no good URL either: once is enough
    read.faults.extend(fault for fault in invalid if fault.place not in places)
    if model:
        read.models.setdefault(kind, []).append(model)


def _paths(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in (*FILES, *WRITTEN):
        kind, path = name.removesuffix(".yaml"), folder / name
        if path.exists():
            yield kind, path
        if kind == "sources":
            yield from ((kind, each) for each in _visible(folder / "sources", "*.yaml"))


def _visible(folder: Path, pattern: str) -> list[Path]:
    """Sorted, without hidden files: editors keep locks and drafts there."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


def _missing(folder: Path) -> Iterator[ConfigError]:
    if not folder.is_dir():
        yield ConfigError(Place(_shown(folder)), "no such folder", "a configuration; `aggregator init DIR` writes one")
        return
    if not (folder / "aggregator.yaml").exists():
        yield ConfigError(Place(_shown(folder / "aggregator.yaml")), "no such file", "base_url and title, at least")
    if not (folder / "sources.yaml").exists() and not _visible(folder / "sources", "*.yaml"):
        yield ConfigError(Place(_shown(folder / "sources.yaml")), "no such file", "it, or files in sources/")
    for path in [*_visible(folder, "*.y*ml"), *_visible(folder / "sources", "*.yml")]:
        meant = f"{path.stem}.yaml" if path.parent != folder else _meant(path.name)
        if meant:
            yield ConfigError(Place(_shown(path)), "a file that is not read", f"the name {meant}")


def _meant(name: str) -> str | None:
    """The file that a slightly other name stands for: cluster.yaml, sources.yml. Others are none of our business."""
    from difflib import get_close_matches

    names = (*FILES, *WRITTEN)
    close = [] if name in names else get_close_matches(name, names, n=1, cutoff=0.85)
    return close[0] if close else None


def _shown(path: Path) -> str:
    """As an editor or a terminal can open it from here."""
    here = Path.cwd()
    below = path.is_relative_to(here) and here != here.parent  # services stand in /: etc/x.yaml would be a riddle there
    return str(path.relative_to(here)) if below else str(path)


def _rank(fault: ConfigError, read: _Read) -> int:
    return read.files.index(fault.place.file) if fault.place.file in read.files else -1


def _config(read: _Read, environment: Mapping[str, str]) -> Config:
    from aggregator.config import assemble, schema

    models = read.models
    secrets = {
        shown: found
        for file in read.documents["sources"]
        for shown, written in file.written.items()
        if (found := assemble.secrets(shown, written, environment))
    }
    (keys,) = models["aggregator"]
    (clusters,) = models.get("clusters", [schema.ClustersFile()])
    (standing,) = models.get("boilerplate", [schema.BoilerplateFile()])
    (feed_keys,) = models.get("feeds", [schema.FeedsFile(defaults=True)])
    site = assemble.site(keys)
    sources = tuple(
        assemble.source(each, keys, secrets.get(each.url, ())) for file in models["sources"] for each in file.sources
    )
    taxonomy = assemble.taxonomy(clusters)
    feeds = assemble.feeds(feed_keys, site=site, labels=taxonomy.labels, sources=sources, limit=keys.feed_limit)
    return Config(
        site=site,
        sources=sources,
        taxonomy=taxonomy,
        feeds=feeds,
        limits=assemble.limits(keys.limits),
        retention=assemble.retention(keys.retention),
        contact=site.contact,
        store_url=keys.store,
        stable_keys=keys.stable_keys,
        merge_window_days=keys.merge_window_days,
        same=tuple((one, other) for one, other in keys.stories.same),
        apart=tuple((one, other) for one, other in keys.stories.apart),
        websub=assemble.websub(keys.websub),
        boilerplate={"": standing.everywhere, **standing.sources},
        digest=_digest(site, sources, taxonomy, feeds),
        alarms=assemble.alarms(keys.alarms),
    )


def _digest(site: Site, sources: Iterable[Source], taxonomy: Taxonomy, feeds: Iterable[PublishedFeed]) -> str:
    shown = [
        (each.id, each.name, each.url, each.homepage, each.language, each.authority, each.region, each.labels)
        for each in sources
    ]
    return text.digest(*map(repr, (site, shown, taxonomy, tuple(feeds))))
