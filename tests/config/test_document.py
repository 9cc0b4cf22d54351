"""YAML → plain data with lines, whatever the bytes are."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.config import document
from aggregator.errors import ConfigError
from tests import patience


def faults(content: str | bytes, **environment: str) -> list[ConfigError]:
    raw = content if isinstance(content, bytes) else content.encode()
    return document.read(raw, "sources.yaml", environment)[1]


def data(content: str, **environment: str) -> document.Data:
    read, wrong = document.read(content.encode(), "sources.yaml", environment)
    assert read is not None
    assert wrong == []
    return read.data


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("version: 1.10", {"version": "1.10"}, id="a version is no number"),
        pytest.param("name: No", {"name": "No"}, id="Norway, or a word, is no boolean"),
        pytest.param("day: 2026-11-24", {"day": "2026-11-24"}, id="a day stays as written"),
        pytest.param(
            "a: ~\nb: null\nc:\nd: 'null'", {"a": None, "b": None, "c": None, "d": "null"}, id="nothing is nothing"
        ),
        pytest.param("a: &x [1, 2]\nb: *x", {"a": ["1", "2"], "b": ["1", "2"]}, id="an alias"),
        pytest.param(
            "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3",
            {"a": {"k": "1", "l": "2"}, "b": {"k": "1", "l": "3"}},
            id="a merge key brings what is not there yet",
        ),
        pytest.param("\ufeffa: ä", {"a": "ä"}, id="a byte order mark"),
        pytest.param("a: 1\r\nb: |\r\n  x\r\n", {"a": "1", "b": "x\n"}, id="line ends of Windows"),
        pytest.param("url: https://${HOST}/x", {"url": "https://example.org/x"}, id="a variable inside a text"),
        pytest.param(
            "title: $${HOST} ${ HOST}", {"title": "${HOST} ${ HOST}"}, id="a dollar more means the text itself"
        ),
        pytest.param("url: https://u:${HOST}@h/", {"url": "https://u:example.org@h/"}, id="a password from outside"),
        pytest.param("a: !!str 5", {"a": "5"}, id="a tag that changes nothing"),
    ],
)
def test_values(content: str, expected: object) -> None:
    assert data(content, HOST="example.org") == expected


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        pytest.param("", 0, "nothing in it", id="an empty file"),
        pytest.param("# only\n# comments\n", 0, "nothing in it", id="only comments"),
        pytest.param("a: 1\nb: [1,\nc: 2", 3, "expected ',' or ']'", id="an open list"),
        pytest.param('a: 1\nb: "open\nc: 2\n', 2, "unexpected end of stream", id="an open quote: where it opens"),
        pytest.param("a:\n\tb: 1", 2, r"'\t'", id="a tab"),
        pytest.param("a: 1\nb: x: y", 2, "mapping values are not allowed here", id="a second colon"),
        pytest.param("a: 1\nlink: @href", 2, "'@'", id="an at sign without quotes"),
        pytest.param(
            "strong:\n  - *wasserstoff*\n", 2, "*wasserstoff* names nothing", id="a term with a star without quotes"
        ),
        pytest.param("a: 1\nb: 2\na: 3", 3, "the key a a second time", id="a double key"),
        pytest.param("a: 1\nb: !!python/object/apply:os.system [ls]", 2, "!!python/object/apply:os.system", id="a tag"),
        pytest.param("a: !secret x", 1, "the tag !secret", id="a tag of one's own"),
        pytest.param("a: 1\n---\nb: 2", 2, "a second document", id="two documents"),
        pytest.param("? [a]\n: b", 1, "a key that is no text", id="a list as a key"),
        pytest.param("a: &x [*x]", 1, "*x names nothing", id="an alias of itself"),
        pytest.param("a: 1\nb: ${MISSING}", 2, "${MISSING} is not set", id="a variable that is not set"),
        pytest.param("a: 1\nurl: https://u:geheim@h.example/", 2, "a password in a URL", id="a password in a file"),
        pytest.param("a: 1\npassword: geheim", 2, "a password", id="a password under its own name"),
        pytest.param("a: 1\n<<: 3", 2, "<< without a mapping", id="a merge of a number"),
        pytest.param(b"a: 1\nb: f\xfcr", 2, "the byte 0xfc", id="not UTF-8"),
        pytest.param("a: 1\nb: \x07", 2, "special characters are not allowed", id="a control character"),
        pytest.param('a: "\\UFFFFFFFF"', 0, "names no character", id="an escape past the last character"),
        pytest.param('a: 1\nb: "\\ud83d\\ude00"', 2, "a surrogate", id="half a character"),
        pytest.param("[" * 50, 1, "more than 20 levels", id="deep nesting"),
        pytest.param(b"#" * 2_000_001, 0, "2,000,001 bytes", id="a large file"),
    ],
)
def test_faults(content: str | bytes, line: int, found: str) -> None:
    first = faults(content)[0]
    assert first.place.line == line
    assert found in first.found


def test_a_star_without_quotes_is_told_to_be_quoted() -> None:
    (fault,) = faults("strong: [Wind, *speicher]")
    assert '"*speicher"' in fault.expected


def test_a_double_key_names_the_first() -> None:
    (fault,) = faults("a: 1\nb:\n  c: 1\n  c: 2")
    assert str(fault) == "sources.yaml:4: the key c a second time; expected it once: the first is at sources.yaml:3"


def test_all_faults_of_a_file_are_found() -> None:
    assert [fault.place.line for fault in faults("a: *x\nb: ${Y}\na: 1\nc: !t z")] == [1, 2, 3, 4]


def test_an_alias_bomb_ends_at_once() -> None:
    names = "abcdefghi"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in pairwise(names)]
    started = time.perf_counter()
    (fault,) = faults("\n".join(lines))
    assert "more than 200,000 values" in fault.found
    assert time.perf_counter() - started < patience.busy()


def test_places() -> None:
    read, _ = document.read(b"a: 1\nb:\n  - c: 2\n  - d: &x {e: 3}\n  - *x\n", "f.yaml", {})
    assert read is not None
    assert str(read.place(("b", 0, "c"))) == "f.yaml:3"
    assert str(read.place(("b", 1, "d", "e"))) == "f.yaml:4"
    assert str(read.place(("b", 2, "e"))) == "f.yaml:5", "what an alias brings stands where the alias does"
    assert str(read.place(("b", 0, "nowhere"))) == "f.yaml:3"


def test_what_came_from_the_environment_is_never_shown() -> None:
    read, _ = document.read(b'a: &x ["${TOKEN}x"]\nb: *x', "f.yaml", {"TOKEN": "hunter2"})
    assert read is not None
    assert read.at(("b", 0)) == "hunter2x"
    assert read.shown(("a", 0)) == read.shown(("b", 0)) == "${TOKEN}x"


# fmt: off
PIECES = st.sampled_from([
    "a", "b: ", "- ", "\n", "  ", "*a", "&a ", "!x ", "!<", "{", "}", "[", "]", ", ", ": ", "? ", "|", ">", "'", '"', "\\x0",
    "%YAML 9\n", "---\n", "\u2028", "...\n", "#", "\t", "<<: ", "${X}", "~", "@", "\ufeff", "\x85", '"\\U00110000"', '"\\ud800"',
])
# fmt: on


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=20).map(lambda pieces: "".join(pieces).encode())))
@example(b'"\\UFFFFFFFF"')
def test_any_bytes_are_a_document_or_faults(content: bytes) -> None:
    read, wrong = document.read(content, "f.yaml", {})
    assert read is not None or wrong
    for fault in wrong:
        str(fault).encode()  # printable: no surrogates
        assert 0 <= fault.place.line <= len(content.decode("utf-8", "replace").splitlines()) + 1
