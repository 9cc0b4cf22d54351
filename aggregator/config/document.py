"""One YAML text → plain data that knows on which line everything stands.

Read from YAML events, without its composer and constructor: no tag is ever acted upon, an alias shares what it
names instead of copying it, and it takes half the time of a round-trip load (265 kB: 0.46 s against 0.92 s).

Every scalar stays text; what it should be is decided by the key it stands under (schema.py). So `version: 1.10`,
`name: No` and `text: 5G` are what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from aggregator import text
from aggregator.errors import ConfigError, Place

if TYPE_CHECKING:
    from ruamel.yaml.error import YAMLError
Event: TypeAlias = Any  # of ruamel.yaml.events, whose base class does not know what each kind carries
Data: TypeAlias = "dict[str, Data] | list[Data] | str | None"
Steps: TypeAlias = tuple[str | int, ...]  # the way from the top to a value: keys and list positions

LARGEST = 2_000_000  # bytes of one file
MOST = 200_000  # values of one file with every alias written out: a bomb of ten aliases a level has 10^9
DEEPEST = 20  # levels; the deepest key there is stands on the sixth

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})  # YAML 1.2.2 section 10.3.2
_PLAIN_TAGS = frozenset({"!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))})
NAME = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SURROGATE = re.compile("[\ud800-\udfff]")  # "\ud83d\ude00" of JSON is two of them in YAML; no file can hold them
# user:password@ in a URL, where the password is written out and does not come from the environment
_PASSWORD = re.compile(r"://[^/?#\s@:]*:(?!\$\{\w+\}@)[^/?#\s@]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says. `written` gives, for texts in which `${NAME}` was replaced, what stood there: a message must not
    show what came from the environment."""

    file: str
    data: Data
    lines: Mapping[Steps, int]
    written: Mapping[str, str]

    def place(self, steps: Steps) -> Place:
        """Where that stands, or the nearest thing around it; what an alias brings stands where the alias does."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return Place(self.file, self.lines.get(steps, 1))

    def at(self, steps: Steps) -> Data:
        """The value there; None also where nothing is."""
        value = self.data
        for step in steps:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def shown(self, steps: Steps) -> str:
        """The value there in a few words for a message."""
        value = self.at(steps)
        if isinstance(value, str):
            return text.shorten(text.line(self.written.get(value, value)), 80) or '""'
        return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def read(content: bytes, file: str, environment: Mapping[str, str]) -> tuple[Document | None, list[ConfigError]]:
    """The document and everything that is wrong with it as YAML; None when nothing can be made of it."""
    faults: list[ConfigError] = []
    decoded = _decoded(content, file)
    if isinstance(decoded, ConfigError):
        return None, [decoded]
    try:
        return _Reader(decoded, file, environment, faults).document(), faults
    except ConfigError as fault:
        return None, [*faults, fault]


def _decoded(content: bytes, file: str) -> str | ConfigError:
    if len(content) > LARGEST:
        return ConfigError(Place(file), f"{len(content):,} bytes", f"at most {LARGEST:,} bytes in one file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ConfigError(Place(file, line), f"the byte 0x{content[error.start]:02x}", "text in UTF-8")


class _Reader:
    """Walks the events of one file; lives as long as one call of `read`."""

    def __init__(self, content: str, file: str, environment: Mapping[str, str], faults: list[ConfigError]) -> None:
        self.file = file
        self.environment = environment
        self.faults = faults
        self.events = _events(content, file)
        self.lines: dict[Steps, int] = {}
        self.written: dict[str, str] = {}
        self.anchors: dict[str, tuple[Data, int]] = {}  # what an anchor names, and how many values that is
        self.size = 0

    def document(self) -> Document:
        next(self.events)  # the start of the stream
        event = next(self.events)
        if _kind(event) == "StreamEnd":
            raise ConfigError(Place(self.file), "nothing in it", "at least one key")
        data = self.node(next(self.events), ())
        next(self.events)  # the end of the document
        after = next(self.events)
        if _kind(after) != "StreamEnd":
            raise ConfigError(self.place(after), "a second document", "one document in a file, so no `---` inside")
        return Document(file=self.file, data=data, lines=self.lines, written=self.written)

    def node(self, event: Event, steps: Steps) -> Data:
        self.lines.setdefault(steps, event.start_mark.line + 1)
        kind = _kind(event)
        if kind == "Alias":
            return self.alias(event)
        self.grow(1, event)
        if len(steps) > DEEPEST:
            raise ConfigError(self.place(event), f"more than {DEEPEST} levels", "a few levels of lists and mappings")
        self.refuse_tag(event)
        before = self.size
        value: Data
        if kind == "Scalar":
            value = self.scalar(event)
        elif kind == "SequenceStart":
            value = self.sequence(steps)
        else:
            value = self.mapping(steps)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.size - before + 1)
        return value

    def scalar(self, event: Event) -> str | None:
        value: str = event.value
        if not event.style and value in _NULLS:  # a plain scalar: None of ruamel.yaml, "" of libyaml
            return None
        if _SURROGATE.search(value):
            self.fault(event, "half a character (a surrogate)", "characters, or \\U and eight hexadecimal digits")
            return ""
        if _PASSWORD.search(value):
            self.fault(event, "a password in a URL", "${NAME} in its place, which reads the environment")
        if "${" not in value:
            return value
        result = NAME.sub(lambda name: self.replaced(name, event), value)
        self.written[result] = value
        return result

    def replaced(self, name: re.Match[str], event: Event) -> str:
        if name[1]:  # $${NAME} stands for ${NAME} itself
            return name[0][1:]
        if name[2] not in self.environment:
            self.fault(event, f"{name[0]} is not set", f"a variable {name[2]} in the environment")
        return self.environment.get(name[2], name[0])

    def sequence(self, steps: Steps) -> list[Data]:
        values: list[Data] = []
        while _kind(event := next(self.events)) != "SequenceEnd":
            values.append(self.node(event, (*steps, len(values))))
        return values

    def mapping(self, steps: Steps) -> dict[str, Data]:
        values: dict[str, Data] = {}
        merged: list[tuple[Data, int]] = []
        while _kind(event := next(self.events)) != "MappingEnd":
            key = self.key(event)
            if key == "<<":
                merged.append((self.node(next(self.events), (*steps, key)), event.start_mark.line + 1))
                continue
            inner = (*steps, key)
            if key in values:
                first = Place(self.file, self.lines[inner])
                self.fault(event, f"the key {key} a second time", f"it once: the first is at {first}")
                self.node(next(self.events), (*inner, "twice"))
                continue
            self.lines[inner] = event.start_mark.line + 1
            values[key] = self.node(next(self.events), inner)
            if key == "password" and isinstance(values[key], str) and values[key] not in self.written:
                self.fault(event, "a password", "${NAME} in its place, which reads the environment")
        for brought, line in merged:
            self.merge(brought, values, steps, line)
        return values

    def merge(self, brought: Data, values: dict[str, Data], steps: Steps, line: int) -> None:
        """`<<: *name` of YAML 1.1, which many know: keys that are not there yet."""
        for mapping in brought if isinstance(brought, list) else [brought]:
            if not isinstance(mapping, dict):
                expected = "an alias of a mapping, such as <<: *name"
                self.faults.append(ConfigError(Place(self.file, line), "<< without a mapping", expected))
                continue
            for key, value in mapping.items():
                self.lines.setdefault((*steps, key), line)
                values.setdefault(key, value)

    def key(self, event: Event) -> str:
        if _kind(event) != "Scalar":
            raise ConfigError(self.place(event), "a key that is no text", "a name, then a colon, then its value")
        self.refuse_tag(event)
        return text.line(event.value)

    def alias(self, event: Event) -> Data:
        name = event.anchor
        if name not in self.anchors:
            expected = f'quotes around a text that starts with *, such as "*{name}", or an anchor &{name} before it'
            self.fault(event, f"*{name} names nothing", expected)
            return f"*{name}"
        value, size = self.anchors[name]
        self.grow(size, event)
        return value

    def grow(self, size: int, event: Event) -> None:
        self.size += size
        if self.size > MOST:
            raise ConfigError(self.place(event), f"more than {MOST:,} values", "fewer aliases, or several files")

    def refuse_tag(self, event: Event) -> None:
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            self.fault(event, f"the tag {event.tag.replace('tag:yaml.org,2002:', '!!')}", "plain values without tags")

    def place(self, event: Event) -> Place:
        return Place(self.file, event.start_mark.line + 1)

    def fault(self, event: Event, found: str, expected: str) -> None:
        self.faults.append(ConfigError(self.place(event), found, expected))


def _kind(event: Event) -> str:
    return type(event).__name__.removesuffix("Event")


def _events(content: str, file: str) -> Iterator[Event]:
    """The events of libyaml, which takes a tenth of ruamel.yaml's time (20 against 460 ms for 1,000 sources); where it
    refuses, those of ruamel.yaml up to the fault, which it names better."""
    quick = _quick_events(content)
    if quick is not None:
        yield from quick
        return
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(content)
    except YAMLError as error:
        raise _syntax(error, content, file) from error
    except (OverflowError, ValueError) as error:  # "\UFFFFFFFF" goes to chr() as it is
        raise ConfigError(Place(file), "an escape that names no character", r"\u0000 to \U0010FFFF") from error


def _quick_events(content: str) -> list[Event] | None:
    import yaml

    if not yaml.__with_libyaml__:
        return None
    try:
        return list(yaml.parse(content, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError, OverflowError):
        return None


def _syntax(error: YAMLError, content: str, file: str) -> ConfigError:
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if "end of stream" in problem and start:
        mark = start  # an open quote: where it opens helps, not where the file ends
    line = mark.line + 1 if mark else content.count("\n", 0, getattr(error, "position", 0)) + 1
    expected = "YAML; a text that starts with * @ % & or holds ': ' or ' #' needs quotes"
    if r"'\t'" in problem:
        expected = "spaces, no tab, in front of a key"
    return ConfigError(Place(file, line), text.line(problem), expected)
