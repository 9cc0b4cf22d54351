"""Text that was encoded in UTF-8 twice (`FÃ¶rderung`, `â€“`), decoded once more. Pure.

It comes from databases that were filled with UTF-8 under another label, and it is valid UTF-8: no label shows it. feedparser
undoes it for ISO 8859-1, not for windows-1252, in which the second byte of `ß`, `Ö` or any typographic sign mostly stands.
"""

from __future__ import annotations

import re

# In bytes, because nearly every document ends here: what UTF-8 begins a letter of Europe or a typographic sign with (`Ã`, `Ð`,
# `â`), and a character that is one byte from 80 to bf
_CUE = re.compile(
    rb"\xc3[\x82-\x85\x8e-\x91\xa2](?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]"
    rb"|\xe2(?:\x80[\x90-\xba]|\x82\xac|\x84\xa2))"
)
_EDGE = re.compile('([<>"])')  # between two of them stands one text
_RUN = re.compile(r"[^\x00-\x7f]+")
# What text of the west is made of: `à` and `«` with a no-break space between would else be a letter of the Samaritans
_PLAUSIBLE = re.compile(r"[\u00a0-\u024f\u0370-\u052f\u1e00-\u1eff\u2000-\u22ff]+$")
# Sure even beside characters that are right: no word has these. A bare `Ã¼` may be what the text is about
_SURE = re.compile(
    r"â(?:€[\x80-\xff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u2122]|‚¬|„¢)"
    r"|Ã[¤¶¼Ÿ„–œ©¨ª§¡³±´®](?=[^\W\d_])|(?<=[^\W\d_])Ã[¤¶¼Ÿ©](?![^\W\d_])"
)
_BYTES = {ord(bytes([byte]).decode("cp1252")): byte for byte in {*range(0x80, 0x100)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}}
_ROUNDS = 3


def undone(utf8: bytes) -> bytes | None:
    """The document with those of its texts put right in which all that is not ASCII was encoded twice (or thrice), of the others
    the words of which that is sure; None when there is none."""
    found = None
    for _ in range(_ROUNDS):
        if not _CUE.search(utf8):
            break
        before = utf8.decode()
        after = "".join(map(_text, _EDGE.split(before)))
        if after == before:
            break
        found = utf8 = after.encode()
    return found


def _text(written: str) -> str:
    if written.isascii():
        return written
    try:
        return _RUN.sub(_right, written)
    except ValueError:
        return _SURE.sub(_perhaps, written)


def _perhaps(sequence: re.Match[str]) -> str:
    try:
        return _right(sequence)
    except ValueError:
        return sequence[0]


def _right(run: re.Match[str]) -> str:
    """ValueError when these characters are no UTF-8 in windows-1252 (or ISO 8859-1, where that has none)."""
    found = run[0].translate(_BYTES).encode("latin-1").decode()
    if not _PLAUSIBLE.match(found):
        raise ValueError(found)
    return found
