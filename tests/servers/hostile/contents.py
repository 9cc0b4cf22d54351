"""Servers whose HTTP is in order and whose bytes are not: content codings, bombs, encodings, XML and what stands in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import zstandard

from tests.servers.hostile import documents
from tests.servers.hostile.behaviour import OK, Behaviour, Stage
from tests.servers.local_world import Reply

_MEGABYTE = bytes(1_000_000)
_UNPACKED = 1_000  # megabytes that the bombs become


def _coded(coding: str, made: Callable[[bytes], bytes]) -> Callable[[Stage], None]:
    def serve(stage: Stage) -> None:
        headers = {"Content-Encoding": coding} if coding else {}
        stage.server.reply("/feed", made(documents.feed(stage.name)), headers=headers)

    return serve


def _document(made: Callable[[str], bytes]) -> Callable[[Stage], None]:
    """Made when asked for: some are large, and their ETag must not be kept where they can not be read."""
    return lambda stage: stage.server.script(
        "/feed", lambda _: Reply(body=made(stage.name), headers={"ETag": '"hostile"'})
    )


def _raw_deflate(body: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


def _gzip_bomb(_: bytes) -> bytes:
    """One compressed megabyte again and again; nobody comes to its checksum."""
    packing = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    head = packing.compress(b"") + packing.flush(zlib.Z_FULL_FLUSH)
    return head + (packing.compress(_MEGABYTE) + packing.flush(zlib.Z_FULL_FLUSH)) * _UNPACKED + packing.flush()


def _brotli_bomb(_: bytes) -> bytes:
    packing = brotli.Compressor(quality=1)
    return b"".join(packing.process(_MEGABYTE) for _ in range(_UNPACKED)) + packing.finish()


def _zstd_bomb(_: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(_MEGABYTE * 100) * (_UNPACKED // 100)


COMPRESSION = (
    Behaviour(name="gzip", does="packs with gzip", expected=OK, items=3, serve=_coded("gzip", gzip.compress)),
    Behaviour(
        name="gzip-trunc",
        does="cuts its gzip short",
        expected="truncated",
        serve=_coded("gzip", lambda body: gzip.compress(body)[:-200]),
    ),
    Behaviour(
        name="gzip-lie",
        does="says gzip and packs nothing",
        expected=OK,
        items=3,
        serve=_coded("gzip", lambda body: body),
    ),
    Behaviour(
        name="gzip-x3",
        does="packs three times",
        expected="bad_encoding",
        serve=_coded("gzip, gzip, gzip", lambda body: gzip.compress(gzip.compress(gzip.compress(body)))),
    ),
    Behaviour(
        name="gzip-unlabelled", does="packs without saying so", expected=OK, items=3, serve=_coded("", gzip.compress)
    ),
    Behaviour(
        name="deflate-raw",
        does="packs with deflate that has no zlib header",
        expected=OK,
        items=3,
        serve=_coded("deflate", _raw_deflate),
    ),
    Behaviour(
        name="unknown-enc",
        does="names a coding that nobody knows",
        expected="bad_encoding",
        serve=_coded("x-own", lambda body: body[::-1]),
    ),
    Behaviour(
        name="gzip-bomb",
        does="sends 1 MB of gzip that becomes 1 GB",
        expected="too_large",
        serve=_coded("gzip", _gzip_bomb),
    ),
    Behaviour(
        name="br-bomb",
        does="sends some kB of Brotli that become 1 GB",
        expected="too_large",
        serve=_coded("br", _brotli_bomb),
    ),
    Behaviour(
        name="zstd-bomb",
        does="sends some kB of Zstandard that become 1 GB",
        expected="too_large",
        serve=_coded("zstd", _zstd_bomb),
    ),
)


def _xxe(stage: Stage) -> None:
    stage.server.reply("/feed", documents.external_entity(stage.name, stage.canary))


def _hijack(stage: Stage) -> None:
    stage.server.reply("/feed", documents.stolen(stage.name, VICTIM))


VICTIM = "good-01"

CONTENT = (
    Behaviour(
        name="ctrl-chars",
        does="writes NUL, VT and escape codes into titles",
        expected=OK,
        items=2,
        serve=_document(documents.control_characters),
    ),
    Behaviour(name="bad-utf8", does="has one wrong byte", expected=OK, items=11, serve=_document(documents.bad_utf8)),
    Behaviour(
        name="cp1252-as-utf8",
        does="calls windows-1252 UTF-8",
        expected=OK,
        items=2,
        serve=_document(documents.cp1252_as_utf8),
    ),
    Behaviour(
        name="bom-ws",
        does="puts a byte order mark and blank lines before the XML",
        expected=OK,
        items=2,
        serve=_document(documents.bom_and_blanks),
    ),
    Behaviour(
        name="entity-nbsp",
        does="uses entities that XML does not know",
        expected=OK,
        items=2,
        serve=_document(documents.entities),
    ),
    Behaviour(name="lol", does="laughs a billion times", expected="too_large", serve=_document(documents.laughs)),
    Behaviour(name="xxe", does="asks for files and the inner network", expected=OK, items=2, serve=_xxe),
    Behaviour(
        name="redos-author",
        does="writes an author of 200 kB",
        expected="parser_killed",
        serve=_document(documents.redos_author),
    ),
    Behaviour(
        name="redos-comment",
        does="opens 100,000 comments",
        expected=OK,
        items=2,
        serve=_document(documents.redos_comment),
    ),
    Behaviour(
        name="many-attrs",
        does="gives an element 100,000 attributes",
        expected="parser_killed",
        serve=_document(documents.many_attributes),
    ),
    Behaviour(
        name="deep-nest",
        does="nests 100,000 elements in a text",
        expected=OK,
        items=2,
        serve=_document(documents.deep_nest),
    ),
    Behaviour(
        name="100k-items", does="has 100,000 entries", expected=OK, items=2000, serve=_document(documents.many_items)
    ),
    Behaviour(
        name="one-10mb-item",
        does="has one entry of 10 MB",
        expected=OK,
        items=2,
        serve=_document(documents.large_item),
    ),
    Behaviour(name="future-date", does="dates an entry 2099", expected=OK, items=2, serve=_document(documents.future)),
    Behaviour(name="hijack-guid", does="takes another source's ids and links", expected=OK, items=3, serve=_hijack),
    Behaviour(
        name="empty-channel",
        does="has a feed without entries",
        expected=OK,
        serve=_document(documents.empty_channel),
    ),
    Behaviour(
        name="path-guid",
        does="writes paths and escape codes as ids",
        expected=OK,
        items=2,
        serve=_document(documents.paths_as_ids),
    ),
)

# Not of the table, in the same pass
BEYOND = (
    Behaviour(
        name="deep-xml",
        does="nests 100,000 elements of XML",
        expected=OK,
        items=2,
        serve=_document(documents.deep_xml),
    ),
    Behaviour(
        name="long-fields",
        does="writes a link and a date of a megabyte",
        expected=OK,
        items=2,
        serve=_document(documents.long_fields),
    ),
)
