"""Each way in which feeds were seen broken, from bytes to items. A row's id names the breakage, as docs/broken-feeds.md does."""

import gzip
from collections.abc import Callable

import pytest

from aggregator.model import Item

Read = Callable[..., list[Item]]
GERMAN = "Förderung für Lübbenau – „50 €“"
NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def rss(inside: str, *, encoding: str = "utf-8", label: str = "", before: str = "", channel: str = "") -> bytes:
    said = f' encoding="{label}"' if label else ""
    whole = (
        f'<?xml version="1.0"{said}?>{before}<rss version="2.0" {NAMESPACES}><channel><title>Presse</title>{channel}'
    )
    return f"{whole}<item>{inside}</item></channel></rss>".encode(encoding)


def titled(title: str, encoding: str = "utf-8", label: str = "") -> bytes:
    return rss(f"<title>{title}</title><link>/1</link>", encoding=encoding, label=label)


def twice(text: str) -> str:
    return text.encode().decode("cp1252")


@pytest.mark.parametrize(
    ("body", "hints", "title"),
    [
        pytest.param(
            titled("Größe: SCHOEN").replace(b"SCHOEN", b"sch\xf6n"), {}, "Größe: schön", id="one bad byte in UTF-8"
        ),
        pytest.param(titled("Größe: CUT").replace(b"CUT", b"f\xc3"), {}, "Größe: f\ufffd", id="half a character"),
        pytest.param(titled(GERMAN, "cp1252", "utf-8"), {}, GERMAN, id="windows-1252 labelled UTF-8"),
        pytest.param(titled(GERMAN, "cp1252", "iso-8859-1"), {}, GERMAN, id="windows-1252 labelled ISO 8859-1"),
        pytest.param(titled(GERMAN, "utf-8", "iso-8859-1"), {}, GERMAN, id="UTF-8 labelled ISO 8859-1"),
        pytest.param(
            titled(GERMAN, "utf-8", "utf-8"),
            {"charset": "iso-8859-1"},
            GERMAN,
            id="the header contradicts the document",
        ),
        pytest.param(
            titled("Łódź", "iso-8859-2", "utf-8"), {"charset": "iso-8859-2"}, "Łódź", id="the header is right alone"
        ),
        pytest.param(
            titled(GERMAN, label="utf-8"), {"content_type": "text/xml"}, GERMAN, id="text/xml without a charset"
        ),
        pytest.param(titled(GERMAN), {"content_type": "application/xml"}, GERMAN, id="no label at all"),
        pytest.param(titled(twice(GERMAN)), {}, GERMAN, id="UTF-8 encoded twice"),
        pytest.param(titled(twice(twice("Förderung"))), {}, "Förderung", id="UTF-8 encoded thrice"),
        pytest.param(
            titled("für 5 € statt fÃ¼r 6 â‚¬"), {}, "für 5 € statt für 6 €", id="encoded twice beside right text"
        ),
        pytest.param(titled("Warum steht da Ã¼ statt ü?"), {}, "Warum steht da Ã¼ statt ü?", id="a text about it"),
        *(
            pytest.param(titled(GERMAN, label=label), {}, GERMAN, id=f"a bogus encoding name {label}")
            for label in ("UTF16", "utf_32", "x-foo", "utf8mb4", "unicode")
        ),
        *(
            pytest.param(titled(GERMAN, name), {}, GERMAN, id=f"{name} without any label")
            for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
        ),
        pytest.param("\n".encode("utf-16-le") + titled(GERMAN, "utf-16-le"), {}, GERMAN, id="a blank before UTF-16"),
        pytest.param(titled("Новости", "koi8-r", "koi8-r"), {}, "Новости", id="KOI8-R"),
        pytest.param(titled("Новости", "cp1251", "windows-1251"), {}, "Новости", id="windows-1251"),
        pytest.param(titled("新闻", "gbk", "gbk"), {}, "新闻", id="GBK"),
        pytest.param(titled("ニュース", "euc-jp", "euc-jp"), {}, "ニュース", id="EUC-JP"),
        pytest.param(
            titled("ニュース", "iso2022-jp", "iso-2022-jp"),
            {"content_type": "text/xml"},
            "ニュース",
            id="ISO-2022-JP under text/xml",
        ),
        pytest.param(titled("10 € für Œuvres", "iso8859-15", "iso-8859-15"), {}, "10 € für Œuvres", id="ISO 8859-15"),
        pytest.param(
            titled("Neu X").replace(b"X", b"\xed\xa0\xbd\xed\xb8\x80"),
            {},
            "Neu 😀",
            id="emoji of two surrogates (CESU-8)",
        ),
        pytest.param(b"\xef\xbb\xbf" + titled(GERMAN), {}, GERMAN, id="a byte order mark before the prolog"),
        pytest.param(b"\n \r\n" + titled(GERMAN), {}, GERMAN, id="blank lines before the prolog"),
        pytest.param(b"<b>Warning</b>: foo() on line 3<br/>" + titled("A"), {}, "A", id="a warning before the prolog"),
        pytest.param(titled("A") + b"<script>x</script>\n", {}, "A", id="junk after the document"),
        pytest.param(titled("A&nbsp;&auml;&mdash;B"), {}, "A ä—B", id="entities of HTML undeclared"),
        pytest.param(titled("A &foo; B"), {}, "A &foo; B", id="an entity that nobody knows"),
        pytest.param(
            rss("<title>A&nbsp;B</title><link>/1</link>", before='<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>'),
            {},
            "A B",
            id="entities declared in the document type",
        ),
        pytest.param(
            rss(
                "<title>A</title><link>/1</link>",
                before='<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss.dtd">',
            ),
            {},
            "A",
            id="a document type of Netscape",
        ),
        pytest.param(
            rss("<title>A</title>", before='<?xml-stylesheet href="x?a>b" type="text/xsl"?>'),
            {},
            "A",
            id="a bracket in a processing instruction",
        ),
        pytest.param(titled("AT&T, R&D & 5 < 6"), {}, "AT&T, R&D & 5 < 6", id="raw & and < in a title"),
        pytest.param(
            titled("A\x0bB\x00C\uffffD&#x1F;E&#xFFFE;"), {}, "ABCDE", id="control characters and non-characters"
        ),
        pytest.param(titled("A\x84B\x93 &#150; C"), {}, "A„B“ – C", id="C1 characters that are windows-1252"),
        pytest.param(
            rss("<title>A</title><undeclared:x>1</undeclared:x>"), {}, "A", id="a namespace that nobody declared"
        ),
        pytest.param(rss("<title>A</titel><link>/1</link>"), {}, "A", id="a misspelt closing tag"),
        pytest.param(rss("<title>A<link>/1</link>"), {}, "A", id="a missing closing tag"),
        pytest.param(
            rss("<title>A</title><description><p>B<br>C</description>"), {}, "A", id="HTML that nobody escaped"
        ),
        pytest.param(gzip.compress(titled(GERMAN)), {}, GERMAN, id="gzip that nobody announced"),
        pytest.param(
            rss("<title>A</title>").replace(b"<rss", b"<RSS").replace(b"</rss", b"</RSS"), {}, "A", id="upper case"
        ),
        *(
            pytest.param(titled("A"), {"content_type": said}, "A", id=f"a feed as {said}")
            for said in ("text/html", "application/octet-stream", "application/json", "text/plain")
        ),
    ],
)
def test_titles_come_out_right(items: Read, body: bytes, hints: dict[str, str], title: str) -> None:
    assert [item.title for item in items(body, **hints)] == [title]


