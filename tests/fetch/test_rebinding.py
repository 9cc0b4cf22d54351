"""Addresses that are public, private and both at once, in a network of their own where public ones lead to servers of ours."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import Failure
from aggregator.fetch import proxies
from aggregator.fetch.client import Client
from aggregator.fetch.connections import Transport
from aggregator.model import Failed, Fetched, Limits, Outcome, RobotsTxt
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
PUBLIC = "93.184.215.14"
PRIVATE = ("127.0.0.1", "10.0.0.5", "169.254.169.254", "100.64.0.1", "192.168.1.1", "198.18.0.1")


class Rebinding:
    """Answers in turn, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def fetched(resolver: Rebinding, *urls: str) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with Transport(resolve=resolver, between=proxies.from_environment({})) as transport:
            client = Client(Limits(deadline=2), transport, user_agent="test")
            return [await client.fetch(url, robots_txt=RobotsTxt.IGNORE, now=NOW) for url in urls]

    return asyncio.run(run())


def inside() -> None:
    """What is run in the network of its own."""
    for private in PRIVATE:
        with LocalServer(host=PUBLIC) as site, LocalServer(host=private) as canary:
            url = f"http://news.example:{canary.port}/"
            site.reply("/feed", b"<rss/>", headers={"Connection": "close"})
            site.reply("/moved", status=302, headers={"Location": url})
            site.reply("/literal", status=302, headers={"Location": canary.url("/")})
            here = f"http://news.example:{site.port}"
            first, second = fetched(Rebinding([PUBLIC], [private]), f"{here}/feed", url)
            assert isinstance(first, Fetched), first
            outcomes = [second]
            outcomes += fetched(Rebinding([PUBLIC], [private]), f"{here}/moved")
            outcomes += fetched(Rebinding([PUBLIC]), f"{here}/literal")
            outcomes += fetched(Rebinding([PUBLIC, private]), url, f"{here}/feed")
            outcomes += fetched(Rebinding([private, PUBLIC]), url)
            assert [one.failure for one in outcomes if isinstance(one, Failed)] == [Failure.BLOCKED_ADDRESS] * len(
                outcomes
            )
            assert canary.connections == 0


def test_rebinding_reaches_nothing() -> None:
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs unshare and ip")
    addresses = " && ".join(f"ip addr add {one}/32 dev lo" for one in (PUBLIC, *PRIVATE[1:]))
    code = "from tests.fetch import test_rebinding; test_rebinding.inside(); print('whole')"
    script = f'ip link set lo up && {addresses} && echo ready && exec "$0" -c "$1"'
    command = ["unshare", "--net", "--map-root-user", "sh", "-c", script, sys.executable, code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if not done.stdout.startswith("ready"):
        pytest.skip(f"no network of its own to be had: {done.stderr[-200:]}")
    assert done.stdout.split() == ["ready", "whole"], done.stderr[-3000:]
