"""The house as designed, held against the disk."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "errors.py", "text.py", "urls.py", "evaluate.py", "opml.py", "service",
    "model", "config", "fetch", "parse", "clean", "stories", "tagging", "store", "publish", "due", "passes", "web", "cli",
    "starter", "templates", "demo",
}  # fmt: skip
LONGEST = 400  # lines of a file: past it, split by what changes together
FORBIDDEN = {"utils", "helpers", "common", "manager", "misc", "base"}


def modules() -> list[Path]:
    return sorted(path for path in (ROOT / "aggregator").rglob("*.py") if "migrations" not in path.parts)


@pytest.mark.slow
def test_imports_go_downhill() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_stands_where_it_should() -> None:
    found = {path.name for path in (ROOT / "aggregator").iterdir() if not path.name.startswith("__")} - {"py.typed"}
    assert found == ROOMS


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_thing(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert path.stem not in FORBIDDEN
    assert not any(part in FORBIDDEN for part in path.relative_to(ROOT).parts)


def test_nothing_particular_to_one_region_stands_in_code() -> None:
    names = ("Brandenburg", "innoBB", "WFBB")
    assert [path for path in modules() if any(name in path.read_text(encoding="utf-8") for name in names)] == []


@pytest.mark.slow
def test_the_help_imports_nothing_heavy() -> None:
    """`--help` answers in 100 ms: no HTTP client, no database, no validation library is imported for it."""
    code = "import sys; from aggregator.cli.main import cli\ntry: cli(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    heavy = {
        "httpx",
        "sqlalchemy",
        "pydantic",
        "feedparser",
        "bs4",
        "feedgen",
        "starlette",
        "structlog",
        "rich.console",
    }
    assert not imported & heavy


def test_the_lock_satisfies_the_project() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith(" "):
            name, version = line.split(" ")[0].split("==")
            locked.setdefault(name, []).append(version)
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]
    for requirement in map(Requirement, wanted):
        versions = locked[requirement.name.lower().replace("_", "-").replace(".", "-")]
        assert any(requirement.specifier.contains(version) for version in versions), requirement
