"""What goes wrong before HTTP begins: names, connections, TLS. Beyond the table, in the same world."""

from __future__ import annotations

import ssl
import warnings
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import trustme

from tests.servers.hostile import documents
from tests.servers.hostile.behaviour import OK
from tests.servers.hostile.world import Expected, World
from tests.servers.local_world import LocalServer

_PAST = datetime(2020, 1, 1, tzinfo=UTC)


def add(world: World, stack: ExitStack, folder: Path) -> None:
    """TLS servers of an authority that the program trusts through SSL_CERT_FILE, so that nothing but the fault is wrong;
    a name that does not exist, a port where nobody listens."""
    authority = trustme.CA()
    world.certificates = str(folder / "authority.pem")
    authority.cert_pem.write_to_path(world.certificates)
    hosts = [f"127.0.2.{number}" for number in range(1, 6)]
    certificates = {
        "tls-good": authority.issue_cert(hosts[0]),
        "tls-expired": authority.issue_cert(hosts[1], not_before=datetime(2019, 1, 1, tzinfo=UTC), not_after=_PAST),
        "tls-wrong-host": authority.issue_cert("news.example"),
        "tls-self-signed": trustme.CA().issue_cert(hosts[3]),
        "tls-old": authority.issue_cert(hosts[4]),
    }
    for host, (name, certificate) in zip(hosts, certificates.items(), strict=True):
        context = _old() if name == "tls-old" else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server = stack.enter_context(LocalServer(host=host, tls=context))
        server.reply("/feed", documents.feed(name))
        world.servers[name] = server
        expected = Expected(outcome=OK, items=3) if name == "tls-good" else Expected(outcome="tls")
        world.add(name, server.url("/feed"), expected)
    plain = stack.enter_context(LocalServer(host="127.0.2.6"))
    world.add("tls-none", plain.url("/feed").replace("http:", "https:"), Expected(outcome="tls"))
    with LocalServer(host="127.0.2.7") as gone:
        world.add("nobody-listens", gone.url("/feed"), Expected(outcome="connect"))
    world.add("dns-nxdomain", "http://news.invalid/feed", Expected(outcome="dns"), private=False)


def _old() -> ssl.SSLContext:
    """TLS 1.0 and nothing newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the deprecated is what is wanted
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context
