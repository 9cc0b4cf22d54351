"""`./do python -m tests.faults.kills [--kills 500]`: kill -9 at any instant of a pass, and what is left of it.

Half of the kills hit a first pass (an empty store), half a second one (some sources say something new). Each comes after a time
drawn evenly from the length of an undisturbed pass; where strace is there, every third one instead at a system call that
matters: the n-th sync, rename, write or removal. After each: the store is sound and holds whole sources; every published file
is whole, and the old or the new one; the next pass starts at once and ends in the state of an undisturbed one, with no file left
over.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faults.world import Place, World, complete, differing, timeless
from tests.servers.local_world import LocalServer

KINDS = ("damaged", "half", "lost", "torn", "neither old nor new", "orphan", "stuck", "another end", "left over")
CALLS = ("fsync", "fdatasync", "rename", "pwrite64", "unlink")
# Without --seccomp-bpf, with which strace 6.1 injects nothing
STRACE = shutil.which("strace")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What undisturbed passes come to."""

    start: Place | None  # what the killed pass starts from; None: nothing
    state: Mapping[str, str]
    seconds: float
    calls: Mapping[str, int]  # system calls of a pass, by name
    items: Mapping[str, set[str]]  # that it ends with
    old: Mapping[str, bytes]  # what is published at its start
    new: Mapping[str, str]  # what is published at its end, by `timeless`


@dataclass(frozen=True, kw_only=True)
class Killed:
    """One kill and what was wrong after it; nothing should be."""

    stage: int  # 1: the first pass, 2: the second
    at: str  # after 0.31 s | at fsync 3
    died: bool  # False: the pass was over before
    problems: tuple[str, ...]
    restart: float  # seconds of the pass that came after


def references(world: World) -> dict[int, Reference]:
    """The two undisturbed passes, each as its start and its end."""
    first = world.place("first")
    found = {}
    for stage, start in ((1, None), (2, first)):
        world.number = stage
        end = world.place(f"end-{stage}", like=start)
        began = time.perf_counter()
        done = end.run()
        seconds = time.perf_counter() - began
        assert done.returncode == 0, done.stderr
        for name, content in end.published().items():
            complete(name, content)
        if stage == 1:
            shutil.rmtree(first.root)
            shutil.copytree(end.root, first.root)
        found[stage] = Reference(
            start=start,
            state=end.state(),
            seconds=seconds,
            calls=_calls(world, start),
            items=end.items(),
            old=start.published() if start else {},
            new={name: timeless(content) for name, content in end.published().items()},
        )
    return found


def _calls(world: World, start: Place | None) -> dict[str, int]:
    """How many of each system call an undisturbed pass makes."""
    if STRACE is None:
        return {}
    place = world.place("counted", like=start)
    told = world.folder / "calls"
    done = place.run(before=[STRACE, "-f", "-qq", "-e", f"trace={','.join(CALLS)}", "-o", str(told)])
    assert done.returncode == 0, done.stderr
    words = told.read_text(errors="replace")
    return {call: len(re.findall(rf"\b{call}\(", words)) for call in CALLS}


