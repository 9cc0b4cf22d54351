"""A running service follows its configuration, tells systemd what it does, and says how it is."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.local_world import LocalServer
from tests.servers.running import Running, configure, feed

pytestmark = pytest.mark.slow


class Systemd:
    """What systemd would hear: the datagrams of `NOTIFY_SOCKET`."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name)
        self.environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "400000"}
        self._heard: list[dict[str, str]] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        while message := self._socket.recv(4096).decode():
            self._heard.append(dict(line.split("=", 1) for line in message.splitlines()))

    def heard(self, name: str) -> list[str]:
        return [message[name] for message in self._heard if name in message]

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    found = Systemd(str(tmp_path / "notify"))
    yield found
    found.close()


def source(server: LocalServer, name: str) -> str:
    server.reply(f"/{name}", feed(name))
    return f"id: {name}, name: Quelle {name}, interval: 1h, private_network: true, url: '{server.url(f'/{name}')}'"


def refused(service: Running) -> float:
    [line] = [
        one for one in service.get("/metrics")[1].splitlines() if one.startswith("aggregator_config_last_reload_succ")
    ][:1]
    return 1 - float(line.split()[1])


def test_the_configuration_is_followed(tmp_path: Path, systemd: Systemd) -> None:
    with LocalServer() as server:
        one, two = source(server, "one"), source(server, "two")
        configure(tmp_path, one)
        with Running(tmp_path, environment=systemd.environment) as service:
            service.until("pass.done")
            assert systemd.heard("READY") == ["1"]
            assert service.get("/two/")[0] == 404
            configure(tmp_path, one, two)  # files changed: no signal
            service.until("config.loaded")
            service.wait(lambda: service.get("/two/")[0] == 200, what="the new source's page")
            assert [row["id"] for row in json.loads(service.get("/status.json")[1])["sources"]] == ["one", "two"]
            assert "Quelle two" in service.get("/")[1], "pages follow"
            assert server.count("/one") == 1, "what is not due is not asked for a new configuration's sake"

            good = (tmp_path / "config/sources.yaml").read_text()
            (tmp_path / "config/sources.yaml").write_text(
                good + "  - {id: three, name: Drei, urll: 'https://a.example/'}\n"
            )
            faults = service.until("config.refused")
            assert "sources.yaml:4" in faults[0]["place"]
            assert service.get("/feeds/two.rss")[0] == 200, "the old one goes on"
            status = json.loads(service.get("/status.json")[1])
            assert "sources.yaml:4" in status["config"]["fault"]
            assert [row["id"] for row in status["sources"]] == ["one", "two"]
            assert "sources.yaml:4" in service.get("/status")[1]
            assert refused(service) == 1

            told = len(systemd.heard("RELOADING"))
            (tmp_path / "config/sources.yaml").write_text(good)
            service.until("config.same")
            assert json.loads(service.get("/status.json")[1])["config"]["fault"] is None
            assert refused(service) == 0
            service.process.send_signal(signal.SIGHUP)
            service.until("config.same", 2)
            service.wait(lambda: len(systemd.heard("READY")) >= told + 3, what="READY after each reload")
            assert len(systemd.heard("RELOADING")) == told + 2
            times = list(map(int, systemd.heard("MONOTONIC_USEC")))
            assert times == sorted(times)
            assert times[-1] <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            service.wait(lambda: len(systemd.heard("WATCHDOG")) >= 3, what="the watchdog's food")
            assert service.stop() < 5
            assert systemd.heard("STOPPING") == ["1"]
            assert not any(line["event"] == "internal" for line in service.log)


def test_a_service_without_a_pass_is_not_ready(tmp_path: Path) -> None:
    with LocalServer() as server:
        configure(tmp_path, source(server, "one"))
        (tmp_path / "public").write_text("a file where the output should be")
        with Running(tmp_path) as service:
            [failed] = service.until("pass.failed")
            assert "public" in failed["error"]
            assert service.get("/healthz")[0] == 200
            assert service.get("/readyz") == (503, "nothing is published yet\n")
            counted = 'aggregator_passes_total{result="failed"} 1.0'
            service.wait(lambda: counted in service.get("/metrics")[1], what="the failed pass being counted")
            service.stop()
