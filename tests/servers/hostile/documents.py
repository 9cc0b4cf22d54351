"""Feeds that are in order, and feeds that are an attack or a ruin: bytes alone, whoever sends them."""

from __future__ import annotations

from hashlib import blake2b
from html import escape

_TEXT = """
Brücke Hafen Theater Radweg Schule Wasserwerk Bibliothek Messe Tunnel Park Klinik Bahnhof Archiv
Markt Sternwarte eröffnet geplant saniert erweitert verlegt besichtigt gesperrt gefeiert geprüft
vermessen beleuchtet begrünt Spandau Cottbus Neuruppin Köpenick Potsdam Eberswalde Teltow Rathenow
Templin Pankow Senftenberg Zossen
"""
_WORDS = _TEXT.split()


def prose(seed: str, count: int) -> str:
    """So many words that depend on nothing but the seed."""
    drawn = b"".join(blake2b(f"{seed} {block}".encode()).digest() for block in range(count // 64 + 1))
    return " ".join(_WORDS[byte % len(_WORDS)] for byte in drawn[:count])


def titles(name: str, count: int) -> list[str]:
    """The titles of `feed(name, count)`, newest first."""
    return [f"{name}: {prose(f'{name} {number}', 4)}" for number in range(1, count + 1)]


def item(name: str, number: int, *, title: str | None = None, more: str = "", host: str | None = None) -> str:
    title = title or titles(name, number)[-1]
    link = f"https://{host or name}.example/n/{number}"
    text = escape(f"<p>{prose(f'{name} text {number}', 60)}.</p>")
    return (
        f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{name}-{number}</guid>"
        f"<pubDate>{28 - number % 27:02} Oct 2026 10:00:00 +0100</pubDate>{more or f'<description>{text}</description>'}</item>"
    )


def rss(name: str, items: str, *, prolog: str = "", homepage: str = "") -> str:
    link = homepage or f"https://{name}.example/"
    return f"{prolog}<rss version='2.0'><channel><title>{name}</title><link>{link}</link>{items}</channel></rss>"


def feed(name: str, count: int = 3) -> bytes:
    """A feed that is in order."""
    return rss(name, "".join(item(name, number) for number in range(1, count + 1))).encode()


def one(name: str, more: str) -> bytes:
    """A feed of one ordinary entry and one that is built by hand."""
    return rss(name, item(name, 1) + item(name, 2, more=more)).encode()


def latin1(name: str) -> bytes:
    prolog = "<?xml version='1.0' encoding='iso-8859-1'?>"
    return rss(name, item(name, 1) + item(name, 2, title="Förderung für Köpenick"), prolog=prolog).encode("iso-8859-1")


def utf16(name: str) -> bytes:
    prolog = "<?xml version='1.0' encoding='utf-16'?>"
    return rss(name, item(name, 1) + item(name, 2, title="Förderung für Köpenick"), prolog=prolog).encode("utf-16")


def bad_utf8(name: str) -> bytes:
    """One byte that is no UTF-8 among many that are."""
    umlauts = "".join(item(name, number, title=f"{number} Förderung für Köpenick, Größe") for number in range(2, 12))
    return rss(name, item(name, 1) + umlauts).encode().replace(b"1 F", b"1 \xff F", 1)


def cp1252_as_utf8(name: str) -> bytes:
    prolog = "<?xml version='1.0' encoding='utf-8'?>"
    quoted = item(name, 2, title="„Förderung“ für Köpenick – 5 €")
    return rss(name, item(name, 1) + quoted, prolog=prolog).encode("cp1252")


def bom_and_blanks(name: str) -> bytes:
    return b"\xef\xbb\xbf \r\n\n" + b"<?xml version='1.0' encoding='utf-8'?>" + feed(name, 2)


def entities(name: str) -> bytes:
    return rss(name, item(name, 1) + item(name, 2, title="Zu&nbsp;Hause in K&ouml;penick &mdash; jetzt")).encode()


def control_characters(name: str) -> bytes:
    return one(name, "").replace(b"<title>" + name.encode() + b": ", b"<title>\x0b\x00\x1b[31m" + name.encode() + b": ")


def laughs(name: str) -> bytes:
    """Billion laughs: each entity is ten of the one before."""
    levels = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    return rss(name, item(name, 1, title="&l9;"), prolog=f"<!DOCTYPE rss [<!ENTITY l0 'lol'>{levels}]>").encode()


def external_entity(name: str, canary: str) -> bytes:
    """The machine's files and the inner network, asked for in four ways."""
    prolog = (
        f"<!DOCTYPE rss SYSTEM '{canary}dtd' [<!ENTITY file SYSTEM 'file:///etc/passwd'>"
        f"<!ENTITY net SYSTEM '{canary}entity'><!ENTITY % more SYSTEM '{canary}parameter'>%more;]>"
    )
    return rss(name, item(name, 1) + item(name, 2, title="Wer &file; &net; ist"), prolog=prolog).encode()


def redos_author(name: str) -> bytes:
    """feedparser's expression for addresses needs quadratic time (feedparser #562)."""
    return one(name, f"<author>{'a.' * 100_000}@</author>")


def redos_comment(name: str) -> bytes:
    return one(name, f"<description>{'&lt;!--' * 100_000}</description>")


def many_attributes(name: str) -> bytes:
    attributes = " ".join(f"a{number}='1'" for number in range(100_000))
    return one(name, f"<media {attributes}/>")


def deep_nest(name: str) -> bytes:
    return one(name, f"<description>tief {'&lt;div&gt;' * 100_000}unten{'&lt;/div&gt;' * 100_000}</description>")


def deep_xml(name: str) -> bytes:
    return one(name, "<x>" * 100_000 + "</x>" * 100_000)


def long_fields(name: str) -> bytes:
    more = f"<link>https://{name}.example/{'x' * 1_000_000}</link><pubDate>{'1' * 1_000_000}</pubDate>"
    return one(name, more).replace(f"<link>https://{name}.example/n/2</link>".encode(), b"")


def many_items(name: str) -> bytes:
    rows = "".join(f"<item><title>{name} {n}</title><guid>x{n}</guid></item>" for n in range(100_000))
    return rss(name, rows).encode()


def large_item(name: str) -> bytes:
    """Just under the limit of 10 MB."""
    return one(name, f"<description>{'Wort ' * 1_980_000}</description>")


def future(name: str) -> bytes:
    return rss(name, item(name, 1) + item(name, 2).replace("2026", "2099")).encode()


def stolen(name: str, victim: str) -> bytes:
    """The ids and links of somebody else's entries under other titles: an hour before them, and a month."""
    first, second = (item(victim, n, title=f"{name}: gekapert {n}") for n in (1, 2))
    first = first.replace("10:00:00", "09:00:00")
    return rss(name, item(name, 3) + first + second.replace("Oct 2026", "Sep 2026")).encode()


def empty_channel(name: str) -> bytes:
    return rss(name, "").encode()


ELSEWHERE = "/tmp/aggregator-was-here"


def paths_as_ids(name: str) -> bytes:
    rows = item(name, 1) + item(name, 2)
    for number, path in ((1, "../../../../etc/cron.d/x"), (2, f"{ELSEWHERE}&#10;&#27;")):
        rows = rows.replace(f"{name}-{number}<", f"{path}<")
    return rss(name, rows).encode()


ERROR_PAGE = b"""<!DOCTYPE html><html><head><title>Wartungsarbeiten</title><link rel="alternate" type="application/rss+xml"
href="/anderswo.xml"></head><body><h1>Wir sind gleich wieder da</h1></body></html>"""
