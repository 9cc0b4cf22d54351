"""Sources as YAML to be pasted into a file, and ids made from titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from aggregator import text
from aggregator.config.scalars import RESERVED

_LONGEST = 64


def as_yaml(sources: Sequence[Mapping[str, object]], *, taken: Collection[str] = ()) -> str:
    """A `sources:` list in the shape of sources.yaml. A source without `id` gets one from its name (or url) that is not
    in `taken`; what is None is left out."""
    from io import StringIO

    from ruamel.yaml import YAML

    used, entries = set(taken), []
    for source in sources:
        name = str(source.get("id") or slug(str(source.get("name") or source.get("url") or ""), taken=used))
        used.add(name)
        entries.append(_escaped({"id": name} | {key: value for key, value in source.items() if value is not None}))
    yaml = YAML(pure=True)
    yaml.width = 10_000  # never fold: an address on two lines is one that can not be copied
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump({"sources": entries}, stream)
    return stream.getvalue()


def _escaped(value: object) -> object:
    """Foreign titles must not read our environment: `${NAME}` is written `$${NAME}`, which stands for itself."""
    if isinstance(value, str):
        return str(re.sub(r"\$+(?=\{[A-Za-z_][A-Za-z0-9_]*\})", lambda found: "$" + found[0], value))
    if isinstance(value, Mapping):
        return {str(key): _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(inner) for inner in value]
    return value


def slug(title: str, *, taken: Collection[str] = ()) -> str:
    """An id made from the title (`Ämter für Bürger` gives `aemter-fuer-buerger`), with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", text.fold(title)).encode("ascii", "ignore").decode("ascii")
    base = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-") or "source"
    chosen, number = base, 1
    while chosen in taken or chosen in RESERVED:
        number += 1
        chosen = f"{base[: _LONGEST - len(str(number)) - 1].rstrip('-')}-{number}"
    return chosen
