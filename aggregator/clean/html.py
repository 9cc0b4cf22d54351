"""Foreign HTML: what of it may be published, and the plain text of it. Pure.

nh3 parses as browsers do and writes one canonical form: tags in lower case, every attribute in double quotes, text escaped. All
that is done after it relies on that form, and keeps it: in what `safe` gives, `<` and `>` are tags and nothing else.
"""

from __future__ import annotations

import html
import re
from collections import Counter

import nh3

from aggregator import text, urls


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


# Tags that say what a text is, none that say what it looks like or does. h1 belongs to the page that shows the item.
_RENAMED = {"h1": "h2"} | dict.fromkeys(
    ("section", "article", "main", "header", "footer", "aside", "center", "address", "details", "summary", "fieldset"),
    "div",
)
_LINES = _names(
    "p div br hr h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre table caption thead tbody tfoot tr figure figcaption"
)
_ALLOWED = _LINES | _names("a img strong em b i u s sub sup small q cite code kbd abbr mark del ins td th")
# Gone with all that stands in them: code, pictures made of code, what only works inside its own page
_GONE = _names("script style template svg math iframe object select textarea button title nav")
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # without it nh3 lets `title` and `lang` pass everywhere
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
# Links within mail and telephone are what press contacts are made of. Relative links pass; `_linked` makes them absolute or
# drops them, and looks at every scheme again: nh3 sees `java\x0bscript:`, we have taken the control character out since.
_SANITISER = nh3.Cleaner(
    tags=set(_ALLOWED | _RENAMED.keys()),
    clean_content_tags=set(_GONE),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener",
)
_TEXT_ONLY = nh3.Cleaner(
    tags=set(_LINES | _RENAMED.keys() | {"td", "th"}),
    clean_content_tags=set(_GONE),
    attributes={"*": set()},
    link_rel=None,
)

_DEEPEST = 200
_MOST_REFERENCES = 50_000
_NESTING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
# Elements that the next of their kind closes, or that hold nothing: many of them are no nesting
_FLAT = _names("p li td th tr dd dt option br img hr input wbr col source track area link meta embed param")
_ALL_BUT_PARAGRAPHS = re.compile(r"<(?!/?(?:p|br|script|style)\b)[^<>]*>", re.IGNORECASE)

