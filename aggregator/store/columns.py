"""How our values stand in columns.

Instants are whole microseconds since 1970 in UTC: they compare as numbers and lose nothing. Sequences are JSON arrays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Dialect
from sqlalchemy.types import UserDefinedType

from aggregator.model import Enclosure, Evidence, HubLink, Lacking, Pace, Profile, Rest, Rhythm, Rights, Tag

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_Write = Callable[[Any], int | str]
_Read = Callable[[Any], Any]


class Written(UserDefinedType[Any]):
    """A column whose values one function writes and another reads; `read` gets None for NULL, `write` never."""

    cache_ok = True

    def __init__(self, sql: str, write: _Write, read: _Read) -> None:
        self.sql = sql
        self.write = write
        self.read = read

    def get_col_spec(self, **_: object) -> str:
        return self.sql

    def bind_processor(self, _: Dialect) -> _Read:
        write = self.write
        return lambda value: None if value is None else write(value)

    def result_processor(self, _: Dialect, coltype: object) -> _Read:  # noqa: ARG002  the library's signature
        return self.read


_Row = Callable[[Iterable[Any]], list[Any]]


def writing(columns: Sequence[Column[Any]]) -> _Row:
    """Makes of values in the order of the columns a row for the driver."""
    written = [(place, kind.write) for place, kind in _ours(columns)]

    def write(values: Iterable[Any]) -> list[Any]:
        row = list(values)
        for place, how in written:
            value = row[place]
            if value is not None:
                row[place] = how(value)
        return row

    return write


def reading(columns: Sequence[Column[Any]]) -> _Row:
    """Makes of the driver's rows, which begin with these columns, our values."""
    read = [(place, kind.read) for place, kind in _ours(columns)]

    def values(row: Iterable[Any]) -> list[Any]:
        found = list(row)
        for place, how in read:
            found[place] = how(found[place])
        return found

    return values


def _ours(columns: Sequence[Column[Any]]) -> list[tuple[int, Written]]:
    return [(place, column.type) for place, column in enumerate(columns) if isinstance(column.type, Written)]


# What reads looks for None itself: a function more for each value is a tenth of the time that reading takes.
def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(0, 0, microseconds)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _span(microseconds: int | None) -> timedelta | None:
    return None if microseconds is None else timedelta(0, 0, microseconds)


def _length(span: timedelta) -> int:
    return span // _MICROSECOND


# Made once: half of the time of json.dumps is making it
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> str:
    return _encode(value) if value else "[]"


@lru_cache(maxsize=4096)
def _written_strings(strings: tuple[str, ...]) -> str:
    return _json(strings)


# The same few lists of labels, sources and categories stand in thousands of rows: 20,000 headlines read 40 ms sooner.
@lru_cache(maxsize=4096)
def _strings(written: str | None) -> tuple[str, ...]:
    return tuple(json.loads(written)) if written else ()


def _enclosures(written: str | None) -> tuple[Enclosure, ...]:
    if written is None or written == "[]":
        return ()
    return tuple(Enclosure(url=url, type=kind, length=length) for url, kind, length in json.loads(written))


def _written_enclosures(enclosures: tuple[Enclosure, ...]) -> str:
    return _json([(one.url, one.type, one.length) for one in enclosures])


def _tags(written: str | None) -> tuple[Tag, ...]:
    if written is None or written == "[]":
        return ()
    return tuple(
        # Tags that were stored before they had a version have none
        Tag(label=label, score=score, evidence=tuple(map(Evidence._make, evidence)), version="".join(version))
        for label, score, evidence, *version in json.loads(written)
    )


def _written_tags(tags: tuple[Tag, ...]) -> str:
    return _json([(tag.label, tag.score, tag.evidence, tag.version) for tag in tags])


def _written_rhythm(rhythm: Rhythm) -> str:
    fastest = None if rhythm.fastest is None else _length(rhythm.fastest)
    learned = None if rhythm.learned is None else _microseconds(rhythm.learned)
    return _encode((rhythm.window, fastest, learned, rhythm.rates))


