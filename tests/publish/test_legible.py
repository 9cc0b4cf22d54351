"""What sources get wrong is mended where it is published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish import legible
from aggregator.publish.checks import values


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("Förderung für „Speicher“", "Förderung für „Speicher“", id="what is right stays"),
        pytest.param("FÃ¶rderung fÃ¼r", "Förderung für", id="UTF-8 that was read as Latin-1"),
        pytest.param("FÃ\u0083Â¶rderung", "Förderung", id="read so twice"),
        pytest.param("FÃ¶rderung „Speicher“", "FÃ¶rderung „Speicher“", id="beside other characters it may be meant so"),
        pytest.param("F\ufffdrderung", "F?rderung", id="a lost character"),
        pytest.param("F\x96rderung\ufdd0\U0001fffe", "Frderung", id="controls and noncharacters"),
        pytest.param("Zeile\nZeile\tx", "Zeile\nZeile\tx", id="lines and tabs stay"),
    ],
)
def test_text(written: str, shown: str) -> None:
    assert legible.text(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("AT&T", "AT&T", id="an ampersand stays"),
        pytest.param("Max Muster <max@muster.example>", "Max Muster", id="a mail address"),
        pytest.param("<b>Amt</b>", "‹b>Amt‹/b>", id="tags"),
        pytest.param("3 < 4", "3 < 4", id="less than"),
    ],
)
def test_name(written: str, shown: str) -> None:
    assert legible.name(written) == shown


@pytest.mark.parametrize(
    ("url", "published"),
    [
        pytest.param("https://a.example/1?b=2#c", "https://a.example/1?b=2#c", id="what is right stays"),
        pytest.param(
            "https://a.example/?tx_news_pi1[news]=1", "https://a.example/?tx_news_pi1%5Bnews%5D=1", id="brackets"
        ),
        pytest.param("https://a.example?a[]=1", "https://a.example?a%5B%5D=1", id="brackets without a path"),
        pytest.param("https://[::1]/1", "", id="a host that needs brackets"),
        pytest.param("https://a.example/ä |", "https://a.example/%C3%A4%20%7C", id="other characters"),
        pytest.param("javascript:alert(1)", "", id="no web address"),
        pytest.param("https://", "", id="nothing behind the scheme"),
    ],
)
def test_address(url: str, published: str) -> None:
    assert legible.address(url) == published


@pytest.mark.parametrize(
    ("url", "published"),
    [
        pytest.param("https://a.example/1.pdf", "https://a.example/1.pdf", id="a file"),
        pytest.param("https://a.example?1.pdf", "https://a.example/?1.pdf", id="a query without a path"),
        pytest.param("http://192.0.2.1:8080/1.pdf", "http://192.0.2.1:8080/1.pdf", id="an address in figures"),
        pytest.param("http://intranet/1.pdf", "", id="a host without a dot"),
        pytest.param("https://a_b.example/1.pdf", "", id="a host with an underscore"),
    ],
)
def test_enclosed(url: str, published: str) -> None:
    assert legible.enclosed(url) == published


@pytest.mark.parametrize(
    ("url", "published"),
    [
        pytest.param("https://A.example:443", "https://a.example/", id="host, port, path"),
        pytest.param("https://ä.example/%7e?a[]=ü", "https://xn--4ca.example/~?a%5B%5D=%C3%BC", id="characters"),
        pytest.param("ftp://a.example/", "", id="no web address"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_identifier(url: str, published: str) -> None:
    assert legible.identifier(url) == published


def test_language() -> None:
    assert [legible.language(tag) for tag in ("de", "de-AT", "hsb", "xx", "html", "", None)] == [
        "de", "de-AT", "hsb", None, None, None, None,
    ]  # fmt: skip


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_keeps_what_a_validator_refuses(written: str) -> None:
    shown = legible.text(written)
    assert list(values.characters(shown)) == []
    shown.encode("utf-8")


@given(st.text())
def test_no_address_keeps_what_a_validator_refuses(written: str) -> None:
    for url in (written, f"https://{written}", f"https://a.example/{written}"):
        assert not legible.address(url) or list(values.link(legible.address(url))) == []
        assert not legible.enclosed(url) or list(values.download(legible.enclosed(url))) == []
        assert not legible.identifier(url) or list(values.identifier(legible.identifier(url))) == []
