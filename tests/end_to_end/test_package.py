"""The package as it is handed on: wheel and sdist hold everything, and the wheel runs where no checkout is."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel and the sdist, built from a copy of the tree (setuptools writes beside what it builds)."""
    import shutil

    folder = tmp_path_factory.mktemp("build")
    copy = folder / "tree"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "aggregator", copy / "aggregator", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


def test_wheel_and_sdist_hold_code_and_data(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    [sdist] = built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    tracked = [path for path in (ROOT / "aggregator").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted = {str(path.relative_to(ROOT)) for path in tracked}
    assert wanted <= names
    assert wanted <= packed


def test_the_wheel_installed_elsewhere_runs_the_demonstration(built: Path, tmp_path: Path, aggregator) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    place = str(tmp_path / "site")
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import aggregator; print(aggregator.__file__)"],
        env={"PYTHONPATH": place},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(place)
    done = aggregator("demo", PYTHONPATH=place)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo-output/public/index.html").is_file()
