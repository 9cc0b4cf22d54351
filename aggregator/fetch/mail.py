"""One message handed to a mail server."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from threading import Thread

from aggregator import text
from aggregator.errors import Failure
from aggregator.fetch import answers, proxies
from aggregator.model import Failed, Mail, Security

_SECONDS = 15.0  # for each step of the conversation
_DEADLINE = 30.0  # for all of them


async def send(mail: Mail, subject: str, body: str, *, message_id: str, deadline: float = _DEADLINE) -> Failed | None:
    """Why the server did not take it, None where it did. The server is the operator's own: it may stand at any address.

    `message_id` makes a message that is sent a second time the same message to whoever sorts mail (RFC 5322 section 3.6.4).
    """
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message["Subject"] = text.shorten(text.line(subject), 200)
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
                server.login(mail.user, mail.password or "")
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return answers.failed(Failure.PROTOCOL, f"{mail.host} says {error.smtp_code} {said}")
    except TimeoutError:
        return answers.failed(Failure.TIMEOUT, f"no answer from {mail.host} within {_SECONDS:g} s")
    except (OSError, smtplib.SMTPException) as error:
        return answers.failed(Failure.CONNECT, f"{mail.host}, port {mail.port}: {error}")
    return None


def _connected(mail: Mail, trusted: ssl.SSLContext | None) -> smtplib.SMTP:
    if mail.security is Security.TLS:
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=trusted)
    return smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