def kills(world: World, count: int, seed: int, *, at_once: int = 2) -> Iterator[Killed]:
    """So many kills, each on a copy of what was there before; first all of the first pass, then all of the second."""
    known = references(world)
    chance = random.Random(seed)
    with ThreadPoolExecutor(at_once) as pool:
        for stage, share in ((1, count - count // 2), (2, count // 2)):
            world.number = stage
            moments = [_moment(known[stage], chance, number) for number in range(share)]
            yield from pool.map(lambda at, stage=stage: kill(world, stage, known[stage], at), moments)


def _moment(reference: Reference, chance: random.Random, number: int) -> str:
    calls = [call for call, times in reference.calls.items() if times]
    if not calls or number % 3:
        return f"{chance.uniform(0, 1.05 * reference.seconds):.3f} s"
    call = chance.choice(calls)
    return f"{call} {chance.randint(1, reference.calls[call])}"


def kill(world: World, stage: int, reference: Reference, at: str) -> Killed:
    """One kill of that pass, `0.310 s` after its start or at its n-th system call of a name, and the pass after it."""
    place = world.place(f"killed-{threading.get_ident()}", like=reference.start)
    before = place.items()
    died = _die(place, at)
    problems = [*_left(place, stage, reference, before), *_orphans(place)]
    began = time.perf_counter()
    again = place.run()
    restart = time.perf_counter() - began
    if again.returncode:
        problems.append(f"stuck: exit {again.returncode}: {again.stderr.strip()[-300:]}")
    else:
        problems += [f"another end: {name}" for name in differing(place.state(), reference.state)]
    problems += [f"left over: {path.name}" for path in place.root.rglob(".*") if path.is_file()]
    return Killed(stage=stage, at=at, died=died, problems=tuple(problems), restart=restart)


def _die(place: Place, at: str) -> bool:
    """Starts a pass and kills it there; whether it died."""
    what, _, number = at.partition(" ")
    if number == "s":
        process = place.start("run", "--force", "--json")
        try:
            process.communicate(timeout=float(what))
            return False
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)  # it alone: its children have to notice
    else:
        assert STRACE is not None
        inject = f"inject={what}:signal=SIGKILL:when={number}"
        process = place.start(
            "run", "--force", "--json",
            before=[STRACE, "-f", "-qq", "-e", f"trace={what}", "-e", inject, "-o", "/dev/null"],
        )  # fmt: skip
    process.communicate(timeout=120)
    return process.returncode != 0


def _left(place: Place, stage: int, reference: Reference, before: Mapping[str, set[str]]) -> Iterator[str]:
    """What is wrong with the store and the files as the kill left them."""
    try:
        held = place.items()
    except AssertionError as error:
        yield f"damaged: {error}"
        return
    whole = reference.items
    for source, guids in held.items():
        if guids not in (before.get(source, set()), whole[source]):
            yield f"half: {source} has {len(guids)} of {len(whole[source])} items"
    yield from (f"lost: {source}" for source, guids in before.items() if not guids <= held.get(source, set()))
    for name, content in place.published().items():
        if Path(name).name.startswith("."):
            continue  # beside what it was to become; the next pass takes it away
        if content == reference.old.get(name) or timeless(content) == reference.new.get(name):
            continue
        yield f"neither old nor new: {name}"
        try:
            complete(name, content)
        except (AssertionError, ValueError, SyntaxError) as error:
            yield f"torn: {name}: {error}"


def _orphans(place: Place, patience: float = 3.0) -> list[str]:
    """Children that outlive the pass they belong to."""
    until = time.monotonic() + patience
    while True:
        alive = [pid for pid in _of(str(place.root)) if pid != os.getpid()]
        if not alive or time.monotonic() > until:
            return [f"orphan: process {pid}" for pid in alive]
        time.sleep(0.02)


def _of(root: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if root in words:
                found.append(int(entry.name))
    return found


def table(results: Sequence[Killed]) -> str:
    """What the kills came to, in one line each kind."""
    died = [one for one in results if one.died]
    kinds = Counter(problem.split(":")[0] for one in results for problem in one.problems)
    at_calls = sum(not one.at.endswith(" s") for one in died)
    first = sum(one.stage == 1 for one in died)
    slowest = max((one.restart for one in results), default=0.0)
    sound = sum(not one.problems for one in results)
    lines = [
        f"{len(results)} kills, {len(died)} in the middle ({at_calls} at a system call), {first} of them of the first pass",
        f"without a fault: {sound} of {len(results)}; longest pass after a kill {slowest:.1f} s",
    ]
    lines += [f"{kind}: {kinds.get(kind, 0)}" for kind in KINDS]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=50, help="of each of the twenty sources")
    given = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder, LocalServer() as server:
        world = World(server=server, folder=Path(folder) / "world", items=given.items)
        for one in kills(world, given.kills, given.seed):
            results.append(one)
            if len(results) % 50 == 0:
                print(f"{len(results)} of {given.kills}", flush=True)
            if one.problems:
                print(f"pass {one.stage}, killed at {one.at}: {'; '.join(one.problems[:5])}", flush=True)
    print(table(results))
    return 1 if any(one.problems for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
