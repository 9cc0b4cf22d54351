from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.fetch import decode
from aggregator.model import Failed

TEXT = b"<rss>" + b"Wasserstoff " * 50 + b"</rss>"
LIMIT = 10_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("raw", "coding"),
    [
        pytest.param(TEXT, "", id="nothing was done"),
        pytest.param(TEXT, "identity", id="nothing was done, and said so"),
        pytest.param(TEXT, "UTF-8", id="the charset in the wrong header"),
        pytest.param(gzip.compress(TEXT), "gzip", id="gzip"),
        pytest.param(gzip.compress(TEXT), "X-GZIP", id="gzip by its old name"),
        pytest.param(gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:]), "gzip", id="two gzip members in a row"),
        pytest.param(gzip.compress(TEXT) + b"\0\0\0", "gzip", id="padding after gzip"),
        pytest.param(gzip.compress(TEXT), "", id="gzip that nobody declared"),
        pytest.param(TEXT, "gzip", id="declared as gzip and is not"),
        pytest.param(zlib.compress(TEXT), "deflate", id="deflate as the standard has it"),
        pytest.param(raw_deflate(TEXT), "deflate", id="deflate without zlib's header"),
        pytest.param(gzip.compress(gzip.compress(TEXT)), "gzip, gzip", id="two layers"),
        pytest.param(gzip.compress(gzip.compress(TEXT)), "gzip", id="a gzip file sent with gzip"),
        pytest.param(gzip.compress(zlib.compress(TEXT)), "deflate, gzip", id="undone in reverse order"),
    ],
)
def test_decoded(raw: bytes, coding: str) -> None:
    assert decode.decoded(raw, coding, LIMIT) == TEXT


@pytest.mark.parametrize(
    ("raw", "coding", "failure"),
    [
        pytest.param(gzip.compress(TEXT)[:-9], "gzip", Failure.BAD_ENCODING, id="gzip cut short in its data"),
        pytest.param(gzip.compress(TEXT)[:-1], "gzip", Failure.BAD_ENCODING, id="gzip cut short in its checksum"),
        pytest.param(gzip.compress(TEXT)[:-9], "", Failure.BAD_ENCODING, id="undeclared gzip cut short"),
        pytest.param(gzip.compress(TEXT)[:20] + b"garbage!" * 9, "gzip", Failure.BAD_ENCODING, id="broken gzip"),
        pytest.param(zlib.compress(TEXT)[:-5], "deflate", Failure.BAD_ENCODING, id="deflate cut short"),
        pytest.param(raw_deflate(TEXT)[:-5], "deflate", Failure.BAD_ENCODING, id="raw deflate cut short"),
        pytest.param(b"", "deflate", Failure.BAD_ENCODING, id="deflate of nothing"),
        pytest.param(TEXT, "br", Failure.BAD_ENCODING, id="a coding that was not asked for"),
        pytest.param(TEXT, "gzip, gzip, gzip", Failure.BAD_ENCODING, id="three layers"),
        pytest.param(gzip.compress(bytes(LIMIT + 1)), "gzip", Failure.TOO_LARGE, id="gzip bomb"),
        pytest.param(zlib.compress(bytes(LIMIT + 1)), "deflate", Failure.TOO_LARGE, id="deflate bomb"),
        pytest.param(
            gzip.compress(gzip.compress(bytes(10**7))), "gzip, gzip", Failure.TOO_LARGE, id="bomb in the second layer"
        ),
        pytest.param(gzip.compress(bytes(9_999)) * 2, "gzip", Failure.TOO_LARGE, id="bomb in two halves"),
        pytest.param(gzip.compress(b"") * 101, "gzip", Failure.BAD_ENCODING, id="a hundred and one empty members"),
        pytest.param(bytes(LIMIT + 1), "", Failure.TOO_LARGE, id="too large as it is"),
    ],
)
def test_not_decoded(raw: bytes, coding: str, failure: Failure) -> None:
    outcome = decode.decoded(raw, coding, LIMIT)
    assert isinstance(outcome, Failed)
    assert outcome.failure is failure


def test_exactly_the_limit_is_allowed() -> None:
    assert decode.decoded(gzip.compress(bytes(LIMIT)), "gzip", LIMIT) == bytes(LIMIT)


@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate", "gzip, deflate", "br", ",,"]))
def test_any_bytes_are_decoded_or_refused(raw: bytes, coding: str) -> None:
    outcome = decode.decoded(raw, coding, 100)
    assert isinstance(outcome, Failed) or len(outcome) <= 100