def test_a_cdata_section_without_an_end_costs_no_other_item(items: Read) -> None:
    body = rss("<title>A</title><description><![CDATA[Text</description></item><item><title><![CDATA[B]]></title>")
    assert [(item.title, item.summary) for item in items(body)] == [("A", "Text"), ("B", "")]


def test_a_document_cut_off_within_an_item_is_read_without_it(items: Read) -> None:
    whole = rss("<title>A</title><link>/1</link></item><item><title>B</title><link>/2</link>")
    for end in range(whole.rindex(b"<item>") + 6, whole.rindex(b"</item>"), 5):
        assert [item.title for item in items(whole[:end])] == ["A"]
    compressed = gzip.compress(rss("<title>A</title></item><item><title>B</title>"), 0)
    assert [item.title for item in items(compressed[:-40])] == ["A"]


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        pytest.param("<link>/rel/1</link>", "/rel/1", id="a relative link"),
        pytest.param("<link>../1.html</link>", "/1.html", id="a link relative to the channel's"),
        pytest.param("<link>?id=7</link>", "/news/list.php?id=7", id="a query alone"),
        pytest.param("<link></link><guid>https://www.presse.example/2</guid>", "/2", id="an empty link and a guid"),
        pytest.param("<guid>https://www.presse.example/3</guid>", "/3", id="the guid is the only link"),
        pytest.param('<guid isPermaLink="true">\n/n/3\n</guid>', "/n/3", id="a guid that is a relative permalink"),
        pytest.param("<guid>www.presse.example/3</guid>", "/3", id="a guid without a scheme"),
        pytest.param("<guid>886840</guid>", "/news/list.php", id="a numeric guid is no link"),
        pytest.param("<guid>886840</guid><link>/4</link>", "/4", id="a numeric guid beside a link"),
        pytest.param(
            '<guid isPermaLink="false">https://www.presse.example/x</guid>',
            "/news/list.php",
            id="isPermaLink=false is no link",
        ),
        pytest.param('<link/><atom:link href="/5"/>', "/5", id="an atom:link alone"),
        pytest.param('<atom:link rel="self" href="/s"/><link>/6</link>', "/6", id="an atom:link to itself"),
        pytest.param('<enclosure url="/blatt.pdf" type="application/pdf"/>', "/blatt.pdf", id="an enclosure alone"),
        pytest.param(
            '<enclosure url="/bild.jpg" type="image/jpeg"/>', "/news/list.php", id="a picture alone is no page"
        ),
        pytest.param('<link href="/7"/>', "/7", id="a link in an attribute"),
        pytest.param(
            "<link>\n  https://www.presse.example/i.php?id=7&amp;\n   no=8\n</link>",
            "/i.php?id=7&no=8",
            id="a folded link",
        ),
        pytest.param(
            "<link>https://www.presse.example/?a=1&copy=3&sect=4</link>", "/?a=1&copy=3&sect=4", id="raw & in a link"
        ),
        pytest.param(
            "<link>https://go.example/~r/x</link><feedburner:origLink>https://www.presse.example/8?utm_source=f&amp;id=2"
            "</feedburner:origLink>",
            "/8?id=2",
            id="FeedBurner's original link without tracking",
        ),
        pytest.param("<link>/9;jsessionid=A1?PHPSESSID=b2&amp;id=3</link>", "/9?id=3", id="session ids"),
        pytest.param("<link>javascript:alert(1)</link>", "/news/list.php", id="a link that runs"),
    ],
)
def test_links_lead_to_the_item(items: Read, inside: str, url: str) -> None:
    body = rss(f"<title>A</title>{inside}", channel="<link>https://www.presse.example/news/list.php</link>")
    assert [item.url for item in items(body)] == [f"https://www.presse.example{url}"]


