"""TLS, proxies and what the environment says of them."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from aggregator.errors import ConfigError, Failure
from aggregator.fetch import dial, proxies, targets
from aggregator.fetch.stream import UnreachableError
from aggregator.fetch.targets import Target
from aggregator.model import Failed, Fetched, Limits, Outcome
from tests.servers.local_world import LocalServer

Fetch = Callable[..., Outcome]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Self-signed, for 127.0.0.1 alone; certificate and key in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += [
        "-subj",
        "/CN=test",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(file),
        "-out",
        str(file) + "c",
    ]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + Path(str(file) + "c").read_text())
    return file


@pytest.fixture
def secure(certificate: Path) -> Iterator[LocalServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with LocalServer(tls=context) as running:
        running.reply("/feed", b"<rss/>")
        yield running


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


# -------------------------------------------------------------------------------------------------------------------- TLS


@pytest.mark.usefixtures("trusted")
def test_a_trusted_certificate(secure: LocalServer, fetch: Fetch) -> None:
    outcome = fetch(secure.url("/feed"))
    assert isinstance(outcome, Fetched)
    assert outcome.url.startswith("https://")


@pytest.mark.usefixtures("trusted")
def test_a_large_body_over_tls(secure: LocalServer, fetch: Fetch) -> None:
    body = b"x" * 3_000_000
    secure.reply("/large", body)
    outcome = fetch(secure.url("/large"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == body


@pytest.mark.usefixtures("trusted")
def test_the_certificate_of_another_host(secure: LocalServer, fetch: Fetch) -> None:
    outcome = fetch(secure.url("/feed", host="localhost"))
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.TLS
    assert "match" in outcome.detail
    assert secure.count() == 0


def test_a_certificate_that_nobody_signed(secure: LocalServer, fetch: Fetch) -> None:
    outcome = fetch(secure.url("/feed"))
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.TLS
    assert "self-signed" in outcome.detail
    assert secure.count() == 0


def test_https_where_only_http_is_spoken(server: LocalServer, fetch: Fetch) -> None:
    outcome = fetch(server.url("/feed").replace("http:", "https:"), limits=Limits(deadline=0.2))
    assert isinstance(outcome, Failed)
    assert outcome.failure in {Failure.TLS, Failure.TIMEOUT}


def test_words_before_the_handshake_are_no_answer(certificate: Path) -> None:
    """Whoever sits on the line could slip in an answer of his own before the real server's handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def run(server: LocalServer) -> None:
        stream = await dial.connect(server.host, server.port, private=True, resolve=dial.SystemResolver(None))
        async with asyncio.timeout(2):
            while not stream.readable:
                await asyncio.sleep(0)
            await stream.start_tls(ssl.create_default_context(cafile=certificate), server_hostname="127.0.0.1")

    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED"
    with LocalServer(tls=context, greeting=forged) as server, pytest.raises(UnreachableError, match="before"):
        asyncio.run(run(server))


def test_a_file_of_certificates_that_is_not_there(monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        fetch("https://127.0.0.1/")


# ---------------------------------------------------------------------------------------------------------------- proxies


def target(url: str) -> Target:
    read = targets.read(url)
    assert isinstance(read, Target)
    return read


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        pytest.param("http://news.example/", True, id="any other host"),
        pytest.param("https://news.example/", False, id="a scheme without a proxy"),
        pytest.param("http://intern.example/", False, id="named"),
        pytest.param("http://www.intern.example/", False, id="below a named one"),
        pytest.param("http://notintern.example/", True, id="only ends like a named one"),
        pytest.param("http://dot.example/", False, id="named with a dot"),
        pytest.param("http://port.example:8080/", False, id="named with its port"),
        pytest.param("http://port.example/", True, id="named with another port"),
    ],
)
def test_exceptions_from_the_proxy(url: str, proxied: bool) -> None:
    environment = {
        "HTTP_PROXY": "http://proxy.example:3128",
        "NO_PROXY": "intern.example, .dot.example,port.example:8080",
    }
    between = proxies.from_environment(environment).between(target(url))
    assert (between is not None) is proxied


