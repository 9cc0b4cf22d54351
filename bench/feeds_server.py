"""Serves N feeds on loopback for bench/passes.py, in a process of its own.

`/s/<n>` is feed n; `/set?validators=0|1&gained=0|1&stamped=0|1` changes how all of them answer: with or without ETag, whether
every tenth has one entry more, and whether each answer has a time of its own at its head, as many generators write it. Feeds are
recorded ones from a folder (`--feeds`), each entry's ids made different for each n, or made up.
"""

import argparse
import asyncio
import hashlib
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

# As in press items: mostly common words, now and then one of the field
WORDS = (
    "die der und in für mit von auf eine ist wird nach bei aus zum zur sich auch an dem den das im werden als es sind hat ein "
    "einer um am über bis durch mehr vor haben noch nur wie sein einem rund seit gegen soll können wurde zwischen unter beim "
    "Menschen Stadt Land Jahre Prozent Millionen Euro Montag Ende Beginn Haus Angebot Bericht Thema Woche Platz Straße Antrag "
    "Gespräch Vertrag Weg Ziel Zahl Team Raum Partner Frage Teil Arbeit Zeit Region Programm Projekt Unternehmen Verfahren "
    "sagte erklärte beginnt endet wächst sinkt steigt bleibt zeigt plant baut eröffnet verlängert prüft stellt bietet "
    "neu groß klein gut erste zweite dritte jung offen gemeinsam regional wichtig möglich weiter heute morgen künftig bereits "
    "Wasserstoff Medizintechnik Logistik Photonik Lebensmittel"
).split()


def prose(seed: int, count: int) -> str:
    """So many words that depend on nothing but the seed."""
    state, words = seed * 2654435761 % 2**32, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        words.append(WORDS[state // 65536 % len(WORDS)])
    return " ".join(words)


def entry(feed: int, number: int) -> str:
    seed = feed * 1000 + number
    day = 1 + (seed * 7) % 28
    paragraphs = "".join(f"&lt;p&gt;{prose(seed * 5 + part, 45)}.&lt;/p&gt;" for part in range(4))
    return (
        f"<item><title>{prose(seed, 7)} {seed}</title><link>https://site{feed}.example/news/{number}?utm_source=rss</link>"
        f'<guid isPermaLink="false">{feed}-{number}</guid><description>{prose(seed + 1, 20)}</description>'
        f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">{paragraphs}</content:encoded>'
        f"<category>{WORDS[seed % len(WORDS)]}</category><pubDate>{day:02} Oct 2026 10:{seed % 60:02}:00 +0200</pubDate></item>"
    )


def made_up(feed: int, *, gained: bool) -> bytes:
    numbers = range(20, -1, -1) if gained else range(19, -1, -1)
    head = f"<title>Feed {feed}</title><link>https://site{feed}.example/</link><description>made up</description>"
    body = "".join(entry(feed, number) for number in numbers)
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{body}</channel></rss>'.encode()


_ITEM = re.compile(rb"<(item|entry)[\s>].*?</\1>", re.DOTALL)


class Feeds:
    def __init__(self, folder: Path | None) -> None:
        self.recorded = (
            sorted(path for path in folder.iterdir() if path.suffix in {".xml", ".rss", ".atom"}) if folder else []
        )
        self.validators, self.gained, self.stamped = True, False, False
        self.answers = 0
        self.cache: dict[tuple[int, bool], bytes] = {}

    def body(self, feed: int) -> bytes:
        gained = self.gained and feed % 10 == 0
        if (feed, gained) not in self.cache:
            self.cache[feed, gained] = (
                self._recorded(feed, gained=gained) if self.recorded else made_up(feed, gained=gained)
            )
        return self.cache[feed, gained]

    def _recorded(self, feed: int, *, gained: bool) -> bytes:
        body = self.recorded[feed % len(self.recorded)].read_bytes()
        body = re.sub(rb"(<(?:guid|id)[^>]*>)", rb"\g<1>" + str(feed).encode() + b"-", body)
        first = _ITEM.search(body)
        if gained and first:
            again = re.sub(rb"(<(?:guid|id)[^>]*>)", rb"\g<1>new-", first.group(0))
            body = body[: first.start()] + again.replace(b"<title>", b"<title>Neu ", 1) + body[first.start() :]
        return body


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=Path)
    feeds = Feeds(parser.parse_args().feeds)

    def answer(target: str, headers: dict[str, str]) -> bytes:
        parts = urlsplit(target)
        if parts.path == "/set":
            wanted = parse_qs(parts.query)
            feeds.validators, feeds.gained = wanted["validators"] == ["1"], wanted["gained"] == ["1"]
            feeds.stamped = wanted["stamped"] == ["1"]
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        body = feeds.body(int(parts.path.rsplit("/", 1)[1]))
        if feeds.stamped:
            feeds.answers += 1
            stamp = b"<lastBuildDate>%d</lastBuildDate>" % feeds.answers
            body = body.replace(b"<channel>", b"<channel>" + stamp, 1)
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        extra = f"ETag: {etag}\r\n" if feeds.validators else ""
        if feeds.validators and headers.get("if-none-match") == etag:
            return f"HTTP/1.1 304 Not Modified\r\n{extra}\r\n".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                writer.write(answer(head[0].split()[1], headers))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
