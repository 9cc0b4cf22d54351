"""Servers that send one elsewhere: in circles, nowhere, or to where nobody may go."""

from __future__ import annotations

from collections.abc import Callable

from tests.servers.hostile import documents
from tests.servers.hostile.behaviour import OK, Behaviour, Stage
from tests.servers.local_world import Reply, Seen

# What the canary's address looks like when somebody does not want it to be seen; {port} is where it listens
SPELLINGS = {
    "canary": "http://127.0.0.1:{port}/",
    "localhost": "http://localhost:{port}/",
    "v6": "http://[::1]:{port}/",
    "v6mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "decimal": "http://2130706433:{port}/",
    "octal": "http://0177.0.0.1:{port}/",
    "short": "http://127.1:{port}/",
    "zero": "http://0.0.0.0:{port}/",
    "hex": "http://0x7f000001:{port}/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:{port}/_GET%20/",
    "userinfo": "http://news.example@127.0.0.1:{port}/",
}
_CLASSES = {"file": "scheme", "gopher": "scheme", "octal": "bad_redirect"}


def _to(location: str, status: int = 302) -> Callable[[Stage], None]:
    def serve(stage: Stage) -> None:
        stage.server.reply("/feed", status=status, headers={"Location": location})
        stage.server.reply("/there", documents.feed(stage.name))

    return serve


def _around(stage: Stage) -> None:
    for here, there in (("/feed", "/b"), ("/b", "/c"), ("/c", "/feed")):
        stage.server.reply(here, status=302, headers={"Location": there})


def _onwards(stage: Stage) -> None:
    def further(seen: Seen) -> Reply:
        number = int(seen.path.partition("?")[2] or 0)
        return Reply(status=302, headers={"Location": f"/feed?{number + 1}"})

    stage.server.script("/feed", further)


def _chain(stage: Stage) -> None:
    for number in range(50):
        stage.server.reply(f"/{number}" if number else "/feed", status=302, headers={"Location": f"/{number + 1}"})
    stage.server.reply("/50", documents.feed(stage.name))


def _nowhere(stage: Stage) -> None:
    stage.server.reply("/feed", status=302)


def _split(stage: Stage) -> None:
    stage.server.raw("/feed", b"HTTP/1.1 302 Found\r\nLocation: /there\rX-Injected: 1\r\nContent-Length: 0\r\n\r\n")


def _to_the_canary(spelling: str) -> Callable[[Stage], None]:
    def serve(stage: Stage) -> None:
        stage.server.reply("/feed", status=302, headers={"Location": spelling.format(port=stage.canary_port)})

    return serve


REDIRECTS = (
    Behaviour(name="redir-rel", does="redirects to a relative address", expected=OK, items=3, serve=_to("there")),
    Behaviour(name="redir-301", does="has moved for good", expected=OK, items=3, serve=_to("/there", 301)),
    Behaviour(name="redir-loop", does="redirects round three addresses", expected="redirect_loop", serve=_around),
    Behaviour(name="redir-loop2", does="redirects to a new address for ever", expected="redirect_loop", serve=_onwards),
    Behaviour(name="redir-self", does="redirects to itself", expected="redirect_loop", serve=_to("/feed")),
    Behaviour(name="redir-noloc", does="redirects without saying where", expected="bad_redirect", serve=_nowhere),
    Behaviour(name="redir-crlf", does="breaks the line of its Location", expected="protocol", serve=_split),
    Behaviour(name="chain0", does="redirects fifty times, then has a feed", expected="redirect_loop", serve=_chain),
)

SSRF = tuple(
    Behaviour(
        name=f"ssrf-{name}",
        does=f"redirects to {spelling.format(port='PORT')}",
        expected=_CLASSES.get(name, "blocked_address"),
        serve=_to_the_canary(spelling),
    )
    for name, spelling in SPELLINGS.items()
)
