"""Times whole passes of `aggregator run` beside the plain program (bench/plain.py) over the same sources on loopback.

    ./do python bench/passes.py                   200 and 1,000 made-up feeds
    ./do python bench/passes.py --feeds FOLDER    recorded feeds, repeated under other ids
    ./do python bench/passes.py --sources 200 --repeat 3

Five passes: cold (nothing stored), unchanged (304), same bytes without validators, same entries under a head that differs at
every answer, and a tenth of the sources with one entry more. Each row: wall and CPU seconds (with child processes) and peak memory
of ours, of the plain program, and the ratio of the wall times. Whole processes, in turn; with --repeat the median ratio is given.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PASSES = (
    ("cold", 1, 0, 0),
    ("unchanged (304)", 1, 0, 0),
    ("same bytes, no validators", 0, 0, 0),
    ("only the stamp changed", 0, 0, 1),
    ("a tenth gained an entry", 1, 1, 0),
)


@dataclass(frozen=True)
class Run:
    wall: float
    cpu: float
    megabytes: float


def timed(command: list[str], log: Path) -> Run:
    """Wall, CPU and peak memory (largest process) of one command, by the operating system's own account."""
    with log.open("ab") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    if status != 0:
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}, see {log}\n{log.read_text()[-2000:]}")
    assert isinstance(usage, resource.struct_rusage)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def configured(folder: Path, urls: list[str]) -> None:
    (folder / "config").mkdir()
    (folder / "config" / "aggregator.yaml").write_text(
        "base_url: https://bench.example/\ntitle: Bench\ndescription: Bench\nlanguage: de\ncontact: bench@bench.example\n"
        "limits: {gap: 0s, per_host: 20, concurrency: 20}\n"
    )
    taxonomy = HERE.parent / "config" / "clusters.yaml"
    (folder / "config" / "clusters.yaml").write_text(taxonomy.read_text(encoding="utf-8"), encoding="utf-8")
    rows = [
        f"  - {{id: s{number}, name: Source {number}, url: '{url}', language: de, interval: 1s, private_network: true, "
        "full_text: never}"
        for number, url in enumerate(urls)
    ]
    (folder / "config" / "sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")
    # The plain program publishes nothing; ours publishes one merged feed and one for each cluster and topic
    (folder / "config" / "feeds.yaml").write_text(feeds_yaml(taxonomy))


def feeds_yaml(taxonomy: Path) -> str:
    ids = [line.split("id:")[1].strip() for line in taxonomy.read_text(encoding="utf-8").splitlines() if "id:" in line]
    rows = ["  - {id: all, title: All, description: All, language: de}"]
    rows += [
        f"  - {{id: {name}, title: {name}, description: {name}, language: de, select: {{labels: [{name}]}}}}"
        for name in ids
    ]
    return "feeds:\n" + "\n".join(rows) + "\n"


def compared(port: int, count: int, feeds: Path | None) -> dict[str, tuple[Run, Run]]:
    del feeds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        urls = [f"http://127.0.0.1:{port}/s/{number}" for number in range(count)]
        (folder / "urls").write_text("\n".join(urls))
        configured(folder, urls)
        ours = [sys.executable, "-m", "aggregator", "-q", "--config", f"{folder}/config", "--data", f"{folder}/var"]
        ours += ["--output", f"{folder}/public", "run"]
        plain = [sys.executable, str(HERE / "plain.py"), f"{folder}/plain.sqlite", f"{folder}/urls"]
        results = {}
        for title, validators, gained, stamped in PASSES:
            wanted = f"validators={validators}&gained={gained}&stamped={stamped}"
            urllib.request.urlopen(f"http://127.0.0.1:{port}/set?{wanted}").close()
            time.sleep(1.2)  # the sources' interval
            results[title] = (timed(ours, folder / "ours.log"), timed(plain, folder / "plain.log"))
        return results


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=int, nargs="*", default=[200, 1000])
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    wanted = parser.parse_args()
    command = [sys.executable, str(HERE / "feeds_server.py"), *(["--feeds", str(wanted.feeds)] if wanted.feeds else [])]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        print(
            f"{'sources':>7}  {'pass':<26} {'ours s':>7} {'cpu':>6} {'MB':>5}   {'plain s':>7} {'cpu':>6} {'MB':>5}   ratio"
        )
        for count in wanted.sources:
            rounds = [compared(port, count, wanted.feeds) for _ in range(wanted.repeat)]
            for title, *_ in PASSES:
                ours, plain = rounds[-1][title]
                ratio = statistics.median(run[title][0].wall / run[title][1].wall for run in rounds)
                print(
                    f"{count:>7}  {title:<26} {ours.wall:>7.2f} {ours.cpu:>6.2f} {ours.megabytes:>5.0f}   "
                    f"{plain.wall:>7.2f} {plain.cpu:>6.2f} {plain.megabytes:>5.0f}   {ratio:>5.2f}",
                    flush=True,
                )
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
