import pytest

from aggregator.parse import entry, links


@pytest.mark.parametrize(
    ("title", "is_html"),
    [
        pytest.param("AT&T kommt nach Cottbus", False, id="an ampersand is an ampersand"),
        pytest.param("AT&amp;T kommt nach Cottbus", True, id="escaped twice"),
        pytest.param("<b>Neu:</b> Messe", True, id="closed inline tags"),
        pytest.param("Zeile<br>Zeile", True, id="a line break needs no end"),
        pytest.param("<script> richtig einbinden", False, id="a title about script"),
        pytest.param("<script>alert(1)</script>", False, id="script is shown, not run and not dropped"),
        pytest.param("Was <title> & <b> bedeuten", False, id="a title about tags"),
        pytest.param("Das <b>-Element", False, id="one tag that is never closed"),
        pytest.param("5 < 6 > 4", False, id="numbers compared"),
        pytest.param("R&D; Labor", False, id="a semicolon does not make an entity"),
        pytest.param("&#8222;Zitat&#8220;", True, id="character references"),
    ],
)
def test_whether_a_title_is_html(title: str, is_html: bool) -> None:
    assert entry.title_is_html(title) is is_html


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        pytest.param("* erstens  * zweitens", False, id="the plain descriptions of berlin.de"),
        pytest.param("5 < 6 und 7 > 3", False, id="numbers compared"),
        pytest.param("<p>Text", True, id="a tag"),
        pytest.param("Caf&eacute;", True, id="an entity"),
        pytest.param("Text <!-- mehr", True, id="a comment"),
        pytest.param("<script>x</script>", True, id="in a description it is markup, and clean drops it"),
    ],
)
def test_whether_a_description_is_html(text: str, is_html: bool) -> None:
    assert entry.prose_is_html(text) is is_html


BASE = "https://a.example/dir/page.html"


@pytest.mark.parametrize(
    ("markup", "resolved"),
    [
        pytest.param('<a href="b.html">', '<a href="https://a.example/dir/b.html">', id="relative to the page"),
        pytest.param("<img class=x src=/c.png>", '<img class=x src="https://a.example/c.png">', id="without quotes"),
        pytest.param("<a href='?a=1&amp;b=2'>", '<a href="https://a.example/dir/page.html?a=1&amp;b=2">', id="a query"),
        pytest.param('<img src="//cdn.example/d.png">', '<img src="https://cdn.example/d.png">', id="without a scheme"),
        pytest.param('<a href="#e"><i id="/x">', '<a href="#e"><i id="/x">', id="within the page"),
        pytest.param('<a href="mailto:x@y.example">', '<a href="mailto:x@y.example">', id="no place of the web"),
        pytest.param('text href="/f" <b>', 'text href="/f" <b>', id="text that speaks of links"),
        pytest.param('&lt;a href="/g"&gt;', '&lt;a href="/g"&gt;', id="escaped markup"),
        pytest.param('<a href="//[">', '<a href="//[">', id="no address at all"),
    ],
)
def test_links_become_absolute(markup: str, resolved: str) -> None:
    assert links.absolute(markup, BASE) == resolved
    assert links.absolute(resolved, BASE) == resolved
