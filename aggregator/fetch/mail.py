"""One message handed to a mail server."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

from aggregator import text
from aggregator.errors import Failure
from aggregator.fetch import answers, proxies
from aggregator.model import Failed, Mail, Security

_SECONDS = 15.0  # for each step of the conversation


async def send(mail: Mail, subject: str, body: str, *, message_id: str) -> Failed | None:
    """Why the server did not take it, None where it did. The server is the operator's own: it may stand at any address.

    `message_id` makes a message that is sent a second time the same message to whoever sorts mail (RFC 5322 section 3.6.4).
    """
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message["Subject"] = text.shorten(text.line(subject), 200)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no holiday notes in answer
    message.set_content(text.legal(body))
    return await asyncio.to_thread(_hand_over, mail, message)


def _hand_over(mail: Mail, message: EmailMessage) -> Failed | None:
    try:
        with _connected(mail) as server:
            if mail.security is Security.STARTTLS:
                server.starttls(context=proxies.trust())
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


def _connected(mail: Mail) -> smtplib.SMTP:
    if mail.security is Security.TLS:
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=proxies.trust())
    return smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