def _rhythm(written: str | None) -> Rhythm | None:
    if written is None:
        return None
    window, fastest, learned, rates = json.loads(written)
    return Rhythm(window=window, fastest=_span(fastest), learned=_instant(learned), rates=tuple(rates))


def _optional(write: Callable[[Any], int], value: object) -> int | None:
    return None if value is None else write(value)


def _written_profile(profile: Profile) -> str:
    pace, lacking = profile.pace, profile.lacking
    return _encode(
        (
            (profile.readings, profile.entries, profile.fewest),
            (profile.sampled, profile.filled, profile.lately),
            (_optional(_length, profile.gap), _optional(_length, profile.longest), profile.gaps),
            pace
            and (_microseconds(pace.at), pace.lately, pace.usual, pace.days, _optional(_microseconds, pace.scarce)),
            lacking and (lacking.what, _microseconds(lacking.since), _microseconds(lacking.until), lacking.answers),
        )
    )


def _profile(written: str | None) -> Profile | None:
    if written is None:
        return None
    (readings, entries, fewest), (sampled, filled, lately), (gap, longest, gaps), pace, lacking = json.loads(written)
    return Profile(
        readings=readings,
        entries=entries,
        fewest=fewest,
        sampled=sampled,
        filled=tuple(filled),
        lately=tuple(lately),
        gap=_span(gap),
        longest=_span(longest),
        gaps=gaps,
        pace=pace and _pace(*pace),
        lacking=lacking and _lacking(*lacking),
    )


def _pace(at: int, lately: float, usual: float, days: float, scarce: int | None) -> Pace:
    return Pace(at=_EPOCH + timedelta(0, 0, at), lately=lately, usual=usual, days=days, scarce=_instant(scarce))


def _lacking(what: str, since: int, until: int, answers: int) -> Lacking:
    first, last = _EPOCH + timedelta(0, 0, since), _EPOCH + timedelta(0, 0, until)
    return Lacking(what=what, since=first, until=last, answers=answers)


def _written_rest(rest: Rest) -> str:
    return _encode((rest.seconds, rest.hours, rest.days))


def _rest(written: str | None) -> Rest | None:
    if written is None:
        return None
    seconds, hours, days = json.loads(written)
    return Rest(seconds=seconds, hours=tuple(hours), days=tuple(days))


def _rights(written: str | None) -> Rights | None:
    if written is None:
        return None
    reserved, policy, robots = json.loads(written)
    return Rights(tdm_reserved=reserved, tdm_policy=policy, robots=tuple(robots))


def _written_rights(rights: Rights) -> str:
    return _json([rights.tdm_reserved, rights.tdm_policy, rights.robots])


def _verdicts(written: str | None) -> dict[str, bool]:
    return json.loads(written) if written else {}


def _written_verdicts(verdicts: Mapping[str, bool]) -> str:
    return _encode(dict(verdicts)) if verdicts else ""


def _hub(written: str | None) -> HubLink | None:
    return None if written is None else HubLink(*json.loads(written))


def choice(choices: type[StrEnum]) -> Written:
    """One of a closed list of words."""
    return Written("TEXT", str, lambda word: None if word is None else choices(word))


INSTANT = Written("BIGINT", _microseconds, _instant)
SPAN = Written("BIGINT", _length, _span)
STRINGS = Written("TEXT", _written_strings, _strings)
ENCLOSURES = Written("TEXT", _written_enclosures, _enclosures)  # [url, type, length] each
RHYTHM = Written("TEXT", _written_rhythm, _rhythm)  # [window, fastest, learned, [items an hour, ...]]
PROFILE = Written(
    "TEXT", _written_profile, _profile
)  # [documents, fields, gaps, pace or null, what is lacking or null]
REST = Written("TEXT", _written_rest, _rest)  # [seconds, [hour, ...], [weekday, ...]]
TAGS = Written("TEXT", _written_tags, _tags)  # [label, score, [[rule, field, text, weight], ...], version] each
RIGHTS = Written("TEXT", _written_rights, _rights)  # [TDM reserved, policy, [directives]]
HUB = Written("TEXT", _json, _hub)  # [hub, topic]
VERDICTS = Written("TEXT", _written_verdicts, _verdicts)  # {path: allowed}
