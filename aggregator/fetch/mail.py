"""One message handed to a mail server."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from base64 import b64encode
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Thread

from aggregator import text
from aggregator.errors import Failure
from aggregator.fetch import answers, proxies, stream
from aggregator.model import Failed, Mail, Security

_SECONDS = 15.0  # for each step of the conversation
_DEADLINE = 30.0  # for all of them


async def send(
    mail: Mail, subject: str, body: str, *, message_id: str, at: datetime, deadline: float = _DEADLINE
) -> Failed | None:
    """Why the server did not take it, None where it did, be it for some of the recipients. The server is the operator's own: it
    may stand at any address.

    `message_id` makes a message that is sent a second time the same message to whoever sorts mail (RFC 5322 section 3.6.4).
    """
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message["Subject"] = text.shorten(text.line(subject), 200)
    message["Date"] = format_datetime(at)  # RFC 5322 section 3.6 wants one; without, it is taken for spam
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no holiday notes in answer
    message.set_content(text.legal(body))
    return await _aside(mail, message, deadline)


async def _aside(mail: Mail, message: EmailMessage, deadline: float) -> Failed | None:
    """In a thread that nobody waits for: a server that says nothing must not hold up the end of the program."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Failed | None] = loop.create_future()

    trusted = None if mail.security is Security.NONE else proxies.trust()

    def settle(failed: Failed | None) -> None:
        if not done.done():
            done.set_result(failed)

    def hand_over() -> None:
        failed = _hand_over(mail, message, trusted)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, failed)

    Thread(target=hand_over, name="mail", daemon=True).start()
    try:
        async with asyncio.timeout(deadline):
            return await done
    except TimeoutError:
        return answers.failed(Failure.TIMEOUT, f"{mail.host} did not take it within {deadline:g} s")


def _hand_over(mail: Mail, message: EmailMessage, trusted: ssl.SSLContext | None) -> Failed | None:
    try:
        with _connected(mail, trusted) as server:
            if mail.security is Security.STARTTLS:
                server.starttls(context=trusted)
            if mail.user is not None:
                _log_in(server, mail.user, mail.password or "")
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:  # all of them
        return _refused(mail, *next(iter(error.recipients.values())))
    except smtplib.SMTPResponseException as error:
        return _refused(mail, error.smtp_code, error.smtp_error)
    except TimeoutError:
        return answers.failed(Failure.TIMEOUT, f"no answer from {mail.host} within {_SECONDS:g} s")
    except ssl.SSLError as error:
        return answers.failed(Failure.TLS, f"TLS with {mail.host}: {stream.reason(error)}")
    except (OSError, smtplib.SMTPException) as error:
        return answers.failed(Failure.CONNECT, f"{mail.host}, port {mail.port}: {error}")
    return None


def _refused(mail: Mail, code: int, answer: bytes | str) -> Failed:
    """Some servers repeat what they were told."""
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if mail.password:
        said = said.replace(mail.password, "...")
    return answers.failed(Failure.PROTOCOL, f"{mail.host} says {code} {said}")


def _connected(mail: Mail, trusted: ssl.SSLContext | None) -> smtplib.SMTP:
    if mail.security is Security.TLS:
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=trusted)
    return smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    if user.isascii() and password.isascii():
        server.login(user, password)
        return
    # smtplib's own raises UnicodeEncodeError; RFC 4616 section 2 says UTF-8
    server.ehlo_or_helo_if_needed()
    secret = b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, said = server.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)
