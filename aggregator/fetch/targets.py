"""A URL taken apart once: what is dialled, what is checked and what is sent come from the same reading of it."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

import httpx

from aggregator.errors import Failure
from aggregator.model import Failed

_HOST = re.compile(rb"[a-z0-9_-][a-z0-9._-]*|[0-9a-f:.]*:[0-9a-f:.]*")  # a name or IPv4 address | an IPv6 address
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one request goes. Equal targets are the same request."""

    url: httpx.URL = field(compare=False)  # without user and password; what follows is a reading of it
    scheme: str  # http or https
    host: str  # lower case, punycode; an IPv6 address without brackets
    port: int
    authority: bytes  # the Host header
    path: bytes  # with the query
    authorization: bytes | None  # from user:password@ in the URL

    @property
    def place(self) -> str:
        """Whose pace counts: the host, http and https alike; another port is another server."""
        return self.authority.decode("ascii")

    @property
    def origin(self) -> str:
        """RFC 6454 section 6.1."""
        return f"{self.scheme}://{self.authority.decode('ascii')}"

    @property
    def shown(self) -> str:
        """The URL without user name and password: it may be logged and published."""
        return f"{self.scheme}://{self.authority.decode('ascii')}{self.path.decode('ascii')}"


def read(url: str) -> Target | Failed:
    """The target of an absolute URL; Failed with SCHEME for what is no http(s) URL."""
    try:
        return of(httpx.URL(url)) or Failed(failure=Failure.SCHEME, detail="only http and https are fetched")
    except (httpx.InvalidURL, ValueError) as error:  # ValueError: urljoin's and int's, where httpx lets them pass
        return Failed(failure=Failure.SCHEME, detail=f"not a URL that can be fetched: {error}")


def follow(target: Target, location: str) -> Target | Failed:
    """The target of a `Location`, which may be relative (RFC 9110 section 10.2.2)."""
    try:
        joined = target.url.join(location)
        following = of(joined)
    except (httpx.InvalidURL, ValueError) as error:
        return Failed(failure=Failure.BAD_REDIRECT, detail=f"redirect to no URL: {error}")
    if following is None:
        failure = Failure.BAD_REDIRECT if joined.scheme in _PORTS else Failure.SCHEME
        return Failed(failure=failure, detail=f"redirect to {location[:200]!r}")
    if following.authorization is None and _same_server(target, following):
        return replace(following, authorization=target.authorization)
    return following


def of(url: httpx.URL) -> Target | None:
    """The target of a URL that is parsed already, None for what is no http(s) URL."""
    scheme, host = url.scheme, url.raw_host
    if scheme not in _PORTS or not _HOST.fullmatch(host):
        return None
    default = _PORTS[scheme]
    port = url.port or default
    if not 0 < port < 65_536:
        return None
    named = b"[%b]" % host if b":" in host else host
    userinfo = url.userinfo
    return Target(
        url=url.copy_with(userinfo=b"") if userinfo else url,
        scheme=scheme,
        host=host.decode("ascii"),
        port=port,
        authority=named if port == default else b"%b:%d" % (named, port),
        path=url.raw_path,
        authorization=_basic(userinfo) if userinfo else None,
    )


def _same_server(old: Target, new: Target) -> bool:
    """Whether a password may go along: the same origin, or the same host made safer."""
    upgrade = (old.scheme, old.port, new.scheme, new.port) == ("http", 80, "https", 443)
    return old.host == new.host and (upgrade or (old.scheme, old.port) == (new.scheme, new.port))


def _basic(userinfo: bytes) -> bytes:
    """RFC 7617."""
    user, _, password = userinfo.partition(b":")
    return b"Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password))
