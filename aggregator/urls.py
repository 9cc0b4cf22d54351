"""URLs: made absolute, made comparable, and the stable keys that stand in them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import SplitResult, parse_qsl, quote, unquote, unquote_plus, urljoin, urlsplit, urlunsplit

_FOLD = re.compile(r"[ \t]*[\r\n]\s*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HOST = re.compile(r"^[^\s/?#@<>\"'\\^`{|}%]+$")
# What most URLs look like: nothing to resolve or to escape, and nothing to drop but in the query. Ten times as fast as taking
# them apart.
_ORDINARY = re.compile(
    r"(https?://[a-z0-9][a-z0-9.-]*[a-z0-9](?:/[A-Za-z0-9/_~.,:@!$'()*+%-]*)?)"
    r"(?:\?([A-Za-z0-9_~.,:!$()*+%/=&-]+))?(#[A-Za-z0-9_~.-]+)?"
)
# The same where nothing changes on the way to a key either: no escapes, no dot segments, no double slashes, no IP in disguise
_PLAIN = re.compile(
    r"https?://(?:www\.)?(?!www\.)((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})((?:/(?![./])[A-Za-z0-9_~.,-]*)*)"
    r"(?:\?([A-Za-z0-9_.~-]+=[A-Za-z0-9_.~-]*(?:&[A-Za-z0-9_.~-]+=[A-Za-z0-9_.~-]*)*))?(?:#[A-Za-z0-9_.~-]*)?"
)
_INDEX = re.compile(r"/(?:index\.(?:html?|php)|amp)?$")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_NO_SCHEME = re.compile(r"www\.[^\s/@]+\.[a-z]{2,}(?:[/?#]|$)", re.IGNORECASE)
_MAIL = re.compile(r"[^\s/?#:@]+@[^\s/?#@]+\.[a-z]+$", re.IGNORECASE)
_LEGAL = "!#$%&'()*+,/:;=?@[]~"  # RFC 3986 section 2.2, and %: what is escaped already stays so

# Parameters that say how a reader came, never what is shown. Anything else stays: ids stand in queries
# (?news=brandenburg_06.c.1.de, ?type=102, ?gsid=bb1.c.2.de), and cHash belongs to TYPO3's own routing.
_TRACKING = re.compile(
    r"^(?:utm_.*|mtm_.*|pk_(?:campaign|kwd|source|medium|content|cid)|piwik_.*|wt_(?:mc|zmc)|hsa_.*|_hs(?:enc|mi)"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|igsh|srsltid|_openstat|mc_(?:cid|eid)|mkt_tok|vero_id|oly_(?:anon|enc)_id"
    r"|_ga|_gl|xtor|at_(?:medium|campaign)|cmpid|ns_(?:campaign|mchannel|source|linkname|fee)|ref_src|trk|cr_(?:cc|id)"
    r"|jsessionid|phpsessid|sessionid)$",
    re.IGNORECASE,
)
# Ways to look at the same page: they make another URL, never another text.
_VIEW = frozenset({"amp", "noamp", "print", "view", "mini", "output"})
_VIEW_VALUES = {
    "view": frozenset({"renderprint", "print", "rendernewsletterhtml"}),
    "output": frozenset({"amp", "print"}),
}


def absolute(url: str | None, base: str | None = None) -> str | None:
    """The URL as one may publish it: absolute, http or https, with a host, nothing but the characters of RFC 3986 in it, no user
    or password, no tracking.

    Whitespace around and line breaks inside are dropped (TYPO3 feeds fold long links), `&amp;` is one `&`, `www.` needs no
    scheme. None when it is no such URL: `javascript:`, `data:`, a mail address, a bare number without a base.
    """
    if not url:
        return None
    ordinary = _ORDINARY.fullmatch(url)
    if ordinary:
        query = _without_tracking(ordinary[2] or "")
        return url if query == ordinary[2] or not ordinary[2] else _joined(ordinary[1], query, ordinary[3] or "")
    stripped = _CONTROL.sub("", _FOLD.sub("", url.strip())).strip().replace("&amp;", "&")
    if _MAIL.match(stripped):
        return None
    if _NO_SCHEME.match(stripped):
        stripped = f"https://{stripped}"
    try:
        joined = urljoin(base, stripped) if base and not stripped.startswith(("http://", "https://")) else stripped
        parts = urlsplit(joined)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    # Browsers take a backslash for a slash, and then `https://a.example\\@b.example` for another host than we do
    if scheme not in {"http", "https"} or not host or not _HOST.match(host) or "\\" in parts.netloc:
        return None
    ascii_host = _ascii(host)
    if ascii_host is None:
        return None
    path = _SESSION_IN_PATH.sub("", parts.path)
    fragment = _without_tracking(parts.fragment) if "=" in parts.fragment else parts.fragment
    found = (scheme, ascii_host + (f":{port}" if port else ""), path, _without_tracking(parts.query), fragment)
    return quote(urlunsplit(found), safe=_LEGAL, errors="ignore")


def _joined(page: str, query: str, fragment: str) -> str:
    return f"{page}?{query}{fragment}" if query else f"{page}{fragment}"


def _ascii(host: str) -> str | None:
    """The host as it is asked for: umlauts in punycode (IDNA 2008), an IPv6 address in brackets."""
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        return host
    from url_normalize import url_normalize

    try:
        found = urlsplit(url_normalize(f"https://{host}/") or "").hostname
    except ValueError:  # UnicodeError, which idna's errors are, among them
        return None
    return found if found and found.isascii() and _HOST.match(found) else None  # U+FF05 was a percent sign


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    if "?utm_" in query:  # ?id=7?utm_source=rss, by programs that do not look
        query = query.replace("?utm_", "&utm_")
    return "&".join(
        part for part in query.split("&") if part and not _TRACKING.match(unquote_plus(part.partition("=")[0]))
    )


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """A key that is the same for the same page (RFC 3986 section 6): for comparison only, never to be published.

    No scheme, no `www.`, no fragment, no trailing slash or index page, no tracking or view parameters; host in lower case and
    punycode; percent-encoding in one form.
    """
    plain = _PLAIN.fullmatch(url)
    if plain:
        host, path, query = plain.groups()
        return _key(host, path, query or "")
    from url_normalize import url_normalize

    try:
        normal = url_normalize(_CONTROL.sub("", url).strip()) or url
        parts = urlsplit(normal)
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
        port = f":{parts.port}" if parts.port and parts.port not in {80, 443} else ""
        return _key(host + port, _SESSION_IN_PATH.sub("", parts.path), parts.query)
    except ValueError:  # UnicodeError, which idna's errors are, among them
        return url


@lru_cache(maxsize=4096)
def normal(url: str) -> str:
    """The URL in the form that is compared character by character (RFC 3986 section 6.2.2): host in lower case and punycode, no
    port that goes without saying, no dot segments, percent-encoding in one form. The URL as it is where it can not be read."""
    from url_normalize import url_normalize

    try:
        return url_normalize(url) or url
    except ValueError:  # UnicodeError, which idna's errors are, among them
        return url


def _key(authority: str, path: str, query: str) -> str:
    kept = "&".join(f"{quote(name)}={quote(value)}" for name, value in _kept(query)) if query else ""
    return f"{authority}{_INDEX.sub('', path)}" + (f"?{kept}" if kept else "")


def _kept(query: str) -> Iterable[tuple[str, str]]:
    for name, value in parse_qsl(query, keep_blank_values=True):
        folded = name.lower()
        if _TRACKING.match(name):
            continue
        if folded in _VIEW and value.lower() in _VIEW_VALUES.get(folded, {value.lower()}):
            continue
        yield name, value


def bare(url: str) -> str:
    """The URL without scheme, `www.` and trailing slash: an alias that survives a move to https."""
    return re.sub(r"^https?://(?:www\.)?", "", url.strip(), flags=re.IGNORECASE).rstrip("/")


# `a.example`, and its front pages by language: `a.example/de`, `a.example/en-gb`
_FRONT = re.compile(r"[^/?#]*(?:/[a-z]{2}(?:[-_][a-z]{2})?)?/?", re.IGNORECASE)


def front_page(comparable: str) -> bool:
    """Whether a `bare` or `canonical` URL is a site's front page: it stands for the site, not for one of its pages."""
    return _FRONT.fullmatch(comparable) is not None


