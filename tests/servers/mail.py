"""A real mail server on loopback (RFC 5321): plain, with STARTTLS (RFC 3207) or TLS at once, with a login or without.

`with MailServer(...) as server:`, then `server.port`, `server.messages`. What it was told stands in `server.lines`.
"""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aggregator.model import Security


@dataclass(kw_only=True)
class MailServer:
    """One port of 127.0.0.1, one conversation at a time. `login`: user and password, without which it takes nothing."""

    security: Security = Security.NONE
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    refused: frozenset[str] = frozenset()  # recipients that it does not know
    offers_starttls: bool = True
    echoes: bool = False  # repeats what it was told in the answer to a wrong login, as some do
    messages: list[bytes] = field(default_factory=list)
    lines: list[tuple[bool, str]] = field(default_factory=list)  # whether encrypted, and what was said
    protocols: list[str | None] = field(default_factory=list)  # what the other side named for ALPN (RFC 7301)

    def __enter__(self) -> MailServer:
        if self.tls is not None:
            self.tls.set_alpn_protocols(["http/1.1"])  # chosen if the other side offers it: no mail program does
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.settimeout(10)
            with suppress(OSError):  # the other side went away, or does not trust us
                _Conversation(self, connection).hold()

    def secured(self, plain: socket.socket) -> ssl.SSLSocket:
        assert self.tls is not None
        secure = self.tls.wrap_socket(plain, server_side=True)
        self.protocols.append(secure.selected_alpn_protocol())
        return secure


class _Conversation:
    def __init__(self, server: MailServer, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection
        self._secure = False
        self._known = server.login is None

    def hold(self) -> None:
        if self._server.security is Security.TLS:
            self._encrypt()
        with self._connection:
            self._lines = self._connection.makefile("rb")
            self._say("220 mail.example ESMTP")
            while line := self._lines.readline().decode().rstrip("\r\n"):
                self._server.lines.append((self._secure, line))
                if not self._answer(line.partition(" ")[0].upper(), line):
                    return

    def _encrypt(self) -> None:
        self._connection = self._server.secured(self._connection)
        self._secure = True

    def _say(self, *lines: str) -> None:
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _answer(self, verb: str, line: str) -> bool:
        """Whether the conversation goes on."""
        answers: dict[str, Any] = {"EHLO": self._hello, "STARTTLS": self._start_tls, "DATA": self._take}
        if verb in answers:
            answers[verb]()
        elif verb == "AUTH":
            self._log_in(line)
        elif verb == "RCPT":
            unknown = any(f"<{one}>" in line for one in self._server.refused)
            self._say("550 5.1.1 no such user" if unknown else "250 well" if self._known else "530 5.7.0 who are you?")
        else:
            self._say("221 bye" if verb == "QUIT" else "250 well")
        return verb != "QUIT"

    def _hello(self) -> None:
        offered = self._server.security is Security.STARTTLS and self._server.offers_starttls and not self._secure
        more = ["250-STARTTLS"] if offered else []
        self._say("250-mail.example", *more, *(["250-AUTH PLAIN"] if self._server.login else []), "250 8BITMIME")

    def _start_tls(self) -> None:
        self._say("220 go on")
        self._encrypt()
        self._lines = self._connection.makefile("rb")

    def _log_in(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self._known = (user, password) == self._server.login
        said = f" for {user} with {password}" if self._server.echoes else ""
        self._say("235 welcome" if self._known else f"535 5.7.8 wrong{said}")

    def _take(self) -> None:
        self._say("354 go on")
        self._server.messages.append(b"".join(iter(self._lines.readline, b".\r\n")))
        self._say("250 taken")
