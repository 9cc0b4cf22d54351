"""Rules for single values: addresses, dates, names, texts. Each yields the rules that a value breaks."""

from __future__ import annotations

import re
from datetime import date, datetime
from html.entities import name2codepoint

from aggregator import text
from aggregator.publish.checks import markup
from aggregator.publish.checks.faults import Broken, Reading

_URI_CHARACTERS = r"[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]"  # RFC 2396: without brackets, which RFC 3986 added for hosts
# With brackets around a host: the validator refuses them, but who tries this out at [::1] publishes for nobody else
_FULL = re.compile(rf"[a-zA-Z][0-9a-zA-Z+.\-]*:(?://(?:\[[0-9A-Fa-f:.]+\])?)?{_URI_CHARACTERS}+")
_ORDINARY = re.compile(rf"https?://[0-9a-zA-Z.\-]+/{_URI_CHARACTERS}*")  # nearly all of them
_NO_URI = re.compile(rf"(?!{_URI_CHARACTERS})[\x00-\x7f]")
_TAG_URI = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*"
    r"(?:#[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*)?"
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:(?:[a-zA-Z0-9()+,.:=@;$_!*'-]|%[0-9A-Fa-f]{2})+", re.IGNORECASE)
_SCHEMES = frozenset({"http", "https", "ftp", "mailto", "tel", "urn", "tag", "news", "data", "info", "xmpp", "sip"})
_DOMAIN = r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*)"
_DOWNLOAD = re.compile(rf"https?://{_DOMAIN}(?::\d+)?(?:/.*)?", re.IGNORECASE)
_ADDRESS = re.compile(rf"[A-Za-z0-9_+.'-]+@{_DOMAIN}")
_NAMED_ADDRESS = re.compile(rf"{_ADDRESS.pattern} \([^()\\]+\)")
_BRACKETED_ADDRESS = re.compile(rf"<{_ADDRESS.pattern}>", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+(?:\s*;\s*[^\s()<>,;:\\\"/\[\]?=]+=[^;]+)*")
_ESCAPE = re.compile(r"%(..?)?")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")  # RFC 3986 section 2.3: never escaped in the canonical form
_DATES = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    r" ([01]\d|2[0-3]):[0-5]\d:[0-5]\d (?:[+-]\d\d[03]0|GMT)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_FIRST_YEAR = 1990  # older news is a mistake, and the validator says so
_CLOSING_TAG = re.compile(r"</(\w+)>")
_OPENING = re.compile(r"<[/a-zA-Z]")
_ENTITY = re.compile(r"&(#?\w+)")
# UTF-8 read as Latin-1: `Ã¼` for `ü`
_ODD = re.compile("[\u0080-\u009f\ufffd]|[\u00c2\u00c3][\u0080-\u00bf]")
# The same in bytes of UTF-8, where each part begins with a byte that is looked for quickly
_ODD_BYTES = (re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xc3[\x82\x83]\xc2"), re.compile(rb"\xef\xbf\xbd"))


def reading(content: bytes, location: str, sound: set[str]) -> Reading:
    """What the bytes, which are UTF-8, tell at once."""
    referred = content.count(b"&#") - content.count(b"&#x26;")  # any character may hide behind the others
    return Reading(
        location=location,
        plain=b"&amp;" not in content and b"&#38;" not in content,
        odd=referred > 0 or any(pattern.search(content) for pattern in _ODD_BYTES),
        sound=sound,
    )


def characters(value: str) -> Broken:
    """BadCharacters: what a wrong decoding leaves."""
    found = _ODD.search(value)
    if found and (found[0][0] not in "\u00c2\u00c3" or re.search("[\u0080-\u009f\ufffd]", value) or _decodes(value)):
        yield "BadCharacters", value


def _decodes(value: str) -> bool:
    try:
        value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def filled(value: str) -> Broken:
    if not value.strip():
        yield "NotBlank", value


def link(value: str, rule: str = "InvalidFullLink") -> Broken:
    """An absolute URI (RFC 2396)."""
    if _ORDINARY.fullmatch(value):
        return
    scheme = value.partition(":")[0].lower()
    if scheme == "tag":
        if not _TAG_URI.fullmatch(value):
            yield "InvalidTAG", value
    elif scheme == "urn":
        if not _URN.fullmatch(value):
            yield "InvalidURN", value
    elif not _FULL.fullmatch(value):
        yield ("InvalidUriChar" if _NO_URI.search(value) else rule), value
    elif scheme in {"http", "https", "ftp"} and not value.partition("://")[2].lstrip("/"):
        yield rule, value
    elif scheme not in _SCHEMES:
        yield "SchemeNotIANARegistered", value


def download(value: str) -> Broken:
    """The address of an enclosure: http or https, a host with a dot in its name or an IPv4 address."""
    if not _DOWNLOAD.fullmatch(value) or not _FULL.fullmatch(value):
        yield "InvalidURLAttribute", value


def identifier(value: str) -> Broken:
    """An atom:id: an address in its canonical form (RFC 4287 section 4.2.6.1)."""
    if value != value.strip():
        yield "UnexpectedWhitespace", value
    broken = list(link(value))
    yield from broken
    if not broken and not _is_canonical(value):
        yield "NonCanonicalURI", value


def _is_canonical(value: str) -> bool:
    scheme, _, rest = value.partition(":")
    if scheme != scheme.lower() or not all(map(_well_escaped, _ESCAPE.findall(rest))):
        return False
    if not rest.startswith("//"):
        return True
    authority, slash, path = re.split(r"(?=[?#])", rest[2:], maxsplit=1)[0].partition("/")
    port = {"http": ":80", "https": ":443"}.get(scheme, ":")
    tidy = authority == authority.lower() and not authority.endswith((port, ":"))
    return tidy and bool(slash) and {".", ".."}.isdisjoint(path.split("/"))


def _well_escaped(digits: str) -> bool:
    return bool(re.fullmatch("[0-9A-F]{2}", digits)) and not _UNRESERVED.match(chr(int(digits, 16)))


def media_type(value: str, rule: str = "InvalidMIMEType") -> Broken:
    if not _MEDIA_TYPE.fullmatch(value):
        yield rule, value


def size(value: str) -> Broken:
    if not value.isascii() or not value.isdigit():
        yield "InvalidNonNegativeInteger", value


def language(value: str) -> Broken:
    if not text.is_language(value):
        yield "InvalidLanguage", value


def date_2822(value: str) -> Broken:
    found = _DATES.fullmatch(value)
    if not found:
        yield "InvalidRFC2822Date", value
        return
    try:
        day = date(int(found[4]), _MONTHS.index(found[3]) + 1, int(found[2]))
    except ValueError:
        yield "InvalidRFC2822Date", value
        return
    if _DAYS[day.weekday()] != found[1]:
        yield "IncorrectDOW", value
    if day.year < _FIRST_YEAR:
        yield "ImplausibleDate", value


def date_3339(value: str) -> Broken:
    if value != value.strip():
        yield "UnexpectedWhitespace", value
    if not _INSTANT.fullmatch(value.strip()):
        yield "InvalidRFC3339Date", value
        return
    try:
        instant = datetime.fromisoformat(value.strip())
    except ValueError:
        yield "InvalidRFC3339Date", value
        return
    if instant.year < _FIRST_YEAR:
        yield "ImplausibleDate", value


def address(value: str) -> Broken:
    """RFC 2822 addr-spec, as people write it."""
    if not _ADDRESS.fullmatch(value):
        yield "InvalidAddrSpec", value


def named_address(value: str) -> Broken:
    """`redaktion@news.example (Redaktion)`: RSS wants the name in brackets behind the address."""
    if "@" in value and not value.endswith(")"):
        yield ("EmailFormat" if " " in value else "MissingRealName"), value
    elif not _NAMED_ADDRESS.fullmatch(value):
        yield "InvalidContact", value


def without_address(value: str) -> Broken:
    if _BRACKETED_ADDRESS.search(value):
        yield "ContainsEmail", value


def without_markup(value: str, reading: Reading, rule: str = "ContainsHTML") -> Broken:
    """A text that must not be taken for HTML."""
    tags = (tag.lower() for tag in _CLOSING_TAG.findall(value))
    entities = () if reading.plain else _ENTITY.findall(value)
    if any(tag in markup.TAGS for tag in tags) or any(map(_is_entity, entities)):
        yield rule, value


def character_data(value: str) -> Broken:
    """In RSS, a `<` that begins a tag."""
    if _OPENING.search(value):
        yield "CharacterData", value


def _is_entity(name: str) -> bool:
    return name in name2codepoint or name == "apos" or not name.isalpha()
