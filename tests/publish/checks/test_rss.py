"""Each rule for RSS 2.0 finds what breaks it, under the feed validator's own name."""

from __future__ import annotations

import pytest

from aggregator.publish.checks import rss

HERE = "https://news.example/feeds/all.rss"
GOOD = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:fh="http://purl.org/syndication/history/1.0" version="2.0"><channel>
<title>R&#x26;D &#x26;lt;aktuell></title>
<link>https://news.example/all/</link>
<description>Alles</description>
<atom:link href="https://news.example/feeds/all.rss" rel="self" type="application/rss+xml"/>
<atom:link href="https://news.example/hub" rel="hub"/>
<copyright>Rechte</copyright>
<generator>aggregator</generator>
<language>de</language>
<lastBuildDate>Mon, 12 Oct 2026 13:00:00 +0000</lastBuildDate>
<managingEditor>desk@news.example (Nachrichten)</managingEditor>
<item>
<title>Speicher</title>
<link>https://a.example/1?b=2&#x26;c=%5B1%5D</link>
<description>Das Land f&#xF6;rdert</description>
<content:encoded>&lt;p>Das &lt;a href="https://a.example/" rel="noopener">Land&lt;/a> &#x26;amp; mehr&lt;/p></content:encoded>
<guid isPermaLink="false">tag:news.example,2026:1</guid>
<category domain="https://news.example/labels">Energie</category>
<enclosure url="https://a.example/1.pdf" length="1" type="application/pdf"/>
<source url="https://a.example/feed">Amt</source>
<pubDate>Mon, 12 Oct 2026 09:00:00 +0000</pubDate>
<dc:creator>Erika</dc:creator>
<dc:language>en</dc:language>
<dcterms:modified>2026-10-12T13:00:00+00:00</dcterms:modified>
<atom:link rel="related" title="Zeitung" href="https://b.example/1"/>
</item>
<item><title>Netz</title><guid isPermaLink="false">tag:news.example,2026:2</guid></item>
</channel></rss>
"""


def rules(document: str) -> set[str]:
    return {fault.rule for fault in rss.faults(document.encode(), HERE, set())}


def test_a_good_document_has_no_fault() -> None:
    assert rss.faults(GOOD.encode(), HERE, set()) == ()


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        # the document
        ("SAXError", "</channel>", ""),
        ("SAXError", "Alles", "A\x0bB"),
        ("BadXmlVersion", "version='1.0'", "version='1.1'"),
        ("NotUTF8", " encoding='UTF-8'", ""),
        ("InvalidRSSVersion", 'version="2.0"', 'version="0.91"'),
        ("UnknownNamespace", "<rss ", '<rss xmlns:x="https://x.example/ns" '),
        ("ReservedPrefix", "http://purl.org/syndication/history/1.0", "http://purl.org/dc/terms/"),
        ("AvoidNamespacePrefix", "xmlns:fh=", "xmlns:history="),
        ("UndefinedElement", "<generator>", "<blink>x</blink><generator>"),
        ("UndefinedElement", "Alles", "<b>Alles</b>"),
        ("UnexpectedText", "<item>\n<title>Speicher", "<item>lose<title>Speicher"),
        ("UnexpectedAttribute", "<generator>", '<generator version="1">'),
        ("BadCharacters", "Alles", "F\ufffdrderung"),
        ("BadCharacters", "Alles", "F&#x80;rderung"),
        ("BadCharacters", "Alles", "F\u00c3\u00b6rderung"),
        # the channel
        ("DuplicateElement", "<link>https://news.example/all/</link>", "<link>https://news.example/all/</link>" * 2),
        ("MissingTitle", "<title>R&#x26;D &#x26;lt;aktuell></title>", ""),
        ("MissingLink", "<link>https://news.example/all/</link>", ""),
        ("MissingDescription", "<description>Alles</description>", ""),
        ("NotBlank", "R&#x26;D &#x26;lt;aktuell>", " "),
        ("ContainsHTML", "Alles", "&lt;b>Alles&lt;/b>"),
        ("ContainsHTML", "R&#x26;D &#x26;lt;", "R&amp;D &amp;lt;"),
        ("CharacterData", "Alles", "&lt;br>Alles"),
        ("InvalidFullLink", "<link>https://news.example/all/", "<link>/all/"),
        ("InvalidLanguage", "<language>de", "<language>xy"),
        ("InvalidRFC2822Date", "Mon, 12 Oct 2026 13", "Mo, 12 Okt 2026 13"),
        ("InvalidRFC2822Date", "Mon, 12 Oct 2026 13", "Mon, 32 Oct 2026 13"),
        ("IncorrectDOW", "Mon, 12 Oct 2026 13", "Tue, 12 Oct 2026 13"),
        ("ImplausibleDate", "Mon, 12 Oct 2026 13", "Tue, 20 Jan 1789 13"),
        ("MissingRealName", "desk@news.example (Nachrichten)", "desk@news.example"),
        ("EmailFormat", "desk@news.example (Nachrichten)", "Nachrichten desk@news.example"),
        ("InvalidContact", "desk@news.example (Nachrichten)", "desk@news.example (Nach) richten)"),
        ("MissingAtomSelfLink", 'rel="self"', 'rel="alternate"'),
        ("SelfDoesntMatchLocation", "feeds/all.rss", "feeds/other.rss"),
        ("RelativeSelf", 'href="https://news.example/feeds/all.rss"', 'href="/feeds/all.rss"'),
        ("SelfNotAtom", "application/rss+xml", "text/xml"),
        ("UnregisteredAtomLinkRel", 'rel="hub"', 'rel="hubs"'),
        ("AttrNotBlank", 'rel="hub"', 'rel=""'),
        ("MissingHref", ' href="https://news.example/hub"', ""),
        ("AtomLinkNotEmpty", ' rel="hub"/>', ' rel="hub">x</atom:link>'),
        ("MisplacedItem", "</channel>", "<ttl>60</ttl></channel>"),
        ("ArchiveIncomplete", "<generator>", "<fh:archive/><generator>"),
        ("MissingCurrentInArchive", "<generator>", "<fh:archive/><generator>"),
        ("FeedRelInCompleteFeed", 'rel="hub"/>', 'rel="next"/><fh:complete/>'),
        # an item
        ("ItemMustContainTitleOrDescription", "<item><title>Netz</title>", "<item>"),
        ("MissingGuid", '<guid isPermaLink="false">tag:news.example,2026:2</guid>', ""),
        ("DuplicateValue", "2026:2</guid>", "2026:1</guid>"),
        ("NotSufficientlyUnique", "tag:news.example,2026:2", "12345"),
        ("InvalidPermalink", 'isPermaLink="false"', 'isPermaLink="true"'),
        ("InvalidHttpGUID", ' isPermaLink="false">tag:news.example,2026:2', ">Netz"),
        ("InvalidBooleanAttribute", 'isPermaLink="false"', 'isPermaLink="no"'),
        ("InvalidUriChar", "c=%5B1%5D", "c=[1]"),
        ("InvalidFullLink", "https://a.example/1?", "https://\u00e4.example/1?"),
        ("SchemeNotIANARegistered", "https://a.example/1?", "javascript://a.example/1?"),
        ("NeedDescriptionBeforeContent", "<description>Das Land f&#xF6;rdert</description>", ""),
        ("NotHtml", "Das Land f", "&lt;blub>Das&lt;/blub> Land f"),
        ("NotHtml", "mehr&lt;/p>", "mehr"),
        ("NotHtml", "&lt;p>Das", "&lt;p>&lt;div>x&lt;/div>Das"),
        ("NotHtml", "&#x26;amp; mehr", "&#x26;mehr; mehr"),
        ("SecurityRisk", "mehr&lt;/p>", "mehr&lt;/p>&lt;script>x&lt;/script>"),
        ("SecurityRiskAttr", 'rel="noopener">', 'onclick="x()">'),
        ("DangerousStyleAttr", 'rel="noopener">', 'style="position:fixed">'),
        ("ContainsRelRef", 'a href="https://a.example/"', 'a href="/seite"'),
        ("NotBlank", ">Energie<", "> <"),
        ("InvalidURLAttribute", "https://a.example/1.pdf", "https://localhost/1.pdf"),
        ("InvalidURLAttribute", "https://a.example/1.pdf", "https://a.example?1.pdf"),
        ("InvalidNonNegativeInteger", 'length="1"', 'length="-1"'),
        ("InvalidMIMEAttribute", "application/pdf", "pdf"),
        ("MissingAttribute", ' length="1"', ""),
        ("DuplicateEnclosure", "<source", '<enclosure url="https://a.example/2" length="0" type="a/b"/><source'),
        ("MissingAttribute", '<source url="https://a.example/feed">', "<source>"),
        ("DuplicateItemSemantics", "<dc:creator>", "<author>a@b.example (A)</author><dc:creator>"),
        ("InvalidRFC3339Date", "2026-10-12T13:00:00+00:00", "2026-10-12 13:00"),
        ("FeedHistoryRelInEntry", 'rel="related"', 'rel="prev-archive"'),
        ("ContainsHTML", 'title="Zeitung"', 'title="&lt;i>Zeitung&lt;/i>"'),
        ("InvalidIRI", 'href="https://b.example/1"', 'href="https://\u00fc.example/1"'),
    ],
)  # fmt: skip
def test_rule(rule: str, good: str, bad: str) -> None:
    assert good in GOOD
    assert rule in rules(GOOD.replace(good, bad, 1))


def test_an_entry_is_named_by_its_guid() -> None:
    (fault,) = rss.faults(GOOD.replace("Speicher<", "&lt;br>Speicher<").encode(), HERE, set())
    assert (fault.rule, fault.place, fault.entry) == ("CharacterData", "title", "tag:news.example,2026:1")


def test_what_can_not_be_decoded_and_what_is_too_large_is_refused() -> None:
    assert [fault.rule for fault in rss.faults(b"\xff" + GOOD.encode(), HERE, set())] == ["UnicodeError"]
    assert [fault.rule for fault in rss.faults(GOOD.encode() + b" " * 5_000_000, HERE, set())] == ["ValidatorLimit"]


@pytest.mark.parametrize(
    "attack",
    ['<!DOCTYPE rss [<!ENTITY a "b">]>', '<!DOCTYPE rss SYSTEM "file:///etc/passwd">'],
)
def test_a_document_type_is_refused_and_loads_nothing(attack: str) -> None:
    assert "InvalidDoctype" in rules(GOOD.replace("<rss ", f"{attack}<rss ", 1))
