"""Every test that docs/broken-feeds.md names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:\[([^`]+)\])?`")


def test_every_named_test_exists() -> None:
    named = NAMED.findall((ROOT / "docs/broken-feeds.md").read_text(encoding="utf-8"))
    assert len(named) > 80
    for file, function, row in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert f"def {function}(" in source, (file, function)
        assert not row or re.search(rf'id=f?"{re.escape(row)}"', source), (file, row)