@pytest.mark.parametrize(
    ("body", "url"),
    [
        pytest.param(
            rss("<title>A</title><link>1.html</link>"), "/aktuell/1.html", id="no channel link: the feed's URL"
        ),
        pytest.param(
            rss("<title>A</title><link>1.html</link>").replace(b"<item>", b'<item xml:base="/b/">'),
            "/b/1.html",
            id="xml:base",
        ),
        pytest.param(
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>u</id><title>A</title><link rel="edit" href="/e"/>'
            b'<link rel="alternate" type="text/html" href="/h"/><link rel="enclosure" href="/a.mp3"/></entry></feed>',
            "/h",
            id="several links",
        ),
        pytest.param(
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/>'
            b'<item rdf:about="u"><title>A</title><link>/r</link></item></rdf:RDF>',
            "/r",
            id="RDF items outside of the channel",
        ),
        pytest.param(
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel/>'
            b"<item><title>A</title><link>/r</link></item></rdf:RDF>",
            "/r",
            id="RDF without a default namespace",
        ),
        pytest.param(
            b"<feed><entry><title>A</title><link href='/f'/></entry></feed>", "/f", id="Atom without a namespace"
        ),
        pytest.param(b"<rss><item><title>A</title><link>/c</link></item></rss>", "/c", id="RSS without a channel"),
    ],
)
def test_links_of_other_shapes(items: Read, body: bytes, url: str) -> None:
    assert [(item.title, item.url) for item in items(body)] == [("A", f"https://www.presse.example{url}")]


