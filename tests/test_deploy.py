"""What stands in docs/deploy and docs/operating.md is true, and a service may run with as little as it says."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml

from aggregator.cli.main import cli
from aggregator.service.condition import Condition
from aggregator.store import connect
from aggregator.web.metrics import Metrics
from tests.servers.local_world import LocalServer
from tests.servers.running import configure, feed

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs/deploy"
OPERATING = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
BLOCKS = [line for block in re.findall(r"^```\n(.*?)^```", OPERATING, re.S | re.M) for line in block.splitlines()]
UNITS = ("aggregator.service", "aggregator-run.service")
HARDENED = {
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes",
    "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "User": "aggregator",
    "StateDirectory": "aggregator", "MemoryMax": "1G", "KillMode": "mixed", "UMask": "0027",
}  # fmt: skip


def directives(name: str) -> list[tuple[str, str]]:
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    return [(key, value) for key, _, value in (line.partition("=") for line in lines if line and line[0] not in "#[")]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_gives_away_what_it_does_not_need(name: str) -> None:
    written = directives(name)
    assert HARDENED.items() <= dict(written).items()
    filters = [value for key, value in written if key == "SystemCallFilter"]
    assert filters == ["@system-service", "~@privileged"], (
        "parsers need setrlimit and passes setpriority: no ~@resources"
    )
    assert set(dict(written)["RestrictAddressFamilies"].split()) == {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Where the program is called, and with what: units, cron, the container, the page for operators."""
    for name in UNITS:
        yield name, dict(directives(name))["ExecStart"].split()[1:]
    for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines():
        if "/aggregator " in line and not line.startswith("#"):
            yield "crontab", shlex.split(line.partition("/aggregator ")[2].partition("||")[0])
    container = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    yield "Containerfile", yaml.safe_load(container.rpartition("\nCMD ")[2])
    for line in BLOCKS:
        if called := re.match(r"(?:/opt/aggregator/bin/)?aggregator (.*)", line):
            yield "operating.md", shlex.split(called[1], comments=True)


@pytest.mark.parametrize(("where", "arguments"), [pytest.param(*one, id=f"{one[0]} {one[1]}") for one in commands()])
def test_what_is_called_exists(where: str, arguments: list[str]) -> None:
    command: click.Command = cli
    context = click.Context(command, info_name="aggregator")
    _, rest, _ = command.make_parser(context).parse_args(list(arguments))
    while isinstance(command, click.Group):
        found = command.get_command(context, rest.pop(0))
        assert found is not None, where
        command, context = found, click.Context(found, parent=context)
        _, rest, _ = command.make_parser(context).parse_args(rest)


def test_units_stop_where_trying_again_is_no_use() -> None:
    from aggregator.errors import ConfigError, PassRunningError

    assert dict(directives("aggregator.service"))["RestartPreventExitStatus"] == str(ConfigError.exit_status)
    assert dict(directives("aggregator-run.service"))["SuccessExitStatus"] == str(PassRunningError.exit_status)


def test_commands_find_what_the_service_has() -> None:
    """Units, cron and aggregator.sh: one configuration, one store, one output."""
    script = (DEPLOY / "aggregator.sh").read_text(encoding="utf-8")
    for name in UNITS:
        given = {value for key, value in directives(name) if key == "Environment"}
        assert given <= set(script.splitlines()), name
        [file] = [value for key, value in directives(name) if key == "EnvironmentFile"]
        assert f". {file.removeprefix('-')}\n" in script
    assert subprocess.run(["sh", "-n", DEPLOY / "aggregator.sh"], check=False).returncode == 0
    assert f"{DEPLOY.name}/aggregator.sh /usr/local/sbin/aggregator" in OPERATING
    assert all(
        "root /usr/local/sbin/aggregator -q " in line
        for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()
        if "* * *" in line
    )


def test_what_is_copied_is_there() -> None:
    named = {found for line in BLOCKS for found in re.findall(r"docs/deploy/\S+", line)}
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_both_units_are_hardened_alike() -> None:
    def limits(name: str) -> list[tuple[str, str]]:
        written = directives(name)
        return written[written.index(("User", "aggregator")) :]

    assert limits(UNITS[1]) == limits(UNITS[0])[: len(limits(UNITS[1]))]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in [*map(DEPLOY.joinpath, UNITS), DEPLOY / "aggregator-run.timer"]:
        text = path.read_text(encoding="utf-8").replace("/opt/aggregator/bin/aggregator", "/bin/true")
        (tmp_path / path.name).write_text(text)
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    if "Failed to" in done.stderr and "manager" in done.stderr:
        pytest.skip(done.stderr)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-static.conf"])
@pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx here")
def test_nginx_takes_its_configuration(name: str, tmp_path: Path) -> None:
    import trustme

    text = (DEPLOY / name).read_text(encoding="utf-8")
    made = trustme.CA().issue_cert("news.example.org")
    made.private_key_pem.write_to_path(tmp_path / "key")
    made.cert_chain_pems[0].write_to_path(tmp_path / "pem")
    text = text.replace("/etc/ssl/news.example.org.pem", f"{tmp_path}/pem")
    text = text.replace("/etc/ssl/private/news.example.org.key", f"{tmp_path}/key")
    text = text.replace("listen 80", "listen 18080").replace("listen 443", "listen 18443")
    (tmp_path / "conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; "
        + " ".join(f"{kind}_temp_path {tmp_path};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"\n{text}\n}}"
    )
    command = ["nginx", "-t", "-q", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_container_runs_without_rights() -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert len(re.findall(r"^FROM ", lines, re.MULTILINE)) == 2
    assert "--require-hashes -r requirements.lock" in lines
    assert lines.rindex("\nUSER 10001") > lines.rindex("\nFROM ")
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["aggregator"]
    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (
        True, ["ALL"], ["no-new-privileges:true"],
    )  # fmt: skip
    build = (DEPLOY / service["build"]["context"]).resolve()
    assert build == ROOT
    assert (build / service["build"]["dockerfile"]).is_file()


# ------------------------------------------------------------------------------------------------------ what operators read


def test_every_metric_is_explained(tmp_path: Path) -> None:
    condition = Condition(config_loaded=datetime(2026, 1, 1, tzinfo=UTC))
    url = f"sqlite:///{tmp_path}/s.sqlite"
    with connect.opened(url):
        pass
    text = Metrics().text(condition, (), url).decode()
    names = {name for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE) if name.startswith("aggregator_")}
    explained = set(re.findall(r"aggregator_[a-z_]+", OPERATING))
    assert {name for name in names if not any(known.startswith(name) for known in explained)} == set()
    known = {*names, "aggregator_last_pass_timestamp_seconds"}
    assert {name for name in explained if not any(name.startswith(one) for one in known)} == set()


def logged() -> Iterator[str]:
    """The events that the code writes."""
    for path in (ROOT / "aggregator").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        yield from re.findall(r"\.(?:debug|info|warning|error|critical|exception)\(\s*\"([a-z]+\.[a-z_]+)\"", source)


def test_every_event_is_explained() -> None:
    assert {event for event in logged() if f"`{event}`" not in OPERATING} == set()


def test_every_exit_status_is_explained() -> None:
    from aggregator import errors

    statuses = {kind.exit_status for kind in vars(errors).values() if hasattr(kind, "exit_status")}
    assert {status for status in statuses | {0} if f"\n| {status} |" not in OPERATING} == set()


def test_what_is_linked_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", OPERATING)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


# ------------------------------------------------------------------------------------------------------------- without rights


@pytest.fixture
def for_all() -> Iterator[Path]:
    """A folder that everybody may enter: pytest's own are for their owner alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def without_rights(*command: str, cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    nobody = pwd.getpwnam("nobody")
    rights = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--no-new-privs"]
    return subprocess.run(
        ["setpriv", *rights, "--bounding-set=-all", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def python_for_all(environment: dict[str, str]) -> str:
    """An interpreter of this version that stands where everybody may read, and start it again."""
    code = "import subprocess, sys, lxml.etree, sqlalchemy; subprocess.run([sys.executable, '-c', ''], check=True)"
    for found in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        with suppress(OSError):
            done = without_rights(found, "-c", code, cwd=Path("/"), environment=environment)
            if done.returncode == 0:
                return found
    pytest.skip("no Python that everybody may run")


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="only root can give its rights away")
def test_a_user_without_rights_and_code_that_can_not_be_written(for_all: Path) -> None:
    code, work = for_all / "code", for_all / "work"
    shutil.copytree(ROOT / "aggregator", code / "aggregator", ignore=shutil.ignore_patterns("__pycache__"))
    for path in code.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    work.mkdir()
    environment = {
        "PYTHONPATH": f"{code}:{sysconfig.get_path('purelib')}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": "/usr/bin:/bin",
    }
    python = python_for_all(environment)
    with LocalServer() as server:
        server.reply("/feed", feed("Eins"))
        configure(work, f"id: one, name: S, private_network: true, url: '{server.url('/feed')}'")
        shutil.chown(work, "nobody")
        done = without_rights(python, "-m", "aggregator", "-q", "run", cwd=work, environment=environment)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        (work / "var").chmod(0)
        done = without_rights(python, "-m", "aggregator", "-q", "run", cwd=work, environment=environment)
        assert (done.returncode, "var" in done.stderr) == (4, True), "our store, not the command line"
    assert (work / "public/feeds/all.rss").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert list(code.rglob("__pycache__")) == []
