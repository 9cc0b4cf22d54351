"""A subscriber and a hub on real sockets, as strangers would run them: polite, stubborn, slow or lying."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from tests.servers.local_world import Answer, LocalServer, Reply, Seen


@dataclass
class FakeSubscriber:
    """Answers hubs at `/callback/<name>`: gives every challenge back and takes every document, unless told otherwise."""

    server: LocalServer = field(default_factory=LocalServer)
    agrees: bool = True  # False: gives another challenge back than it got
    confirmation: int = 200  # status of what it gives back
    takes: list[int] = field(default_factory=lambda: [200])  # statuses of its answers to documents; the last one stays

    def __enter__(self) -> FakeSubscriber:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    def callback(self, name: str = "a", query: str = "") -> str:
        self.server.script(f"/callback/{name}", self._answer)
        return self.server.url(f"/callback/{name}{query}")

    def _answer(self, seen: Seen) -> Answer:
        if seen.method == "GET":
            challenge = question(seen).get("hub.challenge", "")
            return Reply(status=self.confirmation, body=(challenge if self.agrees else f"{challenge} ").encode())
        return Reply(status=self.takes.pop(0) if len(self.takes) > 1 else self.takes[0])

    @property
    def questions(self) -> list[dict[str, str]]:
        """What hubs asked, in order."""
        return [question(seen) for seen in self.server.requests if seen.method == "GET"]

    def deliveries(self, name: str = "a") -> list[Seen]:
        """The documents that came to one of the callbacks."""
        path = f"/callback/{name}"
        return [seen for seen in self.server.requests if seen.method == "POST" and urlsplit(seen.path).path == path]


class FakeHub:
    """A hub at `/hub` that writes down what it is asked for. It asks back when the test says so."""

    def __init__(self) -> None:
        self.server = LocalServer()
        self.answer: Answer = Reply(status=202)
        self.server.script("/hub", lambda _: self.answer)

    def __enter__(self) -> FakeHub:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        return self.server.url("/hub")

    def asked(self, path: str = "/hub") -> list[dict[str, str]]:
        """The forms that came."""
        seen = [seen for seen in self.server.requests if seen.path == path]
        return [{name: value for name, [value] in parse_qs(one.body.decode()).items()} for one in seen]


def question(seen: Seen) -> dict[str, str]:
    """The query of a request."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(seen.path).query).items()}
