from __future__ import annotations

import gzip
import subprocess
import sys
import time
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
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
        pytest.param(brotli.compress(TEXT), "br", id="brotli"),
        pytest.param(zstandard.compress(TEXT), "zstd", id="zstandard"),
        pytest.param(
            zstandard.compress(TEXT[:99]) + zstandard.compress(TEXT[99:]), "zstd", id="two zstd frames in a row"
        ),
        pytest.param(zstandard.compress(brotli.compress(TEXT)), "br, zstd", id="two codings"),
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
        pytest.param(gzip.compress(TEXT)[:-9], "gzip", Failure.TRUNCATED, id="gzip cut short in its data"),
        pytest.param(gzip.compress(TEXT)[:-1], "gzip", Failure.TRUNCATED, id="gzip cut short in its checksum"),
        pytest.param(gzip.compress(TEXT)[:-9], "", Failure.TRUNCATED, id="undeclared gzip cut short"),
        pytest.param(brotli.compress(TEXT)[:-3], "br", Failure.TRUNCATED, id="brotli cut short"),
        pytest.param(zstandard.compress(TEXT)[:-3], "zstd", Failure.TRUNCATED, id="zstd cut short"),
        pytest.param(b"<rss/>" * 9, "br", Failure.BAD_ENCODING, id="declared as brotli and is not"),
        pytest.param(TEXT, "zstd", Failure.BAD_ENCODING, id="declared as zstd and is not"),
        pytest.param(zstandard.compress(b"") * 101, "zstd", Failure.BAD_ENCODING, id="a hundred and one empty frames"),
        pytest.param(gzip.compress(TEXT)[:20] + b"garbage!" * 9, "gzip", Failure.BAD_ENCODING, id="broken gzip"),
        pytest.param(zlib.compress(TEXT)[:-5], "deflate", Failure.TRUNCATED, id="deflate cut short"),
        pytest.param(raw_deflate(TEXT)[:-5], "deflate", Failure.TRUNCATED, id="raw deflate cut short"),
        pytest.param(TEXT, "compress", Failure.BAD_ENCODING, id="a coding that was not asked for"),
        pytest.param(TEXT, "gzip, gzip, gzip", Failure.BAD_ENCODING, id="three layers"),
        pytest.param(gzip.compress(bytes(LIMIT + 1)), "gzip", Failure.TOO_LARGE, id="gzip bomb"),
        pytest.param(zlib.compress(bytes(LIMIT + 1)), "deflate", Failure.TOO_LARGE, id="deflate bomb"),
        pytest.param(brotli.compress(bytes(LIMIT + 1)), "br", Failure.TOO_LARGE, id="brotli bomb"),
        pytest.param(zstandard.compress(bytes(LIMIT + 1)), "zstd", Failure.TOO_LARGE, id="zstd bomb"),
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


CODINGS = ["", "gzip", "deflate", "gzip, deflate", "br", "zstd", "zstd, br", ",,"]


@given(st.binary(max_size=200), st.sampled_from(CODINGS))
def test_any_bytes_are_decoded_or_refused(raw: bytes, coding: str) -> None:
    outcome = decode.decoded(raw, coding, 100)
    assert isinstance(outcome, Failed) or len(outcome) <= 100


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)]
    ),
    st.integers(1, 50),
)
def test_it_does_not_matter_in_which_pieces_a_body_comes(body: bytes, coding: tuple, size: int) -> None:
    name, packed = coding
    raw = packed(body)
    unpacking = decode.Unpacking(name, 1000)
    for start in range(0, len(raw), size):
        for _ in unpacking.feed(raw[start : start + size]):
            pass
    if not body.startswith(b"\x1f"):  # that is unpacked as an undeclared gzip file
        assert unpacking.end() == body


def zstd_bomb() -> bytes:
    """A gigabyte in blocks of four bytes that stand for 128 kB each (RFC 8878 section 3.1.1.2.2, RLE)."""
    block = ((128 * 1024) << 3 | 1 << 1).to_bytes(3, "little") + b"x"
    last = ((128 * 1024) << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"x"
    return b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x38" + block * 8191 + last


def deflated(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(bytes(2**20)) for _ in range(megabytes)), packer.flush()])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("coding", "make"),
    [
        pytest.param("gzip", lambda: deflated(64), id="gzip"),
        pytest.param("br", lambda: brotli.compress(bytes(2**27), quality=1), id="brotli"),
        pytest.param("zstd", zstd_bomb, id="zstd, made by hand"),
        pytest.param("gzip, gzip", lambda: gzip.compress(deflated(64)), id="gzip in gzip"),
    ],
)
def test_a_bomb_costs_what_the_limit_costs(coding: str, make) -> None:
    """Far less than a second, and no more memory than the body, its joining and one step: `tracemalloc` sees zlib's and
    brotli's results, not their windows (at most 16 MB)."""
    raw, limit = make(), 10_000_000
    tracemalloc.start()
    started = time.process_time()
    outcome = decode.decoded(raw, coding, limit)
    spent = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.TOO_LARGE
    assert spent < 1
    assert peak < limit + 20_000_000


def test_no_decoder_is_imported_that_no_answer_uses() -> None:
    """By us: httpx itself imports brotli and zstandard where they are installed, which takes 4 ms."""
    code = (
        "import sys, gzip; from aggregator.fetch import decode, robots; decode.decoded(gzip.compress(b'x'), 'gzip', 9)\n"
        "print({'brotli', 'zstandard', 'protego'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
