"""Certificates and versions that must not pass, each with its reason."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from aggregator.errors import Failure
from aggregator.model import Failed, Fetched, Outcome
from tests.servers.local_world import LocalServer

Fetch = Callable[..., Outcome]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    ours = trustme.CA()
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    ours.cert_pem.write_to_path(str(file))
    return ours, file


def served(issued: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def outdated(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context


EXPIRED = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda ca: served(ca.issue_cert("127.0.0.1")), None, id="as it should be"),
        pytest.param(lambda ca: served(ca.issue_cert("127.0.0.1", not_after=EXPIRED)), "expired", id="expired"),
        pytest.param(lambda ca: served(ca.issue_cert("other.example")), "mismatch", id="another host"),
        pytest.param(lambda _: served(trustme.CA().issue_cert("127.0.0.1")), "issuer", id="signed by whoever"),
        pytest.param(lambda ca: outdated(served(ca.issue_cert("127.0.0.1"))), "version", id="TLS 1.0 alone"),
    ],
)
def test_tls(
    authority: tuple[trustme.CA, Path],
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[trustme.CA], ssl.SSLContext],
    reason: str | None,
) -> None:
    ours, file = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with LocalServer(tls=make(ours)) as server:
        server.reply("/feed", b"<rss/>")
        outcome = fetch(server.url("/feed"))
        assert server.count() == (reason is None)
    if reason is None:
        assert isinstance(outcome, Fetched)
    else:
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.TLS
        assert reason in outcome.detail
