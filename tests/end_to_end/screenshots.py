"""The pictures in the documentation, made of the demonstration: `./do python -m tests.end_to_end.screenshots`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.end_to_end import browser

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PICTURES = {"overview": "screenshot.png", "story with carriers": "screenshot-story.png"}
MOST = 200_000  # bytes of a picture


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        output = browser.demonstrated(Path(folder))
        paths = browser.kinds(output)
        with browser.served(output) as url, browser.opened() as chromium:
            page = chromium.new_page(viewport={"width": 1280, "height": 1040}, color_scheme="light")
            for kind, name in PICTURES.items():
                page.goto(url + paths[kind])
                picture = page.screenshot()
                if len(picture) > MOST:
                    print(f"{name}: {len(picture)} bytes, at most {MOST} are allowed", file=sys.stderr)
                    return 1
                (DOCS / name).write_bytes(picture)
                print(f"{DOCS / name}: {len(picture)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
