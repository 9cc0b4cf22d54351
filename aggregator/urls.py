"""URLs: made absolute, made comparable, and the stable keys that stand in them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_plus, urljoin, urlsplit, urlunsplit

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"^[^\s/?#@<>\"'\\^`{|}%]+$")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)

# Parameters that say how a reader came, never what is shown. Anything else stays: ids stand in queries
# (?news=brandenburg_06.c.1.de, ?type=102, ?gsid=bb1.c.2.de), and cHash belongs to TYPO3's own routing.
_TRACKING = re.compile(
    r"^(?:utm_.*|mtm_.*|pk_(?:campaign|kwd|source|medium|content|cid)|piwik_.*|wt_(?:mc|zmc)|hsa_.*|_hs(?:enc|mi)"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_(?:cid|eid)|mkt_tok|vero_id|oly_(?:anon|enc)_id"
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
    """The URL as one may publish it: absolute, http or https, with a host, no control characters, no tracking.

    Whitespace around and line breaks inside are dropped (TYPO3 feeds fold long links). None when it is no such URL:
    `javascript:`, `data:`, a bare number, a mail address.
    """
    if not url:
        return None
    stripped = _CONTROL.sub("", url.strip()).replace(" ", "%20")
    try:
        joined = urljoin(base, stripped) if base else stripped
        parts = urlsplit(joined)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or not _HOST.match(host):
        return None
    path = _SESSION_IN_PATH.sub("", parts.path)
    return urlunsplit((parts.scheme.lower(), parts.netloc, path, _without_tracking(parts.query), parts.fragment))


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    return "&".join(
        part for part in query.split("&") if part and not _TRACKING.match(unquote_plus(part.partition("=")[0]))
    )


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """A key that is the same for the same page (RFC 3986 section 6): for comparison only, never to be published.

    No scheme, no `www.`, no fragment, no trailing slash or index page, no tracking or view parameters; host in lower case and
    punycode; percent-encoding in one form.
    """
    from url_normalize import url_normalize

    try:
        normal = url_normalize(url) or url
        parts = urlsplit(normal)
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
        port = f":{parts.port}" if parts.port and parts.port not in {80, 443} else ""
    except (ValueError, UnicodeError):
        return url
    path = re.sub(r"/(?:index\.(?:html?|php)|amp)?$", "", _SESSION_IN_PATH.sub("", parts.path))
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in _kept(parts.query))
    return f"{host}{port}{path}" + (f"?{query}" if query else "")


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


def stable_key(url: str, patterns: Iterable[re.Pattern[str]]) -> str | None:
    """A publisher's own id for a page, found in its URL by the first of the configured patterns that fits.

    `https://www.berlin.example/presse/pressemitteilung.1102306.php` with `(pressemitteilung\\.\\d+)` gives
    `pressemitteilung.1102306`. A pattern has one group; what the group holds is the key.
    """
    for pattern in patterns:
        found = pattern.search(url)
        if found:
            return found.group(1)
    return None


def host(url: str) -> str:
    """The host in lower case, "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