def test_no_proxy_at_all() -> None:
    environment = {"http_proxy": "proxy.example:3128", "no_proxy": "*"}
    assert proxies.from_environment(environment).between(target("http://news.example/")) is None


def test_lower_case_counts_first_and_http_is_understood() -> None:
    environment = {"http_proxy": "one.example:3128", "HTTP_PROXY": "http://two.example"}
    assert proxies.from_environment(environment).between(target("http://news.example/")) == target(
        "http://one.example:3128"
    )


def test_a_proxy_that_is_none_is_our_mistake(monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks5://user:geheim@proxy.example")
    with pytest.raises(ConfigError, match="HTTP_PROXY") as error:
        fetch("http://news.example/")
    assert "geheim" not in str(error.value)


def test_a_request_by_way_of_a_proxy(server: LocalServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy may stand at a private address; it is asked for names that only it can resolve."""
    monkeypatch.setenv("HTTP_PROXY", server.url("", host="user:p@127.0.0.1"))
    server.reply("http://news.invalid/feed", b"<rss/>")
    outcome = fetch("http://news.invalid/feed", private_network=False)
    assert isinstance(outcome, Fetched)
    assert outcome.url == "http://news.invalid/feed"
    seen = server.last("http://news.invalid/feed")
    assert seen.headers["host"] == "news.invalid"
    assert seen.headers["proxy-authorization"] == "Basic dXNlcjpw"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://2130706433/", "http://[::ffff:a00:1]/", "http://localhost/", "https://10.0.0.1/"],
)
def test_addresses_are_checked_before_a_proxy_is_asked(
    server: LocalServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    monkeypatch.setenv("HTTPS_PROXY", server.url(""))
    outcome = fetch(url, private_network=False)
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.BLOCKED_ADDRESS
    assert server.connections == 0


@pytest.mark.usefixtures("trusted")
def test_a_tunnel(secure: LocalServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS goes through the proxy to the host itself."""
    with _Tunnel(secure.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:p@127.0.0.1:{proxy.port}")
        outcome = fetch(secure.url("/feed"))
        asked = proxy.asked
    assert isinstance(outcome, Fetched)
    assert asked.startswith(f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpw\r\n" in asked


def test_a_tunnel_that_is_refused(server: LocalServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url(""))
    server.reply("news.invalid:443", status=407)
    outcome = fetch("https://news.invalid/", private_network=False)
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.CONNECT
    assert "407" in outcome.detail


@pytest.mark.parametrize("url", ["http://news.invalid/", "https://news.invalid/"])
@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param("http://127.0.0.1:1", id="where nobody listens"),
        pytest.param("http://proxy.invalid:3128", id="whose name does not exist"),
        pytest.param("https://localhost:{port}", id="that speaks no TLS"),
        pytest.param("http://localhost:{port}", id="that speaks no HTTP"),
    ],
)
def test_what_is_wrong_with_a_proxy_is_told_without_its_name(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch, proxy: str, url: str
) -> None:
    """It stands beside the sources on /status, for everybody."""
    with LocalServer(greeting=b"neither TLS nor HTTP\r\n\r\n") as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.format(port=server.port))
        monkeypatch.setenv("HTTPS_PROXY", proxy.format(port=server.port))
        outcome = fetch(url, private_network=False)
    assert isinstance(outcome, Failed)
    assert "the proxy" in outcome.detail or "news.invalid" in outcome.detail
    assert not any(name in outcome.detail for name in ("127.0.0.1", "proxy.invalid", "localhost"))


def test_words_behind_the_opening_of_a_tunnel_are_no_answer(
    server: LocalServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED"
    monkeypatch.setenv("HTTPS_PROXY", server.url(""))
    server.raw("news.invalid:443", b"HTTP/1.1 200 Connection established\r\n\r\n" + forged)
    outcome = fetch("https://news.invalid/", private_network=False)
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.TLS
    assert "before" in outcome.detail


class _Tunnel:
    """A proxy that connects whoever asks to one port of loopback."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.asked = ""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> _Tunnel:
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = listening.result(5)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            back.close()
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
