"""The operator's proxies and trusted certificates, as the environment names them."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from aggregator.errors import ConfigError, Failure, Place
from aggregator.fetch import addresses, targets
from aggregator.fetch.stream import UnreachableError
from aggregator.fetch.targets import Target
from aggregator.model import Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """`HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, read once."""

    by_scheme: Mapping[str, Target]
    exceptions: tuple[str, ...] = ()  # hosts, with or without port, that are reached directly, and all below them; or *

    def between(self, target: Target) -> Target | None:
        """The proxy on the way to a target, None when it is reached directly."""
        proxy = self.by_scheme.get(target.scheme)
        return None if proxy is None or self._excepted(target) else proxy

    def _excepted(self, target: Target) -> bool:
        names = (f".{target.host}", f".{target.host}:{target.port}")
        return any(
            exception == "*" or name.endswith(f".{exception}") for exception in self.exceptions for name in names
        )


def from_environment(environment: Mapping[str, str] = os.environ) -> Proxies:
    """Lower case counts before upper case, as with curl. ConfigError for a proxy that is no http(s) URL."""

    def named(name: str) -> str:
        return environment.get(name) or environment.get(name.upper()) or ""

    chosen = {
        scheme: _proxy(scheme, named(f"{scheme}_proxy")) for scheme in ("http", "https") if named(f"{scheme}_proxy")
    }
    exceptions = (exception.strip().lower().lstrip(".") for exception in named("no_proxy").split(","))
    return Proxies(by_scheme=chosen, exceptions=tuple(filter(None, exceptions)))


def _proxy(scheme: str, written: str) -> Target:
    proxy = targets.read(written if "://" in written else f"http://{written}")
    if isinstance(proxy, Failed):  # not shown as written: a proxy's URL may hold a password
        raise ConfigError(Place(f"{scheme.upper()}_PROXY"), "no http or https URL", "http://host:port")
    return proxy


def check(target: Target) -> None:
    """A proxy resolves names itself, so only what is written can be judged: raises UnreachableError for an address or name
    that is not public."""
    address = addresses.literal(target.host)
    if addresses.loopback_name(target.host) or (address and not addresses.public(address)):
        raise UnreachableError(Failure.BLOCKED_ADDRESS, f"{target.host} is not public and is not asked of the proxy")


def check_certificates(environment: Mapping[str, str] = os.environ) -> None:
    """ConfigError at once for a `SSL_CERT_FILE` that is not there; what is in it is read when first needed."""
    file = environment.get("SSL_CERT_FILE")
    if file and not Path(file).is_file():
        raise ConfigError(Place("SSL_CERT_FILE"), f"{file}, which is no file", "a file of certificates in PEM form")


def trust() -> ssl.SSLContext:
    """The certificates of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else those that come with httpx. Takes some 20 ms."""
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        found = f"certificates that can not be read: {error}"
        raise ConfigError(Place("SSL_CERT_FILE"), found, "a file of certificates in PEM form") from error
    return context
