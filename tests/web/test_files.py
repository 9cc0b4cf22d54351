"""Published files over HTTP: validators, codings, methods, names, and what changes while they are asked for."""

import gzip
import json
import socket

import brotli
import pytest
import zstandard

from tests.web.conftest import Served, read

pytestmark = pytest.mark.slow

FEED = b"<feed>" + b"".join(b"<entry>Wasserstoff %d</entry>" % n for n in range(200)) + b"</feed>"
UNPACK = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda packed: zstandard.ZstdDecompressor().decompress(packed),
}


@pytest.fixture(autouse=True, scope="module")
def put(served: Served) -> None:
    for name in ("feeds/all.rss", "feeds/all.json", "all/index.html", "feeds/all/2.atom", "opml.xml"):
        served.put(name, FEED.replace(b"feed", name.encode()))
    served.put("feeds/all.atom", FEED)
    served.put("stories/wasserstoff-1a2b.html", b"<p>kurz</p>")
    outside = served.output.parent / "outside"
    outside.mkdir()
    for folder in (outside, served.output.parent):
        (folder / "secret.html").write_text("secret")
    (served.output / "out").symlink_to(outside)
    (served.output / ".hidden.html").write_text("secret")
    (served.output / "plain.conf").write_text("secret")


def test_validators_codings_and_304(served: Served) -> None:
    plain = served.get("/feeds/all.atom")
    assert (plain.status, plain.body) == (200, FEED)
    tags = {plain.headers["etag"]}
    for asked, unpack in UNPACK.items():
        coded = served.get("/feeds/all.atom", Accept_Encoding=asked)
        assert coded.headers["content-encoding"] == asked
        assert unpack(coded.body) == FEED
        tags.add(coded.headers["etag"])
        again = served.get("/feeds/all.atom", Accept_Encoding=asked, If_None_Match=coded.headers["etag"])
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", coded.headers["etag"])
    assert len(tags) == 4, "each coding has a strong validator of its own"
    assert not any(tag.startswith("W/") for tag in tags)
    for answer in (plain, again):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    head = served.get("/feeds/all.atom", method="HEAD")
    assert (head.status, head.headers["content-length"], head.headers["etag"]) == (
        200,
        str(len(FEED)),
        plain.headers["etag"],
    )


def test_when_a_reader_is_told_that_nothing_changed(served: Served) -> None:
    first = served.get("/feeds/all.rss")
    tag, modified = first.headers["etag"], first.headers["last-modified"]
    past = "Mon, 01 Jan 2001 00:00:00 GMT"
    rows = [
        ({"If_None_Match": f'"x", W/{tag}'}, 304, "one of several, weak"),
        ({"If_None_Match": "*"}, 304, "anything"),
        ({"If_None_Match": tag[:-1] + '-br"'}, 304, "a coding that was given out before the server was started again"),
        ({"If_None_Match": tag[:-1] + '-xy"'}, 200, "no coding of ours"),
        ({"If_None_Match": tag, "If_Modified_Since": past}, 304, "the tag counts, not the date"),
        ({"If_None_Match": '"x"', "If_Modified_Since": modified}, 200, "the other tag counts, not the date"),
        ({"If_Modified_Since": modified}, 304, "the date"),
        ({"If_Modified_Since": past}, 200, "an older date"),
        ({"If_Modified_Since": "yesterday"}, 200, "no date"),
        ({"If_None_Match": "\x80\xff"}, 200, "no tag"),
    ]
    for headers, status, why in rows:
        assert served.get("/feeds/all.rss", **headers).status == status, why


def test_a_new_version_is_sent_within_a_second(served: Served) -> None:
    served.put("feeds/new.atom", FEED)
    first = served.get("/feeds/new.atom", Accept_Encoding="gzip")
    served.put("feeds/new.atom", FEED * 2)
    answer = first
    while answer.headers["etag"] == first.headers["etag"]:  # the test's own time limit ends it
        answer = served.get("/feeds/new.atom", Accept_Encoding="gzip", If_None_Match=first.headers["etag"])
    assert (answer.status, gzip.decompress(answer.body)) == (200, FEED * 2)
    (served.output / "feeds/new.atom").unlink()
    while served.get("/feeds/new.atom").status != 404:
        pass


@pytest.mark.parametrize(
    ("accept", "name", "kind"),
    [
        pytest.param("application/rss+xml", "all.rss", "application/rss+xml", id="RSS"),
        pytest.param("application/feed+json, */*;q=0.1", "all.json", "application/feed+json", id="JSON Feed"),
        pytest.param("text/html, */*;q=0.8", "../all/index.html", "text/html", id="a browser"),
        pytest.param("", "all.atom", "application/atom+xml", id="nothing said"),
    ],
)
def test_a_format_is_chosen(served: Served, accept: str, name: str, kind: str) -> None:
    answer = served.get("/feeds/all", Accept=accept)
    assert answer.headers["content-type"].startswith(kind)
    assert (answer.headers["content-location"], answer.headers["vary"]) == (name, "Accept, Accept-Encoding")
    again = served.get("/feeds/all", Accept=accept, If_None_Match=answer.headers["etag"])
    assert (again.status, again.headers["content-location"]) == (304, name)


