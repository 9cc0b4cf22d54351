"""URLs: absolute, comparable, and the keys in them."""

import json
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import urls
from tests import shared_data

ANY = st.text(st.characters(exclude_categories=()), max_size=60)
NASTY = st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            [*"abc:/?#[]@\\%&=;. ü\n\x0b\ud800", "http", "https://", "www.", "javascript:", "//", "..", "%C3"]
        )
    ),
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("https://a.example/p?id=7#x", "https://a.example/p?id=7#x", id="what is right stays"),
        pytest.param("  https://a.example/p\n", "https://a.example/p", id="white space around goes"),
        pytest.param(
            "https://a.example/lang/\n      er-link", "https://a.example/lang/er-link", id="a folded link is one"
        ),
        pytest.param("/p/1", "https://base.example/p/1", id="relative to the host"),
        pytest.param("1.html", "https://base.example/news/1.html", id="relative to the page"),
        pytest.param("//b.example/x", "https://b.example/x", id="without a scheme"),
        pytest.param("www.b.example/x", "https://www.b.example/x", id="www alone is a host, not a folder"),
        pytest.param(
            "HTTPS://A.Example/X", "https://a.example/X", id="scheme and host in lower case, the path as it is"
        ),
        pytest.param("https://a.example/über uns", "https://a.example/%C3%BCber%20uns", id="an URI has only ASCII"),
        pytest.param(
            "https://a.example/%C3%BC?x=%5B1%5D", "https://a.example/%C3%BC?x=%5B1%5D", id="escapes stay as they are"
        ),
        pytest.param("https://straße.example/", "https://xn--strae-oqa.example/", id="hosts in punycode, IDNA 2008"),
        pytest.param("https://a.example/?a=1&amp;b=2", "https://a.example/?a=1&b=2", id="escaped once too often"),
        pytest.param("https://a.example/x;jsessionid=0A1?y=1", "https://a.example/x?y=1", id="sessions go"),
        pytest.param(
            "https://a.example/?utm_source=rss&id=7&wt_mc=x", "https://a.example/?id=7", id="tracking goes, ids stay"
        ),
        pytest.param(
            "https://a.example/?id=7?utm_source=rss", "https://a.example/?id=7", id="tracking behind a second ?"
        ),
        pytest.param("https://a.example/p#xtor=RSS-1", "https://a.example/p", id="tracking in the fragment"),
        pytest.param(
            "https://a.example/?tx[p]=2&cHash=ab",
            "https://a.example/?tx[p]=2&cHash=ab",
            id="cHash is part of the address",
        ),
        pytest.param("https://user:pw@a.example/x", "https://a.example/x", id="no passwords"),
        pytest.param("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x", id="an IPv6 address with port"),
        pytest.param("javascript:alert(1)", None, id="javascript"),
        pytest.param("java\nscript:alert(1)", None, id="javascript in two lines"),
        pytest.param("data:text/html,x", None, id="data"),
        pytest.param("tag:a.example,2020:1", None, id="a tag URI is a name"),
        pytest.param("presse@a.example", None, id="a mail address"),
        pytest.param("mailto:presse@a.example", None, id="mailto"),
        pytest.param("http:///x", None, id="no host"),
        pytest.param("http://[::1/x", None, id="a broken address"),
        pytest.param("http://a.example:99999/", None, id="no such port"),
        pytest.param("http://a.example\\@b.example/", None, id="two readings of one host"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_absolute(written: str, expected: str | None) -> None:
    assert urls.absolute(written, "https://base.example/news/") == expected


def test_a_bare_number_needs_a_base() -> None:
    assert urls.absolute("886840") is None


@given(st.one_of(ANY, NASTY), st.one_of(st.none(), NASTY))
def test_absolute_gives_http_in_ascii_or_nothing(written: str, base: str | None) -> None:
    found = urls.absolute(written, base)
    if found is not None:
        assert re.fullmatch(r"https?://[!-~]+", found)
        assert not {'"', "<", ">", "\\"} & set(found)
        assert urls.absolute(found) == found


@pytest.mark.parametrize(
    "variant",
    [
        "http://www.a.example/p/x?id=1",
        "https://a.example/p/x/?id=1",
        "https://a.example:443/p/x?id=1#top",
        "https://A.example/p/./x?id=1&utm_source=y",
        "https://a.example./p/x?id=1&amp=1",
        "https://a.example/p/x?id=1&print=true",
        "https://a.example/p/x/index.html?id=1",
        "https://a.example/p/%78?id=%31",
        "https://a.example/p/x;jsessionid=AB?id=1&view=renderPrint",
    ],
)
def test_the_same_page_has_one_key(variant: str) -> None:
    assert urls.canonical(variant) == "a.example/p/x?id=1"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("https://a.example/?p=1", "https://a.example/?p=2", id="ids in the query"),
        pytest.param("https://a.example/P", "https://a.example/p", id="the path knows capitals"),
        pytest.param("https://a.example/?view=7", "https://a.example/?view=8", id="a view that is an id"),
    ],
)
def test_other_pages_have_other_keys(left: str, right: str) -> None:
    assert urls.canonical(left) != urls.canonical(right)


