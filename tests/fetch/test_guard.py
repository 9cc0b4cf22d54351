"""Nothing but a source's own host may be reached at an address that is not public: a canary counts who gets through."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pytest

from aggregator.errors import Failure
from aggregator.fetch import client, dial
from aggregator.fetch.stream import UnreachableError
from aggregator.model import Failed, Fetched, Limits, Outcome
from tests import patience
from tests.servers.local_world import LocalServer

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
Fetch = Callable[..., Outcome]

# DNS: not every resolver knows `localhost.`
REFUSED = {Failure.BLOCKED_ADDRESS, Failure.SCHEME, Failure.DNS}
SPELLINGS = [
    pytest.param("http://127.0.0.1:{port}/", id="plain"),
    pytest.param("http://127.0.0.1.:{port}/", id="with the dot of the root"),
    pytest.param("http://localhost:{port}/", id="by name"),
    pytest.param("http://LOCALHOST.:{port}/", id="by name, with a dot"),
    pytest.param("http://[::1]:{port}/", id="IPv6"),
    pytest.param("http://[::]:{port}/", id="IPv6 unspecified"),
    pytest.param("http://[::ffff:127.0.0.1]:{port}/", id="mapped"),
    pytest.param("http://[::ffff:7f00:1]:{port}/", id="mapped, in hexadecimal"),
    pytest.param("http://[0:0:0:0:0:ffff:7f00:1]:{port}/", id="mapped, in full"),
    pytest.param("http://[64:ff9b::7f00:1]:{port}/", id="NAT64"),
    pytest.param("http://[2002:7f00:1::]:{port}/", id="6to4"),
    pytest.param("http://2130706433:{port}/", id="one number"),
    pytest.param("http://0x7f000001:{port}/", id="one hexadecimal number"),
    pytest.param("http://0x7f.0.0.1:{port}/", id="a hexadecimal part"),
    pytest.param("http://127.1:{port}/", id="short"),
    pytest.param("http://0.0.0.0:{port}/", id="this host"),
    pytest.param("http://0:{port}/", id="nought"),
    pytest.param("http://news.example@127.0.0.1:{port}/", id="behind a user name"),
    pytest.param("http://news.example:80@127.0.0.1:{port}/", id="behind a user name and a password"),
    pytest.param("//127.0.0.1:{port}/", id="without a scheme"),
    pytest.param("http:\\\\127.0.0.1:{port}/", id="with backslashes"),
    pytest.param("http://0177.0.0.1:{port}/", id="octal"),
    pytest.param("http://１２７.０.０.１:{port}/", id="full width digits"),
    pytest.param("http://127。0。0。1:{port}/", id="ideographic full stops"),
    pytest.param("http://169.254.169.254/latest/meta-data/", id="a cloud's metadata service"),
]


@pytest.fixture
def canary() -> Iterator[LocalServer]:
    with LocalServer() as running:
        running.reply("/", b"INTERNAL-SECRET")
        yield running


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_source_at_a_private_address(canary: LocalServer, fetch: Fetch, spelling: str) -> None:
    outcome = fetch(spelling.format(port=canary.port), private_network=False)
    assert isinstance(outcome, Failed)
    assert outcome.failure in REFUSED
    assert canary.connections == 0


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_redirect_to_a_private_address(canary: LocalServer, fetch: Fetch, spelling: str) -> None:
    """From the one private host that is allowed, 127.0.0.2, to others."""
    with LocalServer(host="127.0.0.2") as source:
        location = spelling.format(port=canary.port).encode().decode("latin-1")
        source.reply("/feed", status=302, headers={"Location": location})
        outcome = fetch(source.url("/feed"), private_network=True)
    assert isinstance(outcome, Failed)
    assert outcome.failure in {*REFUSED, Failure.BAD_REDIRECT, Failure.HTTP_404}
    if outcome.failure is Failure.HTTP_404:  # `http:\\host` is a path on the same server
        assert source.count() == 2
    assert canary.connections == 0


def test_a_private_source_may_move_on_its_own_host(canary: LocalServer, fetch: Fetch) -> None:
    with LocalServer() as source:
        source.reply("/feed", status=302, headers={"Location": canary.url()})
        assert isinstance(fetch(source.url("/feed"), private_network=True), Fetched)
        assert isinstance(fetch(source.url("/feed"), private_network=False), Failed)
    assert canary.connections == 1


def test_a_connection_of_a_private_source_serves_no_other(canary: LocalServer) -> None:
    """One client: an allowed request leaves its connection open; a guarded one must not find it."""

    async def run() -> tuple[Outcome, Outcome]:
        async with client.opened(Limits(deadline=2), user_agent="test") as opened:
            return (
                await opened.fetch(canary.url(), private_network=True, now=NOW),
                await opened.fetch(canary.url(), private_network=False, now=NOW),
            )

    allowed, guarded = asyncio.run(run())
    assert isinstance(allowed, Fetched)
    assert isinstance(guarded, Failed)
    assert guarded.failure is Failure.BLOCKED_ADDRESS
    assert canary.count() == 1


# --------------------------------------------------------------------------------------------- what the resolver may say


class Answers:
    """A resolver with a list of answers, the last of which stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def connect(port: int, resolver: Answers, *, private: bool) -> None:
    async def run() -> None:
        (await dial.connect("news.example", port, private=private, resolve=resolver)).abort()

    asyncio.run(run())


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(["127.0.0.1"], id="a name that stands for loopback"),
        pytest.param(["8.8.8.8", "127.0.0.1"], id="one private address among public ones"),
        pytest.param(["::ffff:127.0.0.1"], id="mapped"),
        pytest.param(["fe80::1%lo"], id="link-local with a zone"),
    ],
)
def test_one_private_address_is_enough_to_refuse(canary: LocalServer, found: list[str]) -> None:
    with pytest.raises(UnreachableError) as refused:
        connect(canary.port, Answers(found), private=False)
    assert refused.value.failure is Failure.BLOCKED_ADDRESS
    assert canary.connections == 0


def test_a_name_is_resolved_once(canary: LocalServer) -> None:
    """What was judged is what is dialled: a second answer would be the attacker's."""
    resolver = Answers(["127.0.0.1"], ["127.0.0.9"])
    connect(canary.port, resolver, private=True)
    assert resolver.asked == 1


@pytest.mark.slow
def test_a_dead_address_costs_its_head_start_at_most(canary: LocalServer) -> None:
    connect(canary.port, Answers(["127.0.0.9", "127.0.0.1"]), private=True)
    assert canary.connections == 1
    with (
        socket.create_server(("127.0.0.8", 0), backlog=0) as silent,
        socket.create_server(("127.0.0.1", silent.getsockname()[1])),
    ):
        port = silent.getsockname()[1]
        filling = [socket.socket() for _ in range(3)]  # a full backlog answers no SYN
        for one in filling:
            one.setblocking(False)
            one.connect_ex(("127.0.0.8", port))
        started = time.monotonic()
        connect(port, Answers(["127.0.0.8", "127.0.0.1"]), private=True)
        assert 0.2 < time.monotonic() - started < 2 * patience.busy()
        for one in filling:
            one.close()


def test_no_address_stands(canary: LocalServer) -> None:
    with pytest.raises(UnreachableError) as refused:
        connect(1, Answers(["127.0.0.8", "127.0.0.9"]), private=True)
    assert refused.value.failure is Failure.CONNECT


def test_a_name_without_addresses(canary: LocalServer) -> None:
    with pytest.raises(UnreachableError) as refused:
        connect(canary.port, Answers([]), private=False)
    assert refused.value.failure is Failure.DNS
