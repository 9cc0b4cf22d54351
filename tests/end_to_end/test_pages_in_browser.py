"""Every kind of page of the demonstration in a real browser: by rule (axe), by keyboard, narrow, enlarged, dark, printed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end import browser

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine")]

WIDE, NARROW, ENLARGED = 1280, 320, 640  # CSS pixels; 640 is a window of 1280 at 200 %
# WCAG 2.2 A and AA, and what axe's authors think good besides. `target-size` (2.5.8) is off unless asked for.
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# The rules whose answer depends on colours: running all of them again in the dark takes twice the time and finds the same
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
MOST = 60_000  # bytes of a page with its style sheet, before compression

WATCH = """() => {
  window.focused = [];
  addEventListener('focusin', ({target}) => {
    const style = getComputedStyle(target), box = target.getBoundingClientRect();
    window.focused.push({
      name: target.outerHTML.slice(0, 120), at: window.reachable.indexOf(target),
      outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      seen: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth,
    });
  });
  window.reachable = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter(one => one.checkVisibility());
  return window.reachable.length;
}"""
SHOWN = "selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility()).length"


@dataclass
class Looked:
    """What one look at a page found."""

    violations: list[str] = field(default_factory=list)
    wider_than_its_window: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # by the console, and requests that failed
    loaded: dict[str, int] = field(default_factory=dict)  # address → bytes
    reachable: int = 0
    focused: list[dict[str, Any]] = field(default_factory=list)
    skipped_to: str = ""
    printed: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Looked]:
    """Every kind of page, looked at once in every way: starting a browser takes longer than all the looking."""
    output = browser.demonstrated(tmp_path_factory.mktemp("demo"))
    found: dict[str, Looked] = defaultdict(Looked)
    with browser.served(output) as url, browser.opened() as chromium:
        page = chromium.new_context().new_page()
        now = Looked()
        page.on("console", lambda message: now.told.append(message.text))
        page.on("pageerror", lambda error: now.told.append(str(error)))
        page.on("requestfailed", lambda request: now.told.append(f"failed: {request.url}"))
        page.on("response", lambda answer: now.loaded.update({answer.url.removeprefix(url): len(answer.body())}))
        for kind, path in browser.kinds(output).items():
            now = found[kind]
            page.emulate_media(color_scheme="light", media="screen")
            page.set_viewport_size({"width": WIDE, "height": 900})
            page.goto(url + path)
            by_keyboard(page, now)
            by_rule(page, now)
            printed(page, now)
    return found


def by_rule(page: Page, now: Looked) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(Axe().axe_script)
    for width in (WIDE, ENLARGED, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"):
            now.wider_than_its_window.append(width)
        for scheme, options in (("light", RULES), ("dark", COLOURS)) if width != ENLARGED else ():
            page.emulate_media(color_scheme=scheme)
            for one in page.evaluate("options => axe.run(options)", options)["violations"]:
                where = [node["html"][:200] for node in one["nodes"]]
                now.violations.append(f"{one['id']} ({scheme}, {width}): {where}")


def by_keyboard(page: Page, now: Looked) -> None:
    now.reachable = page.evaluate(WATCH)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link that skips to the content
    now.skipped_to = page.evaluate("document.activeElement.id")
    page.evaluate("document.querySelector('.skip').focus(); window.focused = []")
    for _ in range(4 * now.reachable):  # a date has places of its own for day, month, year and the calendar
        page.keyboard.press("Tab")
        if page.evaluate("window.focused.at(-1)?.at") == now.reachable - 1:
            break
    focused = page.evaluate("window.focused")
    now.focused = [
        one for one, before in zip(focused, [{"at": 0}, *focused], strict=False) if one["at"] != before["at"]
    ]


def printed(page: Page, now: Looked) -> None:
    page.emulate_media(media="print", color_scheme="light")
    now.printed = {name: page.evaluate(SHOWN, name) for name in ("nav", "form", ".skip", "h1", "main")}


def by_kind(looked: dict[str, Looked], name: str) -> dict[str, Any]:
    """What was found on which kind of page; those without anything left out."""
    return {kind: getattr(one, name) for kind, one in looked.items() if getattr(one, name)}


def test_no_page_breaks_a_rule_of_axe(looked: dict[str, Looked]) -> None:
    assert len(looked) >= 14
    assert by_kind(looked, "violations") == {}


def test_no_page_is_wider_than_its_window(looked: dict[str, Looked]) -> None:
    assert by_kind(looked, "wider_than_its_window") == {}


def test_the_browser_complains_of_nothing_and_loads_nothing_from_elsewhere(looked: dict[str, Looked]) -> None:
    assert by_kind(looked, "told") == {}
    for kind, one in looked.items():
        assert one.loaded, kind
        assert all(address.startswith("/") for address in one.loaded), kind
        assert len(one.loaded) <= 3, kind  # the page; style sheet and icon where they were not loaded before


def test_every_link_is_reached_by_tab_in_the_order_of_the_page(looked: dict[str, Looked]) -> None:
    for kind, one in looked.items():
        assert one.reachable > 10, kind
        assert [seen["at"] for seen in one.focused] == list(range(1, one.reachable)), kind


def test_what_has_the_focus_is_seen_to_have_it(looked: dict[str, Looked]) -> None:
    for kind, one in looked.items():
        assert [seen["name"] for seen in one.focused if not (seen["outlined"] and seen["seen"])] == [], kind


def test_the_first_link_leads_to_the_content(looked: dict[str, Looked]) -> None:
    assert {kind: one.skipped_to for kind, one in looked.items()} == dict.fromkeys(looked, "content")


def test_paper_shows_the_content_without_navigation(looked: dict[str, Looked]) -> None:
    for kind, one in looked.items():
        assert one.printed == {"nav": 0, "form": 0, ".skip": 0, "h1": 1, "main": 1}, kind


def test_a_page_with_all_it_loads_is_small(looked: dict[str, Looked]) -> None:
    loaded = {at: size for one in looked.values() for at, size in one.loaded.items()}
    shared = sum(size for at, size in loaded.items() if at in {"/style.css", "/icon.svg"})
    sizes = {kind: loaded[at] + shared for kind, at in ((kind, next(iter(one.loaded))) for kind, one in looked.items())}
    print(sizes, f"of which style sheet and icon {shared}")
    assert max(sizes.values()) <= MOST
