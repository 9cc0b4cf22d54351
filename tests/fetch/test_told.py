"""What is sent out: one POST by the guarded way, one message to the operator's mail server."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from aggregator.errors import Failure
from aggregator.fetch import mail, post
from aggregator.model import Mail, Security
from tests.servers.local_world import LocalServer, Reply

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)


def posted(url: str, *, private: bool = True) -> tuple[str, str] | None:
    done = asyncio.run(
        post.post(
            url, b"{}", content_type="application/json", user_agent="aggregator/1 (+a@b.example)", private=private
        )
    )
    return None if done is None else (done.failure.value, done.detail)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        pytest.param(200, None, id="taken"),
        pytest.param(204, None, id="taken without a word"),
        pytest.param(302, ("http_other", "HTTP 302"), id="a redirect is not followed"),
        pytest.param(404, ("http_4xx", "HTTP 404"), id="nobody there"),
        pytest.param(503, ("http_5xx", "HTTP 503"), id="not now"),
    ],
)
def test_a_post_is_taken_or_not(status: int, failure: tuple[str, str] | None) -> None:
    with LocalServer() as server:
        server.script("/hook", lambda _: Reply(status=status, headers={"Location": server.url("/elsewhere")}))
        assert posted(server.url("/hook")) == failure
        assert [(seen.method, seen.path) for seen in server.requests] == [("POST", "/hook")]
        seen = server.last("/hook")
        assert (seen.headers["content-type"], seen.headers["content-length"]) == ("application/json", "2")


def test_only_a_public_address_is_posted_to() -> None:
    with LocalServer() as server:
        refused = posted(server.url("/hook"), private=False)
        assert refused is not None
        assert refused[0] == "blocked_address"
        assert server.connections == 0
    assert (posted("ftp://a.example/") or ("",))[0] == "scheme"


def test_a_mail_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    to = Mail(to=("a@b.example",), sender="c@d.example", host="127.0.0.1", port=port, security=Security.NONE)
    failed = asyncio.run(mail.send(to, "Subject", "Text", message_id="<1@d.example>", at=NOW))
    assert failed is not None
    assert (failed.failure, f"port {port}" in failed.detail) == (Failure.CONNECT, True)


def test_a_mail_server_that_says_nothing_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = Mail(
            to=("a@b.example",),
            sender="c@d.example",
            host="127.0.0.1",
            port=silent.getsockname()[1],
            security=Security.TLS,
        )
        failed = asyncio.run(mail.send(to, "Subject", "Text", message_id="<1@d.example>", at=NOW, deadline=0.1))
    assert failed is not None
    assert failed.failure is Failure.TIMEOUT
