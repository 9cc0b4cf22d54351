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
    found = httpx.Response(200, headers=[(b"link", written)]).links.values()
    by_rel = {link["rel"]: link.get("url") for link in found if "rel" in link}
    named, topic = (urls.absolute(by_rel.get(rel), url) for rel in ("hub", "self"))
    return HubLink(named, topic or urls.public(url)) if named else None
