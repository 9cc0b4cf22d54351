"""From pass to pass with a real store and a server: what is asked, what is remembered, what is published again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.model import SourceState
from aggregator.passes import health, one_pass
from aggregator.store import connect
from tests.servers.local_world import LocalServer, Reply, Seen

pytestmark = pytest.mark.slow

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBERS = range(1, 6)


class World:
    """A folder with one source, and passes over it at whatever time."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.out = folder, folder / "public"
        (folder / "aggregator.yaml").write_text("base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n")
        (folder / "sources.yaml").write_text(
            f"sources:\n  - {{id: amt, name: Amt, url: '{url}', private_network: true, interval: 1h}}\n"
        )
        self.config = load.load(folder, environment={})

    def run(self, now: datetime, *, due: bool = False) -> one_pass.Summary:
        request = one_pass.Request() if due else one_pass.Request(only=("amt",))
        with connect.opened(f"sqlite:///{self.folder}/a.sqlite") as store:
            return asyncio.run(one_pass.run(self.config, store, self.out, now=now, request=request))

    def health(self, now: datetime) -> health.Health:
        with connect.opened(f"sqlite:///{self.folder}/a.sqlite") as store:
            return health.health(self.config.sources, store.states(), store.source_counts())[0]

    def state(self) -> SourceState:
        return self.health(NOW).remembered

    def files(self) -> dict[str, tuple[bytes, int]]:
        # How sources are, and what the operator is told (a year without news, where the clock says so), is none of the news
        health = {"health.atom", "sources.html"}
        found = (path for path in self.out.rglob("*") if path.is_file() and path.name not in health)
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def item(
    number: int, *, guid: str = "g{}", link: str = "http://amt.example/meldung/{}", title: str = "Meldung Nummer {}"
) -> str:
    named = "<guid isPermaLink='false'>" + guid.format(number) + "</guid>"
    return (
        f"<item><title>{title.format(number)}</title><link>{link.format(number)}</link>{named}"
        f"<description>Der Text der Meldung {number} mit seinen Worten.</description>"
        f"<pubDate>Mon, 05 Oct 2026 0{number}:00:00 +0200</pubDate></item>"
    )


def feed(*items: str, title: str = "Amt") -> bytes:
    return f"<rss version='2.0'><channel><title>{title}</title>{''.join(items)}</channel></rss>".encode()


# --------------------------------------------------------------------------------------- a document under other names


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {"guid": "neu-{}"}, id="all guids changed"),
        pytest.param({}, {"link": "https://amt.example/meldung/{}"}, id="all links went to https"),
        pytest.param(
            {}, {"link": "https://www.amt.example/meldung/{}", "guid": "n{}"}, id="host with www, and new guids"
        ),
        pytest.param(
            {"guid": "http://amt.example/meldung/{}"},
            {"guid": "https://www.amt.example/meldung/{}", "link": "https://www.amt.example/meldung/{}"},
            id="the guid is the link, and both moved",
        ),
        pytest.param(
            {"guid": "news-1791187200-{}"}, {"guid": "news-1791705600-{}"}, id="TYPO3: a timestamp in the guid"
        ),
        pytest.param(
            {}, {"guid": "x{}", "link": "https://neu.example/presse/artikel-{}"}, id="another system: all names new"
        ),
    ],
)
def test_what_comes_back_under_other_names_is_not_published_again(
    before: dict[str, str], after: dict[str, str], tmp_path: Path
) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.reply("/feed", feed(*(item(number, **before) for number in NUMBERS)))
        assert world.run(NOW).new_items == 5
        first = world.files()
        server.reply("/feed", feed(*(item(number, **after) for number in NUMBERS)))
        again = world.run(NOW + HOUR)
        assert (again.new_items, again.settled.new) == (0, 0)
        feeds = {name: files for name, files in world.files().items() if "/feeds/" in name}
        stories = [content.count(b"<entry>") for name, (content, _) in feeds.items() if name.endswith("all.atom")]
        assert stories == [5]
        if "link" not in after:
            assert world.files() == first, "the same words under another guid change no byte"
        server.reply("/feed", feed(*(item(number, **after) for number in (*NUMBERS, 6))))
        assert world.run(NOW + 2 * HOUR).new_items == 1, "what is new is new all the same"


# ------------------------------------------------------------------------------------------------- what a request asks


def test_a_server_that_says_not_modified_for_ever_is_found_out_within_a_day(tmp_path: Path) -> None:
    bodies = [feed(item(1))]

    def stubborn(seen: Seen) -> Reply:
        return Reply(status=304) if "if-none-match" in seen.headers else Reply(body=bodies[0], headers={"ETag": '"1"'})

    with LocalServer() as server:
        server.script("/feed", stubborn)
        world = World(tmp_path, server.url("/feed"))
        assert world.run(NOW).new_items == 1
        bodies[0] = feed(item(1), item(2))
        found = [world.run(NOW + hour * HOUR).new_items for hour in range(1, 25)]
        assert sum(found) == 1
        assert found.index(1) >= 16, "and until then it is believed"
        whole = [seen for seen in server.requests if "if-none-match" not in seen.headers]
        assert len(whole) == 2


def test_the_same_body_without_being_asked_for_news_is_nothing_new(tmp_path: Path) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed(item(1)), headers={"ETag": '"1"'})
        world = World(tmp_path, server.url("/feed"))
        world.run(NOW)
        again = world.run(NOW + 25 * HOUR)
        assert again.sources("unchanged") == 1
        assert world.state().last_full == NOW + 25 * HOUR


