"""Places in HTML pages: what a recipe's selectors find there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aggregator import text, urls
from aggregator.errors import Failure
from aggregator.model import Selector, Unreadable

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

    from aggregator.parse.decode import Decoded

# Where one line ends and the next begins though no whitespace stands between the tags
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote br caption dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li"
        " main nav ol p pre section table td th tr ul",
    )
)


class RecipeError(ValueError):
    """A selector or expression of a recipe that can not be used; never leaves the room."""


def soup(decoded: Decoded) -> BeautifulSoup:
    """The page as a tree. The parser is named: which one Beautiful Soup takes else depends on what is installed."""
    from bs4 import BeautifulSoup

    # "<?xml" means nothing in HTML, and Beautiful Soup warns of it on standard error
    return BeautifulSoup(decoded.utf8.replace(b"<?xml", b"<?x"), "lxml", from_encoding="utf-8")


def elements(scope: Tag, css: str) -> list[Tag]:
    """All elements in the scope that the selector finds, in document order; an empty selector is the scope itself."""
    if not css:
        return [scope]
    from soupsieve import SelectorSyntaxError

    try:
        return list(scope.select(css))
    except (SelectorSyntaxError, NotImplementedError) as error:
        raise RecipeError(f"selector {css!r}: {str(error).splitlines()[0]}") from error


def values(scope: Tag, selector: Selector) -> list[str]:
    """Text or attribute of every place the selector finds, without the empty ones."""
    found = elements(scope, selector.css)
    if selector.attribute:
        return [value for value in (attribute(element, selector.attribute) for element in found) if value]
    return [value for value in map(line, found) if value]


def value(scope: Tag, selector: Selector | None) -> str | None:
    """The first of `values`."""
    return next(iter(values(scope, selector)), None) if selector else None


def attribute(element: Tag, name: str) -> str | None:
    """An attribute's value, one line."""
    written = element.get(name)
    return text.line(written if isinstance(written, str) else " ".join(written or ())) or None


def line(element: Tag) -> str:
    """The element's text as one line: words of neighbouring blocks do not run together, words with inline tags in them do not
    fall apart."""
    return text.line("".join(_pieces(element)))


def _pieces(element: Tag) -> Iterator[str]:
    from bs4 import Tag
    from bs4.element import CData, NavigableString

    waiting: list[object] = [element]  # not recursive: pages nest deeper than Python calls
    while waiting:
        node = waiting.pop()
        if isinstance(node, Tag):
            edge = " " if node.name in _BLOCKS else ""
            waiting += (edge, *reversed(node.contents), edge)
        elif type(node) in {str, NavigableString, CData}:  # and not comments, scripts, style sheets
            yield str(node)


def is_block(element: Tag) -> bool:
    return element.name in _BLOCKS


def base_of(tree: Tag, url: str) -> str:
    """What relative links of the page refer to."""
    found = tree.find("base", href=True)
    return urls.absolute(attribute(found, "href"), url) or url if found else url


def unusable(error: RecipeError) -> Unreadable:
    return Unreadable(failure=Failure.MALFORMED, detail=f"the recipe can not be used: {error}")


def compiled(pattern: str) -> re.Pattern[str]:
    """A recipe's regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RecipeError(f"regular expression {pattern!r}: {error}") from error


def title(tree: Tag) -> str | None:
    """What the page calls itself."""
    found = tree.find("title")
    return (line(found) or None) if found else None


def language(tree: Tag) -> str | None:
    """The language of the page as its root element says."""
    found = tree.find("html")
    return attribute(found, "lang") if found else None


def described(tree: Tag) -> str:
    """The page in the words of a message."""
    named = title(tree)
    return f"the page {text.shorten(named, 80)!r}" if named else "a page without title"
