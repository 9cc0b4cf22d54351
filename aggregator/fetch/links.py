"""Link headers (RFC 8288), as far as they say who tells of a document's news. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from aggregator import urls
from aggregator.model import HubLink

_LONGEST = 8_000  # bytes of all Link headers together; honest ones have a few hundred


def hub(headers: Mapping[bytes, bytes], url: str) -> HubLink | None:
    """The hub that an answer names, and the topic: `rel="self"`, else where the answer came from (WebSub section 4)."""
    written = headers.get(b"link", b"")
    if b"hub" not in written or len(written) > _LONGEST:
        return None
    links = httpx.Response(200, headers=[(b"link", written)]).links
    named = urls.absolute(links.get("hub", {}).get("url"), url)
    topic = urls.absolute(links.get("self", {}).get("url"), url)
    return HubLink(named, topic or urls.public(url)) if named else None
