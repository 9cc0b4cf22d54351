"""What hub and subscriber say to each other, without either."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.model import Failed, Mode, Push, Sent
from aggregator.web.websub import protocol
from aggregator.web.websub.protocol import Asked, Refused

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
TOPIC = "https://news.example/feeds/all.atom"


def form(**fields: str) -> bytes:
    given = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.callback": "https://reader.example/cb"}
    return urlencode(given | {f"hub.{name}": value for name, value in fields.items()}).encode()


def test_topics_are_the_documents_of_the_published_feeds() -> None:
    assert protocol.topics("https://news.example/", ["all"]) == {
        "https://news.example/feeds/all.rss": "feeds/all.rss",
        "https://news.example/feeds/all.atom": "feeds/all.atom",
        "https://news.example/feeds/all.json": "feeds/all.json",
    }


@pytest.mark.parametrize(
    ("callback", "taken"),
    [
        pytest.param("https://reader.example/cb/t0ken?a=b", True, id="an ordinary one"),
        pytest.param("http://reader.example:8080/", True, id="http and a port"),
        pytest.param("", False, id="none"),
        pytest.param("reader.example/cb", False, id="without a scheme"),
        pytest.param("ftp://reader.example/", False, id="of another scheme"),
        pytest.param("file:///etc/passwd", False, id="a file"),
        pytest.param("https://reader.example/#x", False, id="with a fragment"),
        pytest.param("https://user:pass@reader.example/", False, id="with a password"),
        pytest.param("https://reader.example/\r\nX: y", False, id="with a line break"),
        pytest.param("https://reader.example/ü", False, id="beyond ASCII"),
        pytest.param("https://reader.example/" + "x" * 2_000, False, id="longer than any"),
        pytest.param("http://127.0.0.1/", False, id="loopback"),
        pytest.param("http://localhost:9/", False, id="loopback by name"),
        pytest.param("http://2130706433/", False, id="loopback as a number"),
        pytest.param("http://[::ffff:10.0.0.1]/", False, id="a private address, mapped"),
        pytest.param("http://169.254.169.254/latest", False, id="a cloud's metadata"),
        pytest.param("http://0x7f.1/", False, id="loopback in hexadecimal"),
    ],
)
def test_callbacks(callback: str, taken: bool) -> None:
    assert isinstance(protocol.asked(form(callback=callback), {TOPIC}, private=False), Asked) is taken


def test_ports_of_one_host_are_one_host() -> None:
    callbacks = (f"http://victim.example:{port}/" for port in (80, 8080, 9000))
    asked = [protocol.asked(form(callback=callback), {TOPIC}, private=False) for callback in callbacks]
    assert {one.host for one in asked if isinstance(one, Asked)} == {"victim.example"}


def test_where_it_is_allowed_a_callback_is_private() -> None:
    assert isinstance(protocol.asked(form(callback="http://127.0.0.1:8/"), {TOPIC}, private=True), Asked)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(form() + b"&hub.mode=unsubscribe", id="a parameter twice"),
        pytest.param(b"hub.mode=%ff", id="no UTF-8"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(b"&".join(b"a=%d" % number for number in range(200)), id="more than anybody has to say"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_request(body: bytes) -> None:
    assert isinstance(protocol.asked(body, {TOPIC}, private=False), Refused)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(body: bytes) -> None:
    assert isinstance(protocol.asked(body, {TOPIC}, private=False), Refused)


@given(
    st.dictionaries(
        st.sampled_from(["mode", "topic", "callback", "lease_seconds", "secret"]), st.text(max_size=40), min_size=1
    )
)
def test_any_values_are_a_request_or_refused(fields: dict[str, str]) -> None:
    body = form(**{name: value.encode("utf-8", "ignore").decode() for name, value in fields.items()})
    assert isinstance(protocol.asked(body, {TOPIC}, private=False), Asked | Refused)


def test_a_lease_does_not_matter_to_who_leaves() -> None:
    asked = protocol.asked(form(mode="unsubscribe", lease_seconds="never"), {TOPIC}, private=False)
    assert isinstance(asked, Asked)


@pytest.mark.parametrize(
    ("answer", "confirmed"),
    [
        pytest.param(Sent(status=200, body=b"abc"), True, id="the challenge"),
        pytest.param(Sent(status=200, body=b"abc\n"), False, id="and a line break"),
        pytest.param(Sent(status=200, body=b""), False, id="nothing"),
        pytest.param(Sent(status=404, body=b"abc"), False, id="a refusal that holds it"),
        pytest.param(Sent(status=302, body=b"abc", location="https://a.example/"), False, id="a redirect"),
        pytest.param(Failed(failure=Failure.TIMEOUT, detail=""), False, id="no answer"),
    ],
)
def test_confirmations(answer: Sent | Failed, confirmed: bool) -> None:
    assert protocol.confirmed(answer, "abc") is confirmed


@pytest.mark.parametrize(
    ("answer", "tries", "again"),
    [
        pytest.param(Failed(failure=Failure.TIMEOUT, detail=""), 0, 30, id="nobody was there"),
        pytest.param(Failed(failure=Failure.CONNECT, detail=""), 1, 300, id="nor the second time"),
        pytest.param(Failed(failure=Failure.CONNECT, detail=""), 2, None, id="three times are enough"),
        pytest.param(Failed(failure=Failure.BLOCKED_ADDRESS, detail=""), 0, None, id="an address that is not public"),
        pytest.param(Sent(status=404, body=b""), 0, None, id="who says no means it"),
    ],
)
def test_who_was_not_reached_is_asked_again(answer: Sent | Failed, tries: int, again: int | None) -> None:
    found = protocol.ask_again(answer, tries, NOW)
    assert (found and (found - NOW).total_seconds()) == again


def test_failures_are_further_and_further_apart() -> None:
    waits = [protocol.wait(tries).total_seconds() for tries in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (10, 43_200)


@given(secret=st.text(min_size=1, max_size=60, alphabet=st.characters(codec="utf-8")), body=st.binary(max_size=200))
def test_what_a_hub_signs_its_subscriber_believes(secret: str, body: bytes) -> None:
    signature = protocol.Signature(protocol.signed(secret, body), secret)
    for start in range(0, len(body), 7):
        signature.feed(body[start : start + 7])
    assert signature.valid()


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
def test_every_algorithm_of_the_recommendation(method: str) -> None:
    digest = hmac.new(b"s", b"body", method.lower()).hexdigest()
    signature = protocol.Signature(f"{method}={digest.upper()}", "s")
    signature.feed(b"body")
    assert signature.valid()


@pytest.mark.parametrize("header", ["", "sha256", "sha256=", "md5=" + "0" * 32, "sha512=" + "0" * 64, "\ud800="])
def test_no_other_header_is_a_signature(header: str) -> None:
    signature = protocol.Signature(header, "s")
    signature.feed(b"body")
    assert not signature.valid()


def test_a_request_of_ours_is_one_that_our_hub_takes() -> None:
    message = protocol.subscription("https://hub.example/", Mode.SUBSCRIBE, TOPIC, "https://reader.example/t", "s" * 43)
    assert message.body is not None
    assert protocol.asked(message.body, {TOPIC}, private=False) == Asked(
        mode=Mode.SUBSCRIBE,
        topic=TOPIC,
        callback="https://reader.example/t",
        host="reader.example",
        lease=protocol.LEASE,
        secret="s" * 43,
    )


def test_what_is_shown_of_a_subscription_holds_no_secret() -> None:
    asked = protocol.asked(form(secret="s3cret", callback="https://reader.example/t0ken"), {TOPIC}, private=False)
    push = Push(token="t0ken", source_id="one", hub="h", topic="t", secret="s3cret", asked=NOW, next_try=NOW)
    for shown in (repr(asked), repr(push)):
        assert "t0ken" not in shown
        assert "s3cret" not in shown
