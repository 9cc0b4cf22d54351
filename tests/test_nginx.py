"""docs/deploy/nginx-static.conf before a folder as it is published: a real nginx on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from aggregator.web import published

CONF = Path(__file__).resolve().parent.parent / "docs/deploy/nginx-static.conf"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx here"),
    pytest.mark.skipif(os.getuid() != 0, reason="nginx is told to stay root, to read what pytest wrote"),
]
FILES = ("feeds/all.rss", "feeds/all.atom", "feeds/all.json", "feeds.opml", "opml.xml", "index.html", "all/index.html")


@pytest.fixture(scope="module")
def nginx() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (*FILES, "style.css", "icon.svg", ".hidden"):
            (folder / "public" / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / "public" / file).write_text(f"{file} " * 200)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        conf = CONF.read_text(encoding="utf-8").replace("/var/lib/aggregator/public", f"{name}/public")
        conf = conf.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("    listen [::]:80;\n", "")
        paths = " ".join(f"{kind}_temp_path {name};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "conf").write_text(
            f"user root; daemon off; pid {name}/pid; worker_processes 1; error_log stderr; events {{}} "
            f"http {{ access_log off; {paths}\n{conf}\n}}"
        )
        command = ["nginx", "-e", "stderr", "-p", name, "-c", f"{name}/conf"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, process.stderr
            assert time.monotonic() < end
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}/"
        process.terminate()
        _, said = process.communicate(timeout=10)
        assert said == ""


class Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(url: str, **headers: str) -> tuple[int, Message]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.build_opener(Straight, urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


@pytest.mark.parametrize("name", [*FILES, "style.css", "icon.svg"])
def test_files_are_sent_as_the_service_sends_them(nginx: str, name: str) -> None:
    status, headers = get(nginx + name)
    typed = published.TYPES[".opml" if name == "opml.xml" else Path(name).suffix]
    assert (status, headers["Content-Type"]) == (200, typed)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "max-age=300"
    assert headers["Access-Control-Allow-Origin"] == ("*" if name.startswith("feeds/") else None)
    for coding in ("identity", "gzip"):
        status, headers = get(nginx + name, Accept_Encoding=coding)
        assert (headers["Content-Encoding"] or "identity", headers["Vary"]) == (
            coding, "Accept-Encoding"
        )  # fmt: skip
        assert get(nginx + name, Accept_Encoding=coding, If_None_Match=headers["ETag"])[0] == 304
    assert get(nginx + name, If_Modified_Since=headers["Last-Modified"])[0] == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("", 200, id="the first page"),
        pytest.param("all/", 200, id="the page of a feed"),
        pytest.param("all", 301, id="its links are relative: its address ends with a slash"),
        pytest.param("feeds/", 404, id="no folder is listed"),
        pytest.param("feeds", 404, id="nor without a slash"),
        pytest.param("nothing", 404, id="what is not there"),
        pytest.param(".hidden", 404, id="a hidden file"),
        pytest.param("feeds/..%2f..%2fconf", 400, id="a way out"),
    ],
)
def test_what_stands_where(nginx: str, path: str, status: int) -> None:
    found, headers = get(nginx + path)
    assert found == status
    assert headers["X-Content-Type-Options"] == "nosniff"