def test_methods(served: Served) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = served.get("/feeds/all.atom", method=method)
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert served.get("/feeds/all", method=method).status == 405
    asked = served.get("/feeds/all.atom", method="OPTIONS", Origin="https://reader.example")
    assert asked.status == 204
    assert "If-None-Match" in asked.headers["access-control-allow-headers"]
    assert served.get("/opml.xml", method="OPTIONS").headers["access-control-allow-origin"] == "*"
    page = served.get("/all/", method="OPTIONS")
    assert (page.status, "access-control-allow-origin" in page.headers) == (204, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/stories/wasserstoff-1a2b.html", 200, id="a story's page"),
        pytest.param("/feeds/all/2.atom", 200, id="an archive document"),
        pytest.param("/all", 308, id="a page without its slash"),
        pytest.param("/hello", 200, id="what is no file"),
        pytest.param("/feeds/all.atom?x=1&y=2", 200, id="parameters mean nothing"),
        pytest.param("/feeds/%61ll.atom", 200, id="encoded"),
        pytest.param("/feeds/nobody", 404, id="no feed"),
        pytest.param("/feeds/nobody.atom", 404, id="no file"),
        pytest.param("/feeds", 404, id="a directory"),
        pytest.param("/feeds/", 404, id="a directory with a slash"),
        pytest.param("//feeds/all.atom", 404, id="an empty segment"),
        pytest.param("/feeds/../secret.html", 404, id="up"),
        pytest.param("/%2e%2e/secret.html", 404, id="up, encoded"),
        pytest.param("/..%2fsecret.html", 404, id="up, the slash encoded too"),
        pytest.param("/feeds/%00.atom", 404, id="NUL"),
        pytest.param("/.hidden.html", 404, id="a hidden file"),
        pytest.param("/feeds/.all.atom.new", 404, id="a file that is being written"),
        pytest.param("/out/secret.html", 404, id="a link out of the directory"),
        pytest.param("/plain.conf", 404, id="another ending"),
        pytest.param("/feeds/" + "a" * 5000 + ".atom", 404, id="a name longer than names are"),
    ],
)
def test_names(served: Served, path: str, status: int) -> None:
    answer = served.get(path)
    assert (answer.status, b"secret" in answer.body) == (status, False)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_connection_carries_many_requests_of_every_kind(served: Served) -> None:
    """By the short way, by the long way, and several in one packet: in order, none lost."""
    short = b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n"
    long = b"GET /hello HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        for _ in range(3):
            for request, body in ((short, FEED), (long, b"hello\n")):
                connection.sendall(request)
                assert read(connection).body == body
        connection.sendall(short[:30])
        connection.sendall(short[30:])
        assert read(connection).body == FEED
        connection.sendall(long + long)
        came = b""
        while came.count(b"hello\n") < 2:
            came += connection.recv(65536)
        connection.sendall(b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert read(connection).body == FEED
        assert connection.recv(1) == b""


def test_a_file_in_memory_is_sent_before_uvicorn_is_asked(served: Served) -> None:
    """Also on a connection that carried another kind of request before."""
    plain = b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n"
    served.front.asked.clear()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        for request in (plain, b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", *[plain] * 20):
            connection.sendall(request)
            read(connection)
    if served.fast:
        assert served.front.asked.count("/feeds/all.atom") < 10, "once a second, to look at the disk"
    else:
        assert len(served.front.asked) == 22


def test_headers_without_end_are_not_kept(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        try:
            connection.sendall(b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\nX-Long: ")
            for _ in range(1024):
                connection.sendall(b"x" * 1024)
            status = read(connection).status
        except ConnectionError:
            status = 0  # closed while we were still sending
    assert status in {0, 400, 431}
    assert served.get("/feeds/all.atom").status == 200


def test_what_lies_in_memory_is_bounded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from aggregator.web import published

    monkeypatch.setattr(published, "_MOST", 100_000)
    for number in range(30):
        served.put(f"stories/{number}.html", b"%d" % number * 20_000)
    for number in [*range(30), 0, 29]:
        answer = served.get(f"/stories/{number}.html", Accept_Encoding="br")
        assert brotli.decompress(answer.body) == b"%d" % number * 20_000


def test_json_is_what_was_published(served: Served) -> None:
    served.put("feeds/x.json", json.dumps({"title": "x"}).encode())
    assert json.loads(served.get("/feeds/x.json").body) == {"title": "x"}
