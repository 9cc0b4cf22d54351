"""Rules for HTML inside a document: what a strict parser would mend, what is dangerous, links that lead nowhere.

Told by the tags alone, in the form that sanitisers write (names in lower case, every attribute quoted, nothing left out);
anything else counts as a fault.
"""

from __future__ import annotations

import re

from aggregator.publish.checks.faults import Broken


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


_SAFE = _names(
    "a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas caption center cite code col"
    " colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer form h1 h2 h3"
    " h4 h5 h6 header hgroup hr i img input ins kbd label legend li main map mark menu meter nav noscript ol optgroup option"
    " output p picture pre progress q rp rt ruby s samp section select small source span strike strong sub summary sup table"
    " tbody td template textarea tfoot th thead time tr track tt u ul var video wbr"
)
_RISKY = _names(
    "applet base basefont body comment embed frame frameset head html iframe isindex link listing meta noframes object param"
    " plaintext script slot style title xmp"
)
TAGS = _SAFE | _RISKY
_ATTRIBUTES = _names(
    "abbr align alt axis border cellpadding cellspacing char charoff charset checked cite class clear color cols colspan"
    " compact coords datetime dir disabled download face for frame headers height href hreflang hspace id ismap lang label"
    " longdesc loop media name nohref noshade nowrap open rel rev reversed rows rowspan rules scope shape size sizes span src"
    " srclang srcset start summary tabindex target title translate type usemap valign value vspace width wrap"
)
_VOID = _names("area br col hr img input source track wbr")
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
# What ends an open paragraph; its own end tag then comes too late
_BLOCKS = _HEADINGS | _names(
    "address article aside blockquote center details dialog dd dir div dl dt fieldset figcaption figure footer form header"
    " hgroup hr li main menu nav ol p pre section summary table ul"
)
_WALLS = _names("table caption td th")  # a paragraph outside of these is not ended by what stands within
_ITEMS = {"li": _names("li"), "dd": _names("dd dt"), "dt": _names("dd dt")}
# Through these a list item ends the one before; other blocks keep it apart. figcaption: so do widespread parsers (html5lib)
_OPEN_TO_ITEMS = _names("address div p figcaption")
_PARTS = {  # elements that may stand in these alone
    "caption": _names("table"),
    "colgroup": _names("table"),
    "col": _names("colgroup"),
    "thead": _names("table"),
    "tbody": _names("table"),
    "tfoot": _names("table"),
    "tr": _names("thead tbody tfoot"),
    "td": _names("tr"),
    "th": _names("tr"),
}
_FRAMES = _names("table thead tbody tfoot tr colgroup")  # these hold their parts alone, and no text
_MOST_OPEN = 400

_TAG = re.compile(r"(/?)([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*=\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r" ([a-z][a-z0-9-]*)=\"([^\"]*)\"")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|#39|#x27|#[0-9]{2,7}|#x[0-9A-Fa-f]{2,6});)")
_ABSOLUTE = re.compile(r"\w+:")
# What no HTML document may hold (WHATWG, preprocessing the input stream): controls and noncharacters
_NONCHARACTERS = "".join(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
_NO_CHARACTER = re.compile(f"[\x01-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef{_NONCHARACTERS}]")


def html(value: str) -> Broken:
    """NotHtml, SecurityRisk, SecurityRiskAttr, DangerousStyleAttr, ContainsRelRef."""
    found = None if value.isprintable() else _NO_CHARACTER.search(value)
    if found:
        yield "NotHtml", f"character U+{ord(found[0]):04X}"
    bare = _BARE.search(value) if "&" in value else None
    if bare:
        yield "NotHtml", value[bare.start() : bare.start() + 20]
    stack: list[str] = []
    text, *parts = value.split("<")
    for part in parts:
        tag = _TAG.match(part)
        if not tag:
            yield "NotHtml", f"<{part[:40]}"
            return
        closing, name, attributes = tag.groups()
        if closing:
            if not stack or stack.pop() != name:
                yield "NotHtml", f"</{name}>"
                return
        else:
            yield from _opened(name, stack)
            if attributes:
                yield from _attributes(name, attributes)
        text = part[tag.end() :]
        if stack and stack[-1] in _FRAMES and text.strip():
            yield "NotHtml", f"text in <{stack[-1]}>"
    if stack:
        yield "NotHtml", f"<{stack[-1]}> is not closed"


def _opened(name: str, stack: list[str]) -> Broken:
    if name in _RISKY:
        yield "SecurityRisk", f"<{name}>"
    elif name not in _SAFE:
        yield "NotHtml", f"<{name}>"
    if (misplaced := _misplaced(name, stack)) or len(stack) > _MOST_OPEN:
        yield "NotHtml", misplaced or "too deep"
    if name not in _VOID:
        stack.append(name)


def _misplaced(name: str, stack: list[str]) -> str:
    """Why a parser would not leave this element where it stands; "" when it would."""
    inside = stack[-1] if stack else ""
    if name in _PARTS or inside in _FRAMES:
        return "" if inside in _PARTS.get(name, ()) else f"<{name}> in <{inside}>"
    if name in _HEADINGS and inside in _HEADINGS:
        return f"<{name}> in <{inside}>"
    if name in _BLOCKS and _within("p", stack):
        return f"<{name}> in <p>"
    if name == "a" and _within("a", stack):
        return "<a> in <a>"
    if name in _ITEMS and _ends_item(name, stack):
        return f"<{name}> in <{inside}>"
    return ""


def _within(name: str, stack: list[str]) -> bool:
    for each in reversed(stack):
        if each == name:
            return True
        if each in _WALLS:
            return False
    return False


def _ends_item(name: str, stack: list[str]) -> bool:
    for each in reversed(stack):
        if each in _ITEMS[name]:
            return True
        if (each in _BLOCKS or each in _WALLS) and each not in _OPEN_TO_ITEMS:
            return False
    return False


def _attributes(name: str, written: str) -> Broken:
    for attribute, value in _ATTRIBUTE.findall(written):
        if attribute == "style":
            yield "DangerousStyleAttr", value
        elif attribute not in _ATTRIBUTES and not attribute.startswith("data-"):
            yield "SecurityRiskAttr", attribute
        elif (attribute == "href" or (attribute == "src" and name == "img")) and not _ABSOLUTE.match(value.strip()):
            yield "ContainsRelRef", value
