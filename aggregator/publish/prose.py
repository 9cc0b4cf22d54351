"""Safe HTML and plain text as blocks of text and links, for templates that escape all they are given. Pure.

A page of ours shows what a source wrote without taking over a single tag of it: paragraphs, headings, lists and quotations are
our own elements, what stands in them is text. Pictures and tables' columns are left out; a link keeps its address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import groupby
from typing import Literal, NamedTuple, TypeAlias

from aggregator import text

Kind: TypeAlias = Literal["paragraph", "heading", "item", "numbered", "quote"]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TABLE = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr"})
_BLOCKS = (_HEADINGS | _TABLE).union(
    ("p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "figure", "figcaption", "hr")
)
_CELLS = frozenset({"td", "th"})
_STRONG = frozenset({"strong", "b"})
_ADDRESS = re.compile(r"(?:https?://[^\s/]|mailto:|tel:)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_SPACES = re.compile(r" {2,}")
_BREAKS = re.compile(r" ?\n ?")
# In texts of the configuration; what closes a sentence does not belong to the address
_WRITTEN_ADDRESS = re.compile(
    r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])|([^\s<>@\"(]+@[a-z0-9.-]+\.[a-z]{2,})", re.IGNORECASE
)


class Run(NamedTuple):
    """Words that stand together: text, perhaps a link, perhaps stressed. A line feed is a line's end."""

    text: str
    url: str | None = None
    strong: bool = False


class Block(NamedTuple):
    """A paragraph or what stands like one."""

    kind: Kind
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


class Part(NamedTuple):
    """Blocks of one kind in a row: the items of a list, the paragraphs of a quotation."""

    kind: Kind
    blocks: tuple[Block, ...]


class _Reader(HTMLParser):
    """Reads what `clean.html.safe` gives; of anything else it takes the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._runs: list[Run] = []
        self._lists: list[Kind] = []
        self._url: str | None = None
        self._strong = self._quoted = self._items = 0
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._open(tag)
        elif tag == "br":
            self._say("\n")
        elif tag in _CELLS:
            self._say(" · " if self._runs else "")
        elif tag == "a":
            address = (dict(attrs).get("href") or "").strip()
            self._url = address if leads(address) else None
        elif tag in _STRONG:
            self._strong += 1

    def _open(self, tag: str) -> None:
        if tag in {"p", "div"} and self._items and not self._heading:  # paragraphs of one list item
            if self._runs:
                self._say("\n")
            return
        self.end()
        if tag in {"ul", "ol"}:
            self._lists.append("numbered" if tag == "ol" else "item")
        elif tag == "li":
            self._items += 1
        elif tag == "blockquote":
            self._quoted += 1
        elif tag in _HEADINGS:
            self._heading = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._url = None
        elif tag in _STRONG:
            self._strong = max(0, self._strong - 1)
        elif tag in _BLOCKS and not (tag in {"p", "div"} and self._items):
            self.end()
            self._close(tag)

    def _close(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._items = max(0, self._items - 1)
        elif tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        elif tag in _HEADINGS:
            self._heading = False

    def parse_html_declaration(self, i: int) -> int:
        """`<![` in what nobody cleaned makes the parser of Python 3.11 raise."""
        return self.parse_comment(i) if self.rawdata.startswith("<!--", i) else self.parse_bogus_comment(i)

    def handle_data(self, data: str) -> None:
        self._say(_SPACE.sub(" ", data))

    def _say(self, said: str) -> None:
        if said:
            self._runs.append(Run(said, self._url, self._strong > 0))

    def end(self) -> None:
        """What was said since the last block is one."""
        runs, self._runs = _tidy(self._runs), []
        if runs:
            self.blocks.append(Block(self._kind(), runs))

    def _kind(self) -> Kind:
        if self._heading:
            return "heading"
        if self._items:
            return self._lists[-1] if self._lists else "item"
        return "quote" if self._quoted else "paragraph"


def _tidy(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Without doubled and outer space, neighbours of one kind joined; nothing where there are no words."""
    joined: list[Run] = []
    for (url, strong), same in groupby(runs, key=lambda run: (run.url, run.strong)):
        said = _BREAKS.sub("\n", _SPACES.sub(" ", "".join(run.text for run in same)))
        before = joined[-1].text[-1:] if joined else " "
        said = said.lstrip(" ") if before in {" ", "\n"} else said
        if said:
            joined.append(Run(said, url if said.strip() else None, strong))  # no link around nothing
    while joined and not joined[-1].text.strip():
        joined.pop()
    while joined and not joined[0].text.strip():
        joined.pop(0)
    if joined:
        joined[0] = joined[0]._replace(text=joined[0].text.lstrip())
        joined[-1] = joined[-1]._replace(text=joined[-1].text.rstrip())
    return tuple(joined)


def leads(address: str) -> bool:
    """Whether a link may lead there: to a page, a mailbox, a telephone."""
    return bool(_ADDRESS.match(address))


def read(safe_markup: str) -> tuple[Block, ...]:
    """The blocks of safe HTML, in its order."""
    reader = _Reader()
    reader.feed(safe_markup)
    reader.close()
    reader.end()
    return tuple(reader.blocks)


def lines(written: str) -> tuple[Block, ...]:
    """Plain text, a paragraph a line, as items hold it."""
    found = (line.strip() for line in written.split("\n"))
    return tuple(Block("paragraph", (Run(line),)) for line in found if line)


def paragraphs(written: str) -> tuple[Block, ...]:
    """Plain text as people write it into a file: an empty line parts paragraphs; addresses become links."""
    blocks = (block.strip() for block in re.split(r"\n[ \t]*\n", written))
    return tuple(Block("paragraph", tuple(_linked(block))) for block in blocks if block)


def _linked(block: str) -> Iterator[Run]:
    at = 0
    for found in _WRITTEN_ADDRESS.finditer(block):
        if found.start() > at:
            yield Run(block[at : found.start()])
        yield Run(found[0], found[1] or f"mailto:{found[2]}")
        at = found.end()
    if at < len(block):
        yield Run(block[at:])


def parts(blocks: Iterable[Block]) -> tuple[Part, ...]:
    """Blocks of one kind together, as lists and quotations want it."""
    return tuple(Part(kind, tuple(same)) for kind, same in groupby(blocks, key=lambda block: block.kind))


def within(blocks: Iterable[Block], characters: int) -> tuple[Block, ...]:
    """As many whole blocks as fit; the first always, shortened where it is longer."""
    kept: list[Block] = []
    for block in blocks:
        characters -= len(block.text)
        if characters < 0:
            break
        kept.append(block)
    else:
        return tuple(kept)
    return tuple(kept) or (Block(block.kind, (Run(text.shorten(block.text, characters + len(block.text))),)),)
