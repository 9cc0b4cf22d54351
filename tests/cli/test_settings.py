"""What the global options do: log lines, and when the configuration is kept."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from aggregator.cli.settings import Settings


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    hooks = sys.excepthook, sys.unraisablehook
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    sys.excepthook, sys.unraisablehook = hooks


def settings(folder: Path, *, log_format: str = "json", verbosity: int = 0) -> Settings:
    return Settings(
        config=folder / "config",
        data=folder / "var",
        output=folder / "public",
        log_format=log_format,
        verbosity=verbosity,
    )


@pytest.mark.parametrize(
    ("verbosity", "written"),
    [
        pytest.param(-1, ["error"], id="-q: nothing but errors"),
        pytest.param(0, ["info", "warning", "error"], id="as usual"),
        pytest.param(1, ["debug", "info", "warning", "error"], id="-v: all"),
    ],
)
def test_lines_go_to_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verbosity: int, written: list[str]
) -> None:
    log = settings(tmp_path, verbosity=verbosity).log()
    for level in ("debug", "info", "warning", "error"):
        getattr(log, level)("something.happened", source="a")
    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.err.splitlines()]
    assert [line["level"] for line in lines] == written
    assert {line["event"] for line in lines} == {"something.happened"}
    assert told.out == ""


def test_whatever_is_said_in_a_pass_has_its_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also what libraries say, and what ends the process."""
    settings(tmp_path).log(datetime(2026, 11, 26, 14, 15, 3, 123456, tzinfo=UTC))
    structlog.get_logger().warning("alarm.not_sent")
    logging.getLogger("some.library").warning("hm")
    sys.excepthook(ValueError, ValueError("x"), None)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["pass"] for line in lines] == ["20261126T141503.123"] * 3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_fault_is_told_with_its_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    try:
        raise RuntimeError("a fault of ours")
    except RuntimeError:
        settings(tmp_path, log_format=log_format).log().exception("source.internal", source="a")
    told = capsys.readouterr()
    assert "a fault of ours" in told.err
    assert "Traceback" in told.err
    assert told.out == ""


def configured(folder: Path) -> None:
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text("base_url: https://news.example\ntitle: News\n")
    (folder / "config/sources.yaml").write_text("sources: [{id: a, name: A, url: 'https://a.example/feed'}]\n")


def test_a_command_that_only_looks_makes_no_data_directory(tmp_path: Path) -> None:
    configured(tmp_path)
    at = settings(tmp_path)
    assert at.load() == at.load_anew()
    assert not at.data.exists()


def test_a_pass_keeps_the_configuration_and_the_next_command_takes_it(tmp_path: Path) -> None:
    configured(tmp_path)
    at = settings(tmp_path)
    assert at.load(first=True) == at.load() == at.load_anew()
    assert (at.data / "config.cache").is_file()


def test_the_check_reads_the_files(tmp_path: Path) -> None:
    configured(tmp_path)
    at = settings(tmp_path)
    at.data.mkdir()
    at.load_anew()
    assert list(at.data.iterdir()) == []
