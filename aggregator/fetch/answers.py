"""What an answer's status and headers mean for us. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from aggregator import text
from aggregator.errors import Failure
from aggregator.fetch import challenge, conditional
from aggregator.model import Failed, Validators

REDIRECTS = frozenset({301, 302, 303, 307, 308})
DOCUMENTS = frozenset({200, 203})

_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_MAX_AGE = re.compile(r"""(?<![\w-])max-age\s*=\s*"?(\d+)""", re.ASCII)
_NOT_KEPT = re.compile(r"(?<![\w-])no-(?:store|cache)(?![\w-])")
_LONGEST = timedelta(hours=24)  # who says "in a year" is asked tomorrow
_FAILURES = {
    204: Failure.EMPTY,
    205: Failure.EMPTY,
    401: Failure.HTTP_401,
    403: Failure.HTTP_403,
    404: Failure.HTTP_404,
    410: Failure.GONE,
    429: Failure.RATE_LIMITED,
}
WAIT = frozenset({429, 503})  # the host wants fewer requests, or none for a while


def failed(failure: Failure, detail: str, *, status: int | None = None, retry_after: datetime | None = None) -> Failed:
    """A failure whose detail is one line of legal characters, whatever the server put into it."""
    return Failed(failure=failure, detail=text.shorten(text.line(detail), 300), status=status, retry_after=retry_after)


def refused(status: int, headers: Mapping[bytes, bytes], body: bytes, *, now: datetime) -> Failed:
    """The failure that a status without a usable document stands for. `body` is the beginning of what explains it."""
    try:
        phrase = f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = f"HTTP {status}"
    later = retry_after(headers, now=now) if status in WAIT else None
    mark = challenge.seen(status, headers, body)
    if mark:
        detail = f"{phrase}: a protection against robots ({mark})"
        return failed(Failure.CHALLENGE, detail, status=status, retry_after=later)
    return failed(_failure(status), phrase, status=status, retry_after=later)


def _failure(status: int) -> Failure:
    if status in _FAILURES:
        return _FAILURES[status]
    if 400 <= status < 500:
        return Failure.HTTP_4XX
    return Failure.HTTP_5XX if 500 <= status < 600 else Failure.HTTP_OTHER


def retry_after(headers: Mapping[bytes, bytes], *, now: datetime) -> datetime | None:
    """RFC 9110 section 10.2.3, seconds or a date: when to ask again, at most 24 hours from now; None when the server names
    no time or one that has passed."""
    written = headers.get(b"retry-after", b"").decode("latin-1").strip()
    if written.isdecimal() and written.isascii():
        later = now + min(timedelta(seconds=int(written[:9])), _LONGEST)
    else:
        date = _date(headers.get(b"retry-after", b""))
        if date is None:
            return None
        later = min(date, now + _LONGEST)
    return later if later > now else None


def fresh_for(headers: Mapping[bytes, bytes]) -> timedelta | None:
    """RFC 9111 section 4.2.1: how long the answer stays fresh, by `Cache-Control: max-age` (less `Age`), else by `Expires`
    after `Date`; at most 24 hours. None where the server names no time, one that has passed (`Expires: 0`), or forbids to
    keep the answer."""
    directives = headers.get(b"cache-control", b"").decode("latin-1").lower()
    if _NOT_KEPT.search(directives):
        return None
    if found := _MAX_AGE.search(directives):
        seconds = int(found[1][:9]) - _age(headers)
    else:
        expires, date = (_date(headers.get(name, b"")) for name in (b"expires", b"date"))
        if expires is None or date is None:
            return None
        seconds = int((expires - date).total_seconds())
    return min(timedelta(seconds=seconds), _LONGEST) if seconds > 0 else None


def _age(headers: Mapping[bytes, bytes]) -> int:
    age = headers.get(b"age", b"").decode("latin-1").strip()
    return int(age[:9]) if age.isdecimal() and age.isascii() else 0


def date(headers: Mapping[bytes, bytes]) -> datetime | None:
    """RFC 9110 section 6.6.1: the server's clock when it answered; what a cache kept since then is `Age` old. None without."""
    written = _date(headers.get(b"date", b""))
    return written + timedelta(seconds=_age(headers)) if written else None


def _date(written: bytes) -> datetime | None:
    """RFC 9110 section 5.6.7, in UTC; None for what is no date."""
    try:
        date = parsedate_to_datetime(written.decode("latin-1").strip())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def content_type(headers: Mapping[bytes, bytes]) -> tuple[str, str | None]:
    """Media type in lower case, "" without one, and the charset; quotes, case and punctuation as they come."""
    written = headers.get(b"content-type", b"").decode("latin-1")
    charset = _CHARSET.search(written)
    return re.split("[;,]", written, maxsplit=1)[0].strip().lower(), charset.group(1).lower() if charset else None


def validators(headers: Mapping[bytes, bytes]) -> Validators:
    """Verbatim, without those that must not be sent back."""
    return Validators(
        etag=conditional.sendable(_text(headers.get(b"etag"))),
        last_modified=conditional.sendable(_text(headers.get(b"last-modified"))),
    )


def location(headers: Mapping[bytes, bytes]) -> str:
    """ "" without one. Servers write raw UTF-8 into it."""
    written = headers.get(b"location", b"")
    try:
        return written.decode("utf-8").strip()
    except UnicodeDecodeError:
        return written.decode("latin-1").strip()


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value else None