@pytest.mark.parametrize(
    ("inside", "field", "value"),
    [
        pytest.param("<guid>0</guid>", "guid", "0", id="0 is a guid"),
        pytest.param("<guid> </guid><link>/1</link>", "guid", "presse.example/1", id="an empty guid: the link"),
        pytest.param("<link>/1</link>", "guid", "presse.example/1", id="no guid: the link"),
        pytest.param("<guid/><guid>b</guid>", "guid", "b", id="two guids, one empty"),
        pytest.param("<title>A &amp;amp;amp; B</title>", "title", "A & B", id="escaped twice"),
        pytest.param("<title>&lt;b&gt;Neu&lt;/b&gt; da</title>", "title", "Neu da", id="HTML in a title"),
        pytest.param("<title><b>Neu</b> da</title>", "title", "Neu da", id="HTML in a title that nobody escaped"),
        pytest.param("<title>&lt;script&gt; hilft</title>", "title", "<script> hilft", id="a title about script"),
        pytest.param("<title>\n A\n  B </title>", "title", "A B", id="line breaks in a title"),
        pytest.param("<description>Der erste Satz.</description>", "title", "Der erste Satz.", id="no title"),
        pytest.param("<title>A</title><media:title>Bild</media:title>", "title", "A", id="media:title after the title"),
        pytest.param(
            "<media:content><media:title>Bild</media:title></media:content><title>A</title>",
            "title",
            "A",
            id="media:title before the title",
        ),
        pytest.param(
            "<description>Text</description><media:content><media:description>Bild</media:description></media:content>",
            "summary",
            "Text",
            id="a caption after the description",
        ),
        pytest.param(
            "<media:description>Bild</media:description><description>&lt;p&gt;Text&lt;/p&gt;</description>",
            "text",
            "Text",
            id="a caption before the description",
        ),
        pytest.param(
            "<content:encoded>&lt;p&gt;Der lange Text&lt;/p&gt;</content:encoded><description>Kurz</description>",
            "text",
            "Der lange Text",
            id="content before the description",
        ),
        pytest.param(
            "<description>Kurz</description><content:encoded>&lt;p&gt;Der lange Text&lt;/p&gt;</content:encoded>",
            "text",
            "Der lange Text",
            id="content after the description",
        ),
        pytest.param(
            "<description>&lt;p&gt;Der lange Text&lt;/p&gt;</description><itunes:summary>Kurz</itunes:summary>",
            "text",
            "Der lange Text",
            id="a description longer than what comes second",
        ),
        pytest.param(
            "<pubDate>\n Thu, 01 Jul 2021\n 16:50:00 +0200 </pubDate>",
            "published",
            "2021-07-01 14:50:00+00:00",
            id="line breaks in a date",
        ),
        pytest.param("<title>A</title>", "date_trust", "first-seen", id="no date"),
        pytest.param("<pubDate>Klicken Sie hier!</pubDate>", "date_trust", "first-seen", id="prose for a date"),
        pytest.param("<pubDate>1.1.2099</pubDate>", "date_trust", "first-seen", id="a date far in the future"),
        pytest.param("<pubDate>1.1.2099</pubDate>", "published_text", "1.1.2099", id="the date as written is kept"),
    ],
)
def test_fields_of_an_entry(items: Read, inside: str, field: str, value: str) -> None:
    (item,) = items(rss(inside if "title" in inside or "description" in inside else f"{inside}<title>A</title>"))
    assert str(getattr(item, field)) == value


def test_the_same_guid_on_all_items_loses_none(items: Read) -> None:
    same = "<guid>board</guid><title>A</title><link>/{0}</link>"
    found = items(rss("</item><item>".join(same.format(number) for number in range(3))))
    assert len({item.guid for item in found}) == 3