_TAG = re.compile(r"<[^<>]*>")
_LINE_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_LINES))})(?: [^<>]*)?>")
# Links that need nothing, which most are, do not match
_WITH_ATTRIBUTES = re.compile(
    r'<(a|img|td|th|ol)(?! href="https?://[a-z0-9][a-z0-9.-]*[a-z0-9](?:/[A-Za-z0-9/_~.,:@!$()*+%-]*)?" rel="noopener">)'
    r'((?: [a-z]+="[^"]*")+)>'
)
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_RENAME = re.compile(rf"<(/?)({'|'.join(_RENAMED)})>")
_EMPTY = re.compile(r"<(p|div|li|h[2-6]|ul|ol|blockquote|figure|figcaption)>(?:\s|&nbsp;|<br>)*</\1>")
_NUMBER = re.compile(r"\d{1,4}$", re.ASCII)
_CONTACT = re.compile(r"(?:mailto:[^\s<>\"@]+@[^\s<>\"]+|tel:[0-9+()/ .-]+)$", re.IGNORECASE)
# Counters of readers that do not always say that they are one pixel wide: VG Wort (royalties of German authors), IVW and
# its successor IOAM (circulation of German papers), WordPress, FeedBurner
_COUNTER = re.compile(
    r"https?://(?:[a-z0-9.-]+\.)?(?:vgwort\.de|ivwbox\.de|ioam\.de|pixel\.wp\.com|stats\.wordpress\.com|feeds\.feedburner\.com/~)",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|&nbsp(?![A-Za-z0-9;])")


def safe(markup: str, base: str) -> str:
    """The HTML without anything that runs, styles, tracks or names; links absolute against `base`."""
    cleaned = _cleaned(_SANITISER, markup).replace("<img>", "")
    if "=" in cleaned:
        cleaned = _WITH_ATTRIBUTES.sub(lambda tag: _rewritten(tag, base), cleaned)
    return without_empty(_RENAME.sub(lambda tag: f"<{tag[1]}{_RENAMED[tag[2]]}>", cleaned)).strip()


def plain(markup: str) -> str:
    """The words of any HTML, a line for each paragraph, list item and table row; entities decoded, also twice escaped ones."""
    if "<" not in markup and "&" not in markup:
        return text.line(markup)
    return words(_RENAME.sub("<div>", _cleaned(_TEXT_ONLY, markup)))


def words(safe_markup: str) -> str:
    """The same of HTML that `safe` gave: no need to parse it again."""
    lined = _LINE_TAG.sub("\n", safe_markup.replace("\n", " ").replace("</td>", " ").replace("</th>", " "))
    bare = _TAG.sub("", lined)
    if "&" in bare:  # the canonical form escapes these four and no others
        bare = bare.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        bare = unescaped(bare)
    return "\n".join(filter(None, map(text.line, bare.split("\n"))))


def unescaped(written: str) -> str:
    """Characters for entities that are still there in plain text: somebody escaped twice (`&amp;uuml;`), or thrice."""
    for _ in range(3):
        if "&" not in written:
            break
        written = _ENTITY.sub(lambda entity: html.unescape(entity[0].rstrip(";") + ";"), written)
    return written


def paragraphs(written: str) -> str:
    """Safe HTML of plain text: an empty line parts paragraphs, a line feed lines."""
    blocks = re.split(r"\n[ \t]*\n", text.xml(written).replace("\r\n", "\n").replace("\r", "\n"))
    lined = ("<br>".join(html.escape(line, quote=False) for line in block.strip().split("\n")) for block in blocks)
    return "".join(f"<p>{block}</p>" for block in lined if block)


def without_empty(safe_markup: str) -> str:
    """The HTML without blocks that hold nothing: editors leave `<p>&nbsp;</p>` for distance, and taking out leaves them too."""
    for _ in range(4):  # an empty list in an empty quotation: each round takes the innermost
        fuller = _EMPTY.sub("", safe_markup)
        if fuller == safe_markup:
            break
        safe_markup = fuller
    return safe_markup


def _cleaned(cleaner: nh3.Cleaner, markup: str) -> str:
    """Legal characters, in NFC but for the one that would become one with a tag's end: `>` and U+0338 are `≯`, and what
    follows as text would be attributes (`<b>&#x338; onclick=...`)."""
    shallow = _shallow(markup)
    try:
        cleaned = cleaner.clean(shallow)
    except UnicodeEncodeError:  # a lone surrogate; to look for one beforehand costs more than all else but nh3
        cleaned = cleaner.clean(text.legal(shallow))
    return text.legal(cleaned) if "\u0338" in cleaned else text.xml(cleaned)


def _shallow(markup: str) -> str:
    """The markup, or only its paragraphs when it is nested deeper than any text is: nh3 takes 20 s for 100,000 open `<div>`,
    and what shows it would have to cope as well. For each bare `&` it takes 7 µs: no text has so many of them."""
    if markup.count("&") > _MOST_REFERENCES:
        markup = markup.replace("&", " ")
    if markup.count("<") <= _DEEPEST or _depth(markup) <= _DEEPEST:
        return markup
    return _ALL_BUT_PARAGRAPHS.sub(" ", markup)


def _depth(markup: str) -> int:
    """At least a fair part of how deep elements are nested. A closing tag counts only where one of that name is open."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for closing, written in _NESTING.findall(markup):
        name = written.lower()
        if name in _FLAT:
            continue
        if not closing:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return deepest


def _rewritten(tag: re.Match[str], base: str) -> str:
    attributes = dict(_ATTRIBUTE.findall(tag[2]))
    match tag[1]:
        case "a":
            return _anchor(attributes.get("href", ""), base)
        case "img":
            return _image(attributes, base)
        case name:
            return f"<{name}{_numbers(attributes, 'colspan', 'rowspan', 'start')}>"


def _anchor(written: str, base: str) -> str:
    href = html.unescape(written)
    found = href if _CONTACT.match(href) else urls.absolute(href, base)
    return f'<a href="{html.escape(found)}" rel="noopener">' if found else "<a>"


def _image(attributes: dict[str, str], base: str) -> str:
    """The picture, "" for one that can not be loaded or is not to be seen: counting pixels are one pixel wide, or none."""
    source = urls.absolute(html.unescape(attributes.get("src", "")), base)
    sizes = {attributes.get(side, "").strip().lower().removesuffix("px") for side in ("width", "height")}
    if not source or sizes & {"0", "1"} or _COUNTER.match(source):
        return ""
    alt = html.escape(text.line(html.unescape(attributes.get("alt", ""))))
    return f'<img src="{html.escape(source)}" alt="{alt}"{_numbers(attributes, "width", "height")}>'


def _numbers(attributes: dict[str, str], *names: str) -> str:
    return "".join(f' {name}="{attributes[name]}"' for name in names if _NUMBER.match(attributes.get(name, "")))
