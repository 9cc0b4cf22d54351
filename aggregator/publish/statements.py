"""What the pages about this installation say in the program's own words: `templates/<name>.<language>.txt`.

In these texts `# ` begins a heading, `1. ` an item of a list; `{name}` is a value, `[words](name)` a link whose address is handed
in under that name. A paragraph that has nothing to say here, or a link that leads nowhere, is left out. The statement on
accessibility follows the model of Implementing Decision (EU) 2018/1523.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from aggregator.publish.prose import Block, Kind, Part, Run, parts

_LINK = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")
_ITEM = re.compile(r"^\d+\. ", re.MULTILINE)


class Section(NamedTuple):
    """A heading with what stands under it."""

    heading: str
    parts: tuple[Part, ...]


def sections(written: str, values: Mapping[str, str], links: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections of such a text with these values and links in it."""
    made = []
    for told in re.split(r"^# ", written, flags=re.MULTILINE)[1:]:
        heading, _, body = told.partition("\n")
        made.append(Section(heading.strip(), parts(_blocks(body, values, links))))
    return tuple(section for section in made if section.parts)


def _blocks(body: str, values: Mapping[str, str], links: Mapping[str, str]) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        numbered = _ITEM.match(paragraph)
        kind: Kind = "numbered" if numbered else "paragraph"
        for each in _ITEM.split(paragraph)[1:] if numbered else [paragraph]:
            said = " ".join(each.split())
            runs = tuple(run for run in _runs(said, values, links) if run.text)
            if runs and all(links.get(name) for _, name in _LINK.findall(said)):
                yield Block(kind, runs)


def _runs(said: str, values: Mapping[str, str], links: Mapping[str, str]) -> Iterator[Run]:
    at = 0
    for found in _LINK.finditer(said):
        yield Run(said[at : found.start()].format_map(values))
        yield Run(found[1].format_map(values), links.get(found[2]))
        at = found.end()
    yield Run(said[at:].format_map(values))
