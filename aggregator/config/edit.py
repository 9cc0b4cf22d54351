"""One value changed in a file of sources; every other byte stays."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from aggregator.config import document, load
from aggregator.errors import ConfigError, Place

# What a plain scalar may hold in block and in flow context, of the characters that stand in URLs (YAML 1.2.2 section 7.3.3)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/?&=.~_-%+;@!$")


def replace_url(folder: Path, source_id: str, *, old: str, new: str) -> Path:
    """Writes the new `url` of a source into its file, in the quotes that stand there; the file, replaced as a whole.

    ConfigError when the value is not written out where the source stands (an alias, `${NAME}`, several lines) or is not `old`:
    then a person has to write it.
    """
    for path in load.files(folder):
        content = _content(path)
        found = _url(content, source_id)
        if found is None:
            continue
        edited = _edited(content, found, old, new, path)
        _check(edited, content, path, old=old, new=new)
        _write(path, edited)
        return path
    raise ConfigError(Place(str(folder)), f"no source {source_id} with a `url`", "the source in a file of sources")


def _content(path: Path) -> str:
    try:
        content = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Place(str(path)), f"not readable ({error})", "a file in UTF-8 that can be read") from error
    if content.startswith("\ufeff"):
        raise ConfigError(Place(str(path), 1), "a byte order mark", "a file without one, or the new url by hand")
    return content


def _url(content: str, source_id: str) -> tuple[Any, Any] | None:
    """The nodes of the source and of the value of its `url`; None where no such source stands in the file."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="rt", pure=True).compose(content)
    except YAMLError:
        return None
    for key, value in getattr(root, "value", ()) if root is not None and root.id == "mapping" else ():
        for row in value.value if key.value == "sources" and value.id == "sequence" else ():
            keys = {inner.value: node for inner, node in row.value} if row.id == "mapping" else {}
            if "id" in keys and keys["id"].value == source_id and "url" in keys:
                return row, keys["url"]
    return None


def _edited(content: str, found: tuple[Any, Any], old: str, new: str, path: Path) -> str:
    row, node = found
    start, end = node.start_mark.index, node.end_mark.index
    here = row.start_mark.index <= start < row.end_mark.index and not node.anchor  # an alias' node stands elsewhere
    plain = node.id == "scalar" and node.value == old and "\n" not in content[start:end] and "${" not in new
    if not (here and plain):
        raise ConfigError(
            Place(str(path), node.start_mark.line + 1), "the url is not written out here on one line", f"by hand: {new}"
        )
    if node.style == "'":
        written = "'" + new.replace("'", "''") + "'"
    elif node.style == '"' or not set(new) <= _PLAIN or ": " in new:
        written = json.dumps(new, ensure_ascii=False)
    else:
        written = new
    return content[:start] + written + content[end:]


def _check(edited: str, before: str, path: Path, *, old: str, new: str) -> None:
    """Reads what is to be written: all that it says must be what it said, but for the one address."""
    then, _ = document.read(before.encode("utf-8"), str(path), {})
    now, _ = document.read(edited.encode("utf-8"), str(path), {})
    if then is None or now is None or _with(then.data, old, new) != _with(now.data, old, new):
        raise ConfigError(Place(str(path)), "the url can not be replaced safely", f"by hand: {new}")


def _with(data: document.Data, old: str, new: str) -> document.Data:
    if isinstance(data, dict):
        return {key: _with(value, old, new) for key, value in data.items()}
    if isinstance(data, list):
        return [_with(value, old, new) for value in data]
    return new if data == old else data


def _write(path: Path, content: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(path.stat().st_mode & 0o7777)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConfigError(Place(str(path)), str(error.strerror), "a file that can be written") from error
