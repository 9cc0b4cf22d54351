"""How a single text of the configuration is read: durations, sizes, addresses, selectors, patterns.

Every function gives the value, or raises ValueError with what was expected in words that complete "expected ...".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aggregator import text, urls
from aggregator.config import patterns
from aggregator.model import Selector

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# Windows opens a device for these, whatever extension the file has: what is published must survive a copy to such a machine
_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")
_DURATION = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*(s|m|h|d|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(b|kb|mb|gb|kib|mib|gib|)", re.IGNORECASE)
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_EVERY = re.compile(r"([1-9]\d{0,5})\s*([smhd])")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_HOST = re.compile(r"[^\s/?#@<>\"'\\^`{|}%]+")
_MAIL = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+")
# RFC 5646, roughly: a language of two or three letters, then script, region, variants
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# RFC 4151 section 2.1: a domain or mail address, a comma, the day from which on it was ours
_TAGGING_ENTITY = re.compile(r"(?:[a-z0-9._-]+@)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?,\d{4}(?:-\d\d(?:-\d\d)?)?")
_ATTRIBUTE = re.compile(r"@([A-Za-z_][A-Za-z0-9_.:-]*)$")
# Selectors that need no compiler to be known as good: names, classes, ids and plain combinators. soupsieve imports bs4,
# together 95 ms, more than all the rest of reading a configuration; a property test holds the two against each other.
_PLAIN_COMPOUND = r"(?:[a-z][a-z0-9]*(?:[.#][A-Za-z][\w-]*)*|(?:[.#][A-Za-z][\w-]*)+)"
_PLAIN_SELECTOR = re.compile(rf"{_PLAIN_COMPOUND}(?:(?: | ?[>+~,] ?){_PLAIN_COMPOUND})*", re.ASCII)
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY_RANGE = re.compile(r"(?:\*|(\d)(?:-(\d))?)(?:/([1-7]))?")

# Page names, files and paths of the program itself: no label, source or feed may stand in their place
RESERVED = frozenset(
    {"all", "feeds", "health", "healthz", "hub", "index", "metrics", "readyz", "search", "status", "stories", "websub"}
)


def identifier(written: str) -> str:
    if not _ID.fullmatch(written):
        raise ValueError("1 to 64 of a-z, 0-9 and -, beginning with a letter or digit")
    if _DEVICE.fullmatch(written):
        raise ValueError("another id: Windows takes a file of that name for a device")
    return written


def label(written: str) -> str:
    """One line that is not empty: a name, a title, a word."""
    line = text.line(written)
    if not line:
        raise ValueError("a text that is not empty")
    return line


def password(written: str) -> str:
    """As it is: two spaces in it are two."""
    if not written or any(char in written for char in "\0\r\n"):
        raise ValueError("a password: one line that is not empty")
    return written


def paragraphs(written: str) -> str:
    """A text of several lines."""
    legal = text.xml(written).strip()
    if not legal:
        raise ValueError("a text that is not empty")
    return legal


def term(written: str) -> str:
    """A word or phrase, with * where an end is open."""
    line = text.line(written)
    if not line.strip("* "):
        raise ValueError("a word or phrase, with * at an end that is open")
    return line


def url(written: str) -> str:
    if not _is_url(written):
        raise ValueError("an http or https address such as https://example.org/feed.xml")
    return written


def _is_url(written: str) -> bool:
    if _CONTROL.search(written):
        return False
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(_HOST.fullmatch(parts.hostname or ""))


def base_url(written: str) -> str:
    """An address that everything published stands under; ends with a slash."""
    if not _is_url(written) or "?" in written or "#" in written:
        raise ValueError("the public http or https address of the output, such as https://news.example.org/")
    return urls.normal(written).rstrip("/") + "/"


def contact(written: str) -> str:
    """Goes into the User-Agent, a header: no control characters, ASCII only."""
    if not written.isascii() or not (_MAIL.fullmatch(written) or _is_url(written)):
        raise ValueError("a mail address or an http(s) address")
    return written


def mail(written: str) -> str:
    """A mail address, ASCII only: it goes into an envelope and a header."""
    if not written.isascii() or not _MAIL.fullmatch(written):
        raise ValueError("a mail address")
    return written


def mail_server(written: str) -> tuple[str, int | None]:
    """`smtp.example.org` or `smtp.example.org:465` → host, port."""
    host, _, port = written.partition(":")
    if not _HOST.fullmatch(host) or (
        ":" in written and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536)
    ):
        raise ValueError("the name of a mail server, such as smtp.example.org or smtp.example.org:465")
    return host, int(port) if port else None


def minting(written: str) -> str:
    if not _TAGGING_ENTITY.fullmatch(written):
        raise ValueError("a domain in lower case and a year, such as example.org,2026 (RFC 4151)")
    return written


def store_url(written: str) -> str:
    if not re.fullmatch(r"(?:sqlite|postgresql)(?:\+\w+)?://\S*", written):
        raise ValueError("an SQLAlchemy address such as postgresql+psycopg://${DB_USER}:${DB_PASSWORD}@localhost/news")
    return written


def seconds(written: str) -> float:
    found = _DURATION.fullmatch(written)
    if not found:
        raise ValueError("a duration such as 30s or 5m")
    return float(found[1]) * _SECONDS[found[2]]


def size(written: str) -> int:
    found = _SIZE.fullmatch(written)
    if not found:
        raise ValueError("a size such as 500kB or 10MB")
    return int(float(found[1]) * _BYTES[found[2].lower()])


def language(written: str) -> str:
    if not _LANGUAGE.fullmatch(written) or not text.is_language(written):
        raise ValueError("a language such as de, en or de-AT")
    return written


def timezone(written: str) -> str:
    try:
        ZoneInfo(written)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError; "Europe" is a directory
        raise ValueError("a time zone such as Europe/Berlin or UTC") from error
    return written


def interval(written: str) -> str:
    """`auto`, a duration without spaces (`30m`), or a cron line whose days of the week are names."""
    if written == "auto":
        return written
    if every := _EVERY.fullmatch(written):
        return every[1] + every[2]
    fields = written.split()
    if len(fields) != 5:
        raise ValueError("auto, a duration such as 30m or 6h, or a cron line")
    return _cron(fields)


def _cron(fields: list[str]) -> str:
    # Days as names: cron counts them from Sunday (0 or 7), APScheduler's from_crontab takes 0 for Monday
    from apscheduler.triggers.cron import CronTrigger

    expected = "a cron line: minute, hour, day, month, day of the week, such as 0 6 * * mon-fri"
    line = " ".join([*fields[:4], _named_days(fields[4])])
    try:
        CronTrigger.from_crontab(line, timezone="UTC")
    except ValueError as error:
        raise ValueError(f"{expected} ({error})") from error
    return line


def _named_days(field: str) -> str:
    parts = [_DAY_RANGE.fullmatch(part) for part in field.split(",")]
    if field == "*" or not all(parts):
        return field  # names already, or nothing a cron line may hold: the trigger says so
    days = {day % 7 for part in parts if part for day in _days(part)}
    return ",".join(_DAYS[day] for day in sorted(days)) or field


def _days(part: re.Match[str]) -> Iterator[int]:
    first = int(part[1] or 0)
    last = int(part[2]) if part[2] else first if part[1] and not part[3] else 6
    if first <= 7 and last <= 7:
        yield from range(first, last + 1, int(part[3] or 1))


def selector(written: str) -> Selector:
    """`h3 a@href`: an element by CSS, and its attribute; `@href` alone is of the element itself."""
    found = _ATTRIBUTE.search(written)
    path = written[: found.start()].strip() if found else written.strip()
    if not path and not found:
        raise ValueError("a CSS selector such as h3 a, or h3 a@href for an attribute")
    return Selector(css=css(path) if path else "", attribute=found[1] if found else None)


def css(written: str) -> str:
    if not _PLAIN_SELECTOR.fullmatch(written):
        _compile_selector(written)
    return written


def _compile_selector(written: str) -> None:
    import soupsieve

    try:
        soupsieve.compile(written)
    except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError) as error:  # NotImplementedError: p::before
        reason = text.line(str(error).splitlines()[0])
        raise ValueError(f"a CSS selector ({reason})") from error


def key_pattern(written: str) -> str:
    """A pattern whose one group is a publisher's own id in a URL."""
    if _compiled(written).groups != 1:
        raise ValueError(r"a regular expression with exactly one group, such as news/(\d+)")
    return written


def date_pattern(written: str) -> str:
    """A pattern that finds a date in a URL: groups day, month, year, or one group that is the date."""
    pattern = _compiled(written)
    if set(pattern.groupindex) != {"day", "month", "year"} and (pattern.groups != 1 or pattern.groupindex):
        raise ValueError(
            r"a regular expression with the groups (?P<day>..), (?P<month>..), (?P<year>..), or with one group"
        )
    return written


def _compiled(written: str) -> re.Pattern[str]:
    try:
        patterns.check(written)
        return re.compile(written)
    except patterns.TooManyWaysError as error:
        raise ValueError(
            "a regular expression that can not take long: no repetition or choice inside a repetition such as (a+)+,"
            " few that take the same characters one after the other such as .*.*, best with ^ and the address before them"
        ) from error
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression ({error})") from error
