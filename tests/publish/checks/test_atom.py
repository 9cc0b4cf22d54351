"""Each rule for Atom 1.0 finds what breaks it, under the feed validator's own name."""

from __future__ import annotations

import pytest

from aggregator.publish.checks import atom

HERE = "https://news.example/feeds/all.atom"
GOOD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:fh="http://purl.org/syndication/history/1.0"
 xmlns="http://www.w3.org/2005/Atom" xml:lang="de">
<id>tag:news.example,2026:feeds/all</id>
<title>R&#x26;D</title>
<updated>2026-10-12T13:00:00.450556+00:00</updated>
<author><name>Nachrichten</name><email>desk@news.example</email></author>
<link href="https://news.example/hub" rel="hub"/>
<link href="https://news.example/feeds/all.atom" rel="self" type="application/atom+xml"/>
<link href="https://news.example/all/" rel="alternate" type="text/html"/>
<generator>aggregator</generator>
<rights>Rechte</rights>
<subtitle>Alles</subtitle>
<entry xml:lang="en">
<id>tag:news.example,2026:1</id>
<title type="html">Speicher &amp;lt;b></title>
<updated>2026-10-12T09:00:00.1+00:00</updated>
<author><name>Erika</name><uri>https://a.example/erika</uri></author>
<content type="html">&lt;p>Das &lt;a href="https://a.example/">Land&lt;/a>&lt;/p></content>
<summary>Das Land</summary>
<category term="energie" scheme="https://news.example/labels" label="Energie"/>
<published>2026-10-12T09:00:00Z</published>
<link rel="alternate" type="text/html" href="https://a.example/1"/>
<link rel="enclosure" type="application/pdf" length="12" href="https://a.example/1.pdf"/>
<link rel="related" title="Zeitung" hreflang="de" href="https://b.example/1"/>
<dc:publisher>Amt</dc:publisher>
<source>
<id>https://a.example/feed?a=%5B1%5D</id>
<title>Amt</title>
<updated>2026-10-12T09:00:00Z</updated>
<link rel="self" href="https://a.example/feed"/>
<link rel="alternate" type="text/html" href="https://a.example/"/>
</source>
</entry>
<entry><id>tag:news.example,2026:2</id><title>Netz</title><updated>2026-10-12T09:00:00.2Z</updated><summary>S</summary>
<link href="https://a.example/2"/></entry>
</feed>
"""
PLAIN = GOOD.replace("&amp;", "&#x26;")


def rules(document: str) -> set[str]:
    return {fault.rule for fault in atom.faults(document.encode(), HERE, set())}


def test_a_good_document_has_no_fault() -> None:
    assert atom.faults(GOOD.encode(), HERE, set()) == ()


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        # the document
        ("SAXError", "</feed>", ""),
        ("InvalidNamespace", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
        ("UnknownNamespace", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
        ("InvalidLanguage", 'xml:lang="de"', 'xml:lang="deutsch"'),
        ("UndefinedElement", "<generator>", "<tagline>x</tagline><generator>"),
        ("BadCharacters", "Nachrichten", "F\u00c3\u00b6rderung"),
        ("BadCharacters", 'label="Energie"', 'label="Energi\ufffd"'),
        # the feed
        ("MissingElement", "<id>tag:news.example,2026:feeds/all</id>", ""),
        ("MissingElement", "<title>R&#x26;D</title>", ""),
        ("MissingElement", "<updated>2026-10-12T13:00:00.450556+00:00</updated>", ""),
        ("MissingElement", "<author><name>Nachrichten</name><email>desk@news.example</email></author>", ""),
        ("MissingElement", "<name>Nachrichten</name>", ""),
        ("NotBlank", "<name>Nachrichten</name>", "<name> </name>"),
        ("NotBlank", "<subtitle>Alles", "<subtitle>"),
        ("DuplicateElement", "<rights>", "<rights>x</rights><rights>"),
        ("MissingSelf", 'rel="self" type', 'rel="via" type'),
        ("SelfDoesntMatchLocation", "feeds/all.atom", "feeds/other.atom"),
        ("SelfNotAtom", "application/atom+xml", "text/xml"),
        ("DuplicateAtomLink", "<generator>", '<link href="https://c.example/" type="text/html"/><generator>'),
        ("MisplacedMetadata", "</feed>", "<icon>https://a.example/i.png</icon></feed>"),
        ("InvalidTAG", "tag:news.example,2026:feeds/all", "tag:News.example,2026:feeds/all"),
        ("InvalidTAG", "tag:news.example,2026:feeds/all", "tag:news.example:feeds/all"),
        ("InvalidURN", "tag:news.example,2026:feeds/all", "urn:x"),
        ("NonCanonicalURI", "tag:news.example,2026:feeds/all", "https://News.example/"),
        ("NonCanonicalURI", "tag:news.example,2026:feeds/all", "https://news.example"),
        ("NonCanonicalURI", "tag:news.example,2026:feeds/all", "https://news.example:443/"),
        ("NonCanonicalURI", "tag:news.example,2026:feeds/all", "https://news.example/a/../b"),
        ("NonCanonicalURI", "tag:news.example,2026:feeds/all", "https://news.example/%c3%bc"),
        ("NonCanonicalURI", "tag:news.example,2026:feeds/all", "https://news.example/%41"),
        ("UnexpectedWhitespace", "<id>tag:news.example,2026:feeds/all", "<id> tag:news.example,2026:feeds/all"),
        ("UnexpectedWhitespace", "13:00:00.450556+00:00<", "13:00:00.450556+00:00 <"),
        ("InvalidRFC3339Date", "13:00:00.450556+00:00", "13:00:00"),
        ("InvalidRFC3339Date", "2026-10-12T13", "2026-02-30T13"),
        ("ImplausibleDate", "2026-10-12T13", "1789-01-20T13"),
        ("InvalidAddrSpec", "desk@news.example", "desk at news.example"),
        ("ContainsEmail", "<name>Nachrichten", "<name>Nachrichten &lt;desk@news.example>"),
        ("ContainsHTML", "<name>Nachrichten", "<name>&lt;b>Nachrichten&lt;/b>"),
        ("ContainsUndeclaredHTML", "<title>R&#x26;D", "<title>&lt;b>R&lt;/b>"),
        ("ContainsUndeclaredHTML", "<title>R&#x26;D", "<title>R&amp;nbsp;D"),
        ("InvalidURIAttribute", "<generator>", '<generator uri="https://\u00fc.example/">'),
        ("CurrentNotSelfInCompleteFeed", "<generator>", '<link rel="current" href="https://c.example/"/><fh:complete/><generator>'),
        ("LinkPastEnd", "<generator>", '<link rel="first" href="https://news.example/feeds/all.atom"/><link rel="previous" href="https://c.example/"/><generator>'),
        # an entry
        ("MissingElement", "<id>tag:news.example,2026:2</id>", ""),
        ("MissingElement", "<title>Netz</title>", ""),
        ("MissingElement", "<updated>2026-10-12T09:00:00.2Z</updated>", ""),
        ("DuplicateEntries", "2026:2</id>", "2026:1</id>"),
        ("DuplicateUpdated", "09:00:00.2Z", "09:00:00.1+00:00"),
        ("MissingTextualContent", "<summary>S</summary>", ""),
        ("MissingContentOrAlternate", '<link href="https://a.example/2"/>', ""),
        ("MissingSummary", "<summary>S</summary>", '<content src="https://a.example/2"/>'),
        ("DuplicateAtomLink", 'rel="enclosure" type="application/pdf"', 'rel="alternate" type="text/html"'),
        ("InvalidTextType", 'content type="html"', 'content type="CDATA"'),
        ("InvalidMIMEType", 'type="application/pdf"', 'type="pdf"'),
        ("InvalidNonNegativeInteger", 'length="12"', 'length="12 kB"'),
        ("InvalidLanguage", 'hreflang="de"', 'hreflang="xy"'),
        ("InvalidLanguage", 'xml:lang="en"', 'xml:lang="html"'),
        ("NotHtml", "Land&lt;/a>", "Land"),
        ("SecurityRisk", "Land&lt;/a>", 'Land&lt;/a>&lt;iframe src="https://x.example/">&lt;/iframe>'),
        ("ContainsRelRef", 'href="https://a.example/">Land', 'href="seite.html">Land'),
        ("NotBlank", 'term="energie"', 'term=""'),
        ("MissingAttribute", 'term="energie" ', ""),
        ("InvalidFullLink", 'scheme="https://news.example/labels"', 'scheme="labels"'),
        ("ContainsHTML", 'label="Energie"', 'label="&lt;b>Energie&lt;/b>"'),
        ("AttrNotBlank", 'title="Zeitung"', 'title=""'),
        ("FeedHistoryRelInEntry", 'rel="related"', 'rel="next"'),
        ("MissingSourceElement", "<title>Amt</title>", ""),
        ("DuplicateElement", "<source>", "<source/><source>"),
        ("NonCanonicalURI", "https://a.example/feed?a=%5B1%5D", "https://a.example/feed?a=%5b1%5d"),
        ("InvalidUriChar", "https://a.example/feed?a=%5B1%5D", "https://a.example/feed?a=[1]"),
    ],
)  # fmt: skip
def test_rule(rule: str, good: str, bad: str) -> None:
    assert good in GOOD
    assert rule in rules(GOOD.replace(good, bad, 1))


def test_an_entry_is_named_by_its_id() -> None:
    bad = GOOD.replace("Land&lt;/a>", "Land").replace("<title>Netz", "<title>&lt;/b>")
    found = {(fault.rule, fault.entry) for fault in atom.faults(bad.encode(), HERE, set())}
    assert found == {
        ("NotHtml", "tag:news.example,2026:1"),
        ("ContainsUndeclaredHTML", "tag:news.example,2026:2"),
    }


def test_a_text_like_an_entity_is_none_where_ampersands_are_written_as_numbers() -> None:
    assert "ContainsUndeclaredHTML" in rules(GOOD.replace("Netz", "a &amp;lt; b"))
    assert rules(PLAIN.replace("Netz", "a &#x26;lt; b")) == set()
