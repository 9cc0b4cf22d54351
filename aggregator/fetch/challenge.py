"""Whether an answer is the page of a protection against robots. Pure.

Such a page comes with 403, 429 or 503, but also with 200: taken for the document it would be an empty feed. Marks are what
the products themselves put in: headers, names of scripts and cookies, titles that are always the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADERS = {
    b"cf-mitigated": re.compile(rb"challenge"),  # Cloudflare documents it for exactly this question
    b"x-amzn-waf-action": re.compile(rb"challenge|captcha"),
    b"x-vercel-mitigated": re.compile(rb"challenge|deny"),
    b"x-datadome": re.compile(rb"protected"),
}
# Strong: no page but theirs has these, whatever its status. Plain words: looking for each costs 1 µs a page, a regular
# expression of them all 300.
_STRONG = (
    b"<title>Just a moment...</title>",  # Cloudflare
    b"_cf_chl_opt",
    b"cf-browser-verification",
    b'id="anubis_challenge"',
    b'id="anubis_version"',
    b"/.within.website/x/",
    b"sucuri_cloudproxy_js",
    b"geo.captcha-delivery.com",  # DataDome
    b"awsWafCookieDomainList",
    b"window._pxAppId",  # HUMAN, once PerimeterX
    b'id="px-captcha"',
    b"<title>DDOS-GUARD</title>",
    b"<title>Vercel Security Checkpoint</title>",
    b"<title>Pardon Our Interruption",  # Imperva
    b"<title>Client Challenge</title>",  # Fastly
)
# Imperva's script also stands in ordinary pages; its page for robots is nothing else.
_SMALL = re.compile(rb"_Incapsula_Resource|window\.location\.reload\(\);?\s*</script>\s*<noscript>[^<]*JavaScript")
_SMALL_PAGE = 4_000
# Weak: an honest page may speak of it, an answer that refuses does not by chance.
_WEAK = re.compile(
    rb"captcha|Checking your browser|Attention Required! \| Cloudflare|cf-error-details|Enable JavaScript and cookies"
    rb"|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|unusual traffic|/cdn-cgi/challenge-platform/"
    rb"|Incapsula incident ID|automatisierte Anfragen|kein Roboter",
    re.IGNORECASE,
)
_LOOK = 16_384  # bytes: their pages are small, and an article's text is not searched


def seen(status: int, headers: Mapping[bytes, bytes], body: bytes) -> str | None:
    """The mark that was found; None for an answer that is what it says. `body` unpacked, its beginning is enough."""
    for name, sign in _HEADERS.items():
        value = headers.get(name)
        if value and (name != b"x-datadome" or status not in {200, 203}) and sign.search(value.lower()):
            return f"{name.decode()}: {value.decode('latin-1')}"
    if not body or b"html" not in headers.get(b"content-type", b"html").lower():
        return None
    look = body[:_LOOK]
    strong = next((mark for mark in _STRONG if mark in look), None)
    if strong:
        return strong.decode("latin-1")
    found = _SMALL.search(look) if len(body) < _SMALL_PAGE else None
    if not found and status not in {200, 203}:
        found = _WEAK.search(look)
    return found.group().decode("latin-1") if found else None
