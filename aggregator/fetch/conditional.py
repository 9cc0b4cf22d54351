"""Validators out, "did anything change" back. Pure."""

from __future__ import annotations

import re
from hashlib import blake2b

from aggregator.model import Fetched, Validators

# RFC 9110 section 8.8.3 allows visible characters and obs-text; servers write spaces inside too, which are harmless. A
# control character (also of ISO 8859-1, 0x80 to 0x9f) is never sent back; 1,024 is far above any real validator.
_SENDABLE = re.compile("[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa0-\xff]{0,1022}[\x21-\x7e\xa1-\xff])?")


def sendable(validator: str | None) -> str | None:
    """The validator verbatim, None when it must not stand in a request."""
    return validator if validator and _SENDABLE.fullmatch(validator) else None


def headers(validators: Validators) -> dict[str, str]:
    """The request headers that ask for news only (RFC 9110 section 13.1)."""
    found = {}
    if etag := sendable(validators.etag):
        found["If-None-Match"] = etag
    if last_modified := sendable(validators.last_modified):
        found["If-Modified-Since"] = last_modified
    return found


def body_hash(body: bytes) -> str:
    """A name for a body: 128 bits of BLAKE2b in hex."""
    return blake2b(body, digest_size=16).hexdigest()


def changed(fetched: Fetched, known_hash: str | None) -> bool:
    """Whether the body is another one than that of `known_hash`: for the many servers that give no validators."""
    return known_hash is None or body_hash(fetched.body) != known_hash