def numbered(comparable: str) -> int:
    """A `canonical` URL as a number of 63 bits whose lowest five are 0; what stands for the page in the index of the store."""
    return (
        int.from_bytes(blake2b(comparable.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 6
    ) << 5


# Characters of a URL or guid in which a configured pattern is searched: what that may cost depends on it
SEARCHED = 500


def stable_key(url: str, patterns: Iterable[re.Pattern[str]]) -> str | None:
    """A publisher's own id for a page, found in its URL by the first of the configured patterns that fits.

    `https://www.berlin.example/presse/pressemitteilung.1102306.php` with `(pressemitteilung\\.\\d+)` gives
    `pressemitteilung.1102306`. A pattern has one group; what the group holds is the key.
    """
    for pattern in patterns:
        found = pattern.search(url[:SEARCHED])
        if found:
            return found.group(1)
    return None


# Parameters whose value opens a door; a source's own address may carry one (`?token=${NAME}`).
_SECRET = re.compile(
    r"^(?:.*(?:token|secret|passw(?:or)?d|signature|credential).*|.*[_-]?(?:api|access|auth|private)[_-]?key|key|auth|pass|pwd|sig)$",
    re.IGNORECASE,
)


def public(url: str, secrets: Iterable[str] = ()) -> str:
    """The URL as strangers may read it: without user, password, parameters that are keys, and `secrets`, wherever they stand; a
    path ends before the first."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    query = "&".join(part for part in parts.query.split("&") if not _SECRET.match(unquote_plus(part.partition("=")[0])))
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query)
    return _without(shown, tuple(secrets)).geturl()


def _without(parts: SplitResult, secrets: tuple[str, ...]) -> SplitResult:
    if not secrets:
        return parts

    def told(part: str) -> bool:
        return any(secret in written for secret in secrets for written in (part, unquote(part), unquote_plus(part)))

    if told(parts.path):
        segments = parts.path.split("/")
        first = next((place for place, segment in enumerate(segments) if told(segment)), 1)  # 1: one with a slash in it
        parts = parts._replace(path="/".join([*segments[:first], ""]), query="", fragment="")
    query = "&".join(part for part in parts.query.split("&") if not told(part))
    return parts._replace(query=query, fragment="" if told(parts.fragment) else parts.fragment)


_PARAMETER = re.compile(r"([?&;])([^\s=?&;#'\"<>]+)=[^\s&;#'\"<>]*")
_USER = re.compile(r"(?<=://)[^\s/?#<>]*@")


def redacted(message: str, secrets: Iterable[str] = ()) -> str:
    """The message with the URLs in it, whole or cut or broken, as strangers may read them; and without `secrets`."""
    for secret in secrets:
        for written in (secret, quote(secret, safe="")):
            message = message.replace(written, "...")
    if "=" not in message and "@" not in message:
        return message
    shown = _PARAMETER.sub(lambda found: f"{found[1]}{found[2]}=..." if _SECRET.match(found[2]) else found[0], message)
    return _USER.sub("", shown)


def site(url: str) -> str:
    """The last two labels of the host: what `www.`, `presse.` and `feeds.` of one publisher have in common. Rough (all of
    `co.uk` is one site): good for a preference, not for a proof."""
    return ".".join(host(url).split(".")[-2:])


def host(url: str) -> str:
    """The host in lower case, "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
