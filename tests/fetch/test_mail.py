"""Messages handed to real mail servers: over TLS and STARTTLS, with a login, and to servers that must not be trusted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme

from aggregator.errors import Failure
from aggregator.fetch import mail
from aggregator.model import Failed, Mail, Security
from tests.servers.mail import MailServer

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
LOGIN = ("agg", "geheim-4711")
Issue = Callable[..., ssl.SSLContext]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def issued(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issue:
    """Certificates of the authority that is trusted, or of `another`."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    def issue(host: str = "127.0.0.1", *, another: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (trustme.CA() if another else authority).issue_cert(host).configure_cert(context)
        return context

    return issue


def sent(server: MailServer, *, password: str = LOGIN[1], to: tuple[str, ...] = ("a@b.example",)) -> Failed | None:
    user = LOGIN[0] if server.login else None
    there = Mail(
        to=to,
        sender="c@d.example",
        host="127.0.0.1",
        port=server.port,
        security=server.security,
        user=user,
        password=password,
    )
    return asyncio.run(mail.send(there, "Störung: Amt", "Zeile für Zeile", message_id="<1@d.example>", at=NOW))


SECURE = pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])


@SECURE
def test_a_message_over_tls_with_a_login(security: Security, issued: Issue) -> None:
    with MailServer(security=security, tls=issued(), login=LOGIN) as server:
        assert sent(server) is None
    [taken] = server.messages
    message: Any = message_from_bytes(taken, policy=default)
    assert (message["Subject"], message["To"], message["From"]) == ("Störung: Amt", "a@b.example", "c@d.example")
    assert message["Date"].datetime == NOW, "RFC 5322 section 3.6 wants one"
    assert message.get_content() == "Zeile für Zeile\r\n"
    plain = [line for secure, line in server.lines if not secure]
    assert [line.split()[0].upper() for line in plain] == ([] if security is Security.TLS else ["EHLO", "STARTTLS"])


@SECURE
def test_no_mail_server_is_offered_http(security: Security, issued: Issue) -> None:
    """RFC 7301 section 3.2: a server that speaks nothing of what is offered ends the handshake; nginx's mail proxy does."""
    with MailServer(security=security, tls=issued()) as server:
        assert sent(server) is None
    assert server.protocols == [None]


@SECURE
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        pytest.param({"host": "other.example"}, "mismatch", id="another host"),
        pytest.param({"another": True}, "issuer", id="signed by whoever"),
    ],
)
def test_a_server_that_can_not_prove_who_it_is_gets_neither_password_nor_message(
    security: Security, certificate: dict[str, Any], reason: str, issued: Issue
) -> None:
    with MailServer(security=security, tls=issued(**certificate), login=LOGIN) as server:
        failed = sent(server)
    assert failed is not None
    assert (failed.failure, reason in failed.detail) == (Failure.TLS, True)
    assert server.messages == []
    assert not any("AUTH" in line or "MAIL" in line for _, line in server.lines)


def test_a_server_without_starttls_gets_neither_password_nor_message() -> None:
    """Somebody on the way may have taken the offer out (RFC 3207 section 6)."""
    with MailServer(security=Security.STARTTLS, login=LOGIN, offers_starttls=False) as server:
        failed = sent(server)
    assert failed is not None
    assert "STARTTLS" in failed.detail
    assert server.messages == []
    assert [line.split()[0].upper() for _, line in server.lines] == ["EHLO", "QUIT"]


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("geheim-falsch", id="a wrong one"),
        pytest.param("geheim-fälsch-€", id="a wrong one that is not ASCII"),
    ],
)
def test_a_password_is_told_to_the_server_alone(password: str, issued: Issue, capfd: Any) -> None:
    with MailServer(security=Security.TLS, tls=issued(), login=LOGIN, echoes=True) as server:
        failed = sent(server, password=password)
    assert failed is not None
    assert failed.failure is Failure.PROTOCOL
    assert "535" in failed.detail
    said = f"{failed}{''.join(capfd.readouterr())}"
    assert "geheim" not in said
    assert server.messages == []


def test_a_password_with_umlauts_opens_what_it_should(issued: Issue) -> None:
    """RFC 4616 section 2: user and password are UTF-8."""
    with MailServer(security=Security.TLS, tls=issued(), login=(LOGIN[0], "Schlüssel-€")) as server:
        assert sent(server, password="Schlüssel-€") is None
    assert len(server.messages) == 1


def test_who_can_be_reached_gets_it_once_though_another_can_not(issued: Issue) -> None:
    with MailServer(refused=frozenset({"nobody@b.example"})) as server:
        assert sent(server, to=("a@b.example", "nobody@b.example")) is None
        failed = sent(server, to=("nobody@b.example",))
    assert failed is not None
    assert "no such user" in failed.detail
    assert len(server.messages) == 1