SEGMENT = st.text("abcXYZ019-_.~,", max_size=6)
PARAMETER = st.builds("{}={}".format, st.text("abcutm_19.", min_size=1, max_size=6), st.text("ab01-.", max_size=4))
ORDINARY = st.builds(
    "https://{}{}{}{}".format,
    st.sampled_from(["a.example", "www.a-b.example", "www.example"]),
    st.lists(SEGMENT, max_size=4).map(lambda segments: "".join(f"/{segment}" for segment in segments)),
    st.lists(PARAMETER, max_size=3).map(lambda parameters: "?" + "&".join(parameters) if parameters else ""),
    st.sampled_from(["", "#top"]),
)


@pytest.mark.slow
@given(ORDINARY)
def test_the_short_way_leads_to_the_same(url: str) -> None:
    # Capitals in the scheme and a space send it the long way
    assert urls.canonical(url) == urls.canonical(url.replace("https", "HTTPS"))
    assert urls.absolute(url) == urls.absolute(f" {url}")


@given(st.one_of(ANY, NASTY))
def test_canonical_takes_anything(written: str) -> None:
    assert isinstance(urls.canonical(written), str)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param(
            "https://www.a.example/presse/pressemitteilung.1102306.php", "pressemitteilung.1102306", id="first pattern"
        ),
        pytest.param("https://a.example/x?gsid=bb1.c.528958.de", "bb1.c.528958", id="in the query"),
        pytest.param("https://a.example/x", None, id="none"),
    ],
)
def test_stable_key(url: str, key: str | None) -> None:
    patterns = [re.compile(r"(pressemitteilung\.\d+)"), re.compile(r"(bb1\.c\.\d+)")]
    assert urls.stable_key(url, patterns) == key


def test_bare_and_host() -> None:
    assert urls.bare("HTTP://www.a.example/x/") == "a.example/x"
    assert urls.host("https://A.example:8080/x") == "a.example"
    assert urls.host("http://[") == ""


def test_public_tells_no_secrets() -> None:
    assert urls.public("https://u:p@a.example/f?token=geheim&id=1") == "https://a.example/f?id=1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@a.example/x?id=1", "https://a.example/x?id=1"),
        ("https://a.example/feeds/k%C3%B6+1/rss.xml?id=1", "https://a.example/feeds/"),
        ("https://a.example/feeds/x-kö+1.xml", "https://a.example/feeds/"),
        ("https://a.example/rss?id=1&t=k%C3%B6%2B1", "https://a.example/rss?id=1"),
        ("https://a.example/rss#kö+1", "https://a.example/rss"),
        ("https://a.example/rss", "https://a.example/rss"),
    ],
)
def test_public_tells_nothing_of_what_is_called_a_secret(url: str, shown: str) -> None:
    assert urls.public(url, ("kö+1",)) == shown


def test_a_message_tells_nothing_of_what_is_called_a_secret() -> None:
    said = "robots.txt does not allow /k%C3%B6%2B1/feed, nor /kö+1"
    assert urls.redacted(said, ("kö+1",)) == "robots.txt does not allow /.../feed, nor /..."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("redirect to 'ftp://u:p@a.example/?id=1&token=x'", "redirect to 'ftp://a.example/?id=1&token=...'"),
        ("back to http://a.example/?api_key=x#y", "back to http://a.example/?api_key=...#y"),
        ("to 'http://[a.example/?secret=", "to 'http://[a.example/?secret=..."),
        ("to '/feed?a=1;password=x y=z'", "to '/feed?a=1;password=... y=z'"),
        ("back to http://u:p@s's\"w@a.example/x", "back to http://a.example/x"),
        ("write to desk@a.example, 1 = 1", "write to desk@a.example, 1 = 1"),
    ],
)
def test_a_message_tells_no_secrets(said: str, told: str) -> None:
    assert urls.redacted(said) == told


def test_hosts_as_browsers_see_them() -> None:
    """WHATWG's own vectors: what we publish leads to the host that a browser goes to."""
    cases = json.loads((shared_data.folder("url-vectors") / "urltestdata.json").read_text(encoding="utf-8"))
    seen, wrong = 0, []
    for case in cases:
        if isinstance(case, str) or case.get("failure") or not case["protocol"].startswith("http"):
            continue
        # Backslashes and a third slash stay in the path with us; addresses in other spellings stay as they are spelt
        odd = "\\" in case["input"] or case["input"].startswith("///") or re.search(r"[\d\]]$", case["hostname"])
        found = urls.absolute(case["input"], case.get("base") or None)
        if found is None or odd:
            continue
        seen += 1
        if urlsplit(found).hostname != case["hostname"]:
            wrong.append((case["input"], case.get("base"), found, case["hostname"]))
    assert seen > 100
    assert wrong == []
