"""Files are written whole, only when they differ, and only where they belong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import OutputError
from aggregator.publish import files
from aggregator.publish.files import Writing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = files.place(tmp_path, "feeds/energie.rss")
    assert files.write(path, b"one") is Writing.WRITTEN
    before = path.stat()
    assert files.write(path, b"one") is Writing.SAME
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files.write(path, b"two") is Writing.WRITTEN  # of the same length
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["energie.rss"]


def test_everyone_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    files.write(path, b"x")
    assert path.stat().st_mode & 0o044 == 0o044 & ~_umask()


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def test_a_reader_who_has_it_open_reads_the_old_file_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    files.write(path, b"old" * 1000)
    with path.open("rb") as reader:
        files.write(path, b"new" * 1000)
        assert reader.read() == b"old" * 1000


def test_what_a_killed_pass_left_is_overwritten(tmp_path: Path) -> None:
    path = files.place(tmp_path, "feeds/energie.rss")
    path.parent.mkdir()
    (path.parent / ".energie.rss.new").write_bytes(b"half")
    files.write(path, b"whole")
    assert names(path.parent) == ["energie.rss"]


def test_when_one_can_not_be_written_all_stay_as_they_were(tmp_path: Path) -> None:
    first, second = tmp_path / "a.rss", tmp_path / "b.rss"
    files.write(first, b"old")
    (tmp_path / ".b.rss.new").mkdir()  # where the second would have to stand beside its file
    with pytest.raises(OutputError, match=r"b\.rss"):
        files.write_all([(first, b"new"), (second, b"new")])
    assert first.read_bytes() == b"old"
    assert names(tmp_path) == [".b.rss.new", "a.rss"]


def test_a_fault_while_the_next_document_is_made_leaves_all_as_it_was(tmp_path: Path) -> None:
    def documents():
        yield tmp_path / "a.rss", b"new"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        files.write_all(documents())
    assert names(tmp_path) == []


def test_many_files_at_once(tmp_path: Path) -> None:
    documents = [(files.place(tmp_path, f"feeds/f{number}.rss"), b"x" * number) for number in range(300)]
    assert set(files.write_all(documents)) == {Writing.WRITTEN}
    assert set(files.write_all(documents)) == {Writing.SAME}
    assert all(path.read_bytes() == content for path, content in documents)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        files.write(tmp_path / "a.rss", b"x")


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_bytes(b"")
    with pytest.raises(OutputError, match="feeds"):
        files.write(tmp_path / "feeds" / "a.rss", b"x")


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"x")
    path = tmp_path / "index.html"
    path.symlink_to(outside)
    assert files.write(path, b"x") is Writing.WRITTEN  # same bytes behind the link, but a link is not the file
    assert not path.is_symlink()
    (tmp_path / ".index.html.new").symlink_to(outside)
    files.write(path, b"y")
    assert outside.read_bytes() == b"x"


def test_a_folder_that_leads_out_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "public"
    root.mkdir()
    (root / "feeds").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="leads out"):
        files.place(root, "feeds/a.rss")


@pytest.mark.parametrize(
    "name",
    [
        "feeds/energie.rss",
        "feeds/1-2.atom",
        "feeds/x.json",
        "energie/index.html",
        "index.html",
        "style.css",
        "opml.xml",
        "feeds.opml",
    ],
)
def test_names_that_are_written(tmp_path: Path, name: str) -> None:
    assert files.place(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../x.rss", id="one up"),
        pytest.param("feeds/../../x.rss", id="up in the middle"),
        pytest.param("/etc/x.rss", id="from the root"),
        pytest.param("feeds/.x.rss", id="hidden"),
        pytest.param("feeds/X.rss", id="capitals, the same file on some systems"),
        pytest.param("feeds/x.php", id="what a server may run"),
        pytest.param("feeds/x.rss\n", id="a line break at the end"),
        pytest.param("feeds/ä.rss", id="a letter that has two spellings"),
        pytest.param("feeds\\x.rss", id="a separator of other systems"),
        pytest.param(f"feeds/{'a' * 65}.rss", id="longer than an id may be"),
        pytest.param("", id="nothing"),
    ],
)
def test_names_that_are_not(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        files.place(tmp_path, name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("./\\ax-~%\0\n ä"), max_size=20))
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    try:
        path = files.place(tmp_path, f"{name}.rss")
    except OutputError:
        return
    assert os.path.realpath(path).startswith(os.path.realpath(tmp_path) + os.sep)


def test_feeds_that_are_no_more_go_and_nothing_else(tmp_path: Path) -> None:
    names = [
        "feeds/alt.rss",
        "feeds/alt.atom",
        "feeds/alt.json",
        "alt/index.html",
        "feeds/alt/1.rss",
        "alt/page-1.html",
        "feeds/neu.rss",
        "feeds/neu/1.atom",
        "feeds/neu/2.atom",
        "neu/index.html",
        "neu/page-2.html",
        "index.html",
    ]
    files.write_all((files.place(tmp_path, name), b"x") for name in names)
    (tmp_path / "feeds" / "eigene.txt").write_bytes(b"mine")
    (tmp_path / "eigenes").mkdir()
    (tmp_path / "eigenes" / "index.html").write_bytes(b"mine")
    (tmp_path / "feeds" / "neu" / "eigene.atom").write_bytes(b"mine")
    gone = files.prune(tmp_path, {"neu": 1})
    assert [str(path.relative_to(tmp_path)) for path in gone] == [
        "feeds/alt/1.rss",
        "alt/page-1.html",
        "feeds/neu/2.atom",
        "neu/page-2.html",
        "alt/index.html",
        "feeds/alt.atom",
        "feeds/alt.json",
        "feeds/alt.rss",
    ]
    assert not (tmp_path / "feeds" / "alt").exists()
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == [
        "eigenes/index.html",
        "feeds/eigene.txt",
        "feeds/neu.rss",
        "feeds/neu/1.atom",
        "feeds/neu/eigene.atom",
        "index.html",
        "neu/index.html",
    ]
    assert not (tmp_path / "alt").exists()
    assert files.prune(tmp_path, {"neu": 1}) == ()
    assert files.prune(tmp_path / "nowhere", {}) == ()
    with pytest.raises(OutputError):
        files.remove(tmp_path / "feeds" / "eigene.txt")