def test_what_is_gone_is_asked_once_a_week_and_may_come_back(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.reply("/feed", feed(item(1)))
        world.run(NOW)
        server.reply("/feed", status=410)
        world.run(NOW + HOUR)
        gone = world.health(NOW + 2 * HOUR)
        assert gone.state is health.State.GONE
        assert "ended for good" in health.advice(gone, now=NOW)[0]
        assert len(world.run(NOW + 6 * DAY, due=True).asked) == 0
        server.reply("/feed", feed(item(1), item(2)))
        assert world.run(NOW + 8 * DAY, due=True).new_items == 1
        back = world.health(NOW + 8 * DAY)
        assert (back.state, health.advice(back, now=NOW + 8 * DAY)) == (health.State.OK, ())


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.reply("/feed", status=503, headers={"Retry-After": "18000"})
        world.run(NOW, due=True)
        for hour in (1, 2, 4):
            world.run(NOW + hour * HOUR, due=True)
        assert server.count("/feed") == 1
        world.run(NOW + 6 * HOUR, due=True)  # a little later than asked for, so that not everybody comes at once
        assert server.count("/feed") == 2


@pytest.mark.parametrize("step", [-HOUR, DAY, 400 * DAY], ids=["an hour back", "a day ahead", "a year ahead and back"])
def test_a_step_of_the_clock_loses_nothing_and_publishes_nothing_twice(step: timedelta, tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.reply("/feed", feed(item(1), item(2)))
        world.run(NOW, due=True)
        before = world.files()
        world.run(NOW + step)
        assert world.files() == before
        server.reply("/feed", feed(item(1), item(2), item(3)))
        new = [world.run(NOW + hour * HOUR, due=True).new_items for hour in (1, 2, 3)]
        if step == DAY:  # it is believed for a day, and asked again when its time comes
            new.append(world.run(NOW + step + HOUR, due=True).new_items)
        assert sum(new) == 1
        assert server.count("/feed") <= 6


# --------------------------------------------------------------------------------------------------- moved, or another's


def moving(server: LocalServer, status: int, to: str = "/new.xml") -> Callable[[Seen], Reply]:
    return lambda _: Reply(status=status, headers={"Location": server.url(to)})


@pytest.mark.parametrize(
    ("status", "to", "days", "proposed"),
    [
        pytest.param(301, "/new.xml", (0, 8), True, id="for good, seen twice in a week"),
        pytest.param(308, "/new.xml", (0, 3, 7), True, id="308 is as good"),
        pytest.param(301, "/new.xml", (0, 6), False, id="not long enough"),
        pytest.param(301, "/new.xml", (0,), False, id="not often enough"),
        pytest.param(302, "/new.xml", (0, 8), False, id="for now"),
        pytest.param(301, "/", (0, 8), False, id="to the front page"),
        pytest.param(301, "/user/login", (0, 8), False, id="to a login"),
    ],
)
def test_a_move_is_proposed(status: int, to: str, days: tuple[int, ...], proposed: bool, tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.script("/feed", moving(server, status, to))
        server.reply(to, feed(item(1)))
        for day in days:
            world.run(NOW + day * DAY)
        now = NOW + days[-1] * DAY + HOUR
        said = health.advice(world.health(now), now=now)
        assert [server.url(to) in line for line in said] == ([True] if proposed else [])


def test_a_move_that_is_taken_back_is_forgotten(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.script("/feed", moving(server, 301))
        server.reply("/new.xml", feed(item(1)))
        world.run(NOW)
        assert world.state().move is not None
        server.reply("/feed", feed(item(1)))
        world.run(NOW + DAY)
        assert world.state().move is None


def test_another_owner_is_told_of_and_what_he_says_is_stored(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.reply("/feed", feed(*(item(number) for number in NUMBERS)))
        world.run(NOW)
        stranger = [item(n, guid="c{}", link="https://casino.example/{}", title="Gewinne Runde {}") for n in NUMBERS]
        server.reply("/feed", feed(*stranger, title="Casino"))
        assert world.run(NOW + DAY).new_items == 5
        found = world.health(NOW + DAY)
        assert found.state is health.State.DRIFTING
        assert (
            "'Amt' with links to amt.example, is 'Casino' with links to casino.example"
            in health.advice(found, now=NOW)[0]
        )
        more = item(6, guid="c{}", link="https://casino.example/{}", title="Gewinne Runde {}")
        server.reply("/feed", feed(*stranger, more, title="Casino"))
        world.run(NOW + 2 * DAY)
        assert world.health(NOW + 2 * DAY).state is health.State.DRIFTING
        server.reply("/feed", feed(*(item(number) for number in (*NUMBERS, 7))))
        world.run(NOW + 3 * DAY)
        assert world.health(NOW + 3 * DAY).state is health.State.OK


def test_a_ministry_that_is_renamed_and_moves_is_no_stranger(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server.url("/feed"))
        server.reply("/feed", feed(*(item(number) for number in NUMBERS)))
        world.run(NOW)
        moved = [item(number, guid="n{}", link="https://neues-amt.example/meldung/{}") for number in (*NUMBERS, 6)]
        server.reply("/feed", feed(*moved, title="Neues Amt"))
        assert world.run(NOW + DAY).new_items == 1
        assert world.health(NOW + DAY).state is health.State.OK
