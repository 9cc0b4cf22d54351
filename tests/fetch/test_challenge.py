"""Pages of protections against robots: never a document, never just a 403."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from aggregator.errors import Failure
from aggregator.model import Failed, Fetched, Outcome
from tests.servers.local_world import LocalServer, Reply

Fetch = Callable[..., Outcome]
HTML = {"Content-Type": "text/html; charset=UTF-8"}
MOMENT = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>window._cf_chl_opt={}</body></html>"
ANUBIS = b'<!doctype html><title>Making sure you&#39;re not a bot!</title><script id="anubis_challenge">{}</script>'


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        pytest.param(403, HTML, MOMENT, id="Cloudflare, 403"),
        pytest.param(503, HTML, MOMENT, id="Cloudflare as it was, 503"),
        pytest.param(200, HTML, MOMENT, id="Cloudflare with a status that says all is well"),
        pytest.param(403, {"cf-mitigated": "challenge"}, b"", id="Cloudflare's own header"),
        pytest.param(200, HTML, ANUBIS, id="Anubis, 200"),
        pytest.param(202, {**HTML, "x-amzn-waf-action": "challenge"}, b"", id="AWS"),
        pytest.param(429, HTML, b"<html><title>Vercel Security Checkpoint</title></html>", id="Vercel"),
        pytest.param(403, HTML, b"<html><form class='g-recaptcha'></form></html>", id="a captcha in a refusal"),
        pytest.param(403, HTML, b"<html>Bitte beweisen: kein Roboter</html>", id="in German"),
        pytest.param(
            200, HTML, b"<html><script src='/_Incapsula_Resource?x'></script></html>", id="Imperva's small page"
        ),
    ],
)
def test_a_challenge(server: LocalServer, fetch: Fetch, status: int, headers: dict[str, str], body: bytes) -> None:
    for coding, sent in (("identity", body), ("gzip", gzip.compress(body))):
        server.reply("/feed", sent, status=status, headers={**headers, "Content-Encoding": coding})
        outcome = fetch(server.url("/feed"))
        assert isinstance(outcome, Failed)
        assert (outcome.failure, outcome.status) == (Failure.CHALLENGE, status)


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        pytest.param(403, HTML, b"<html>Forbidden</html>", Failure.HTTP_403, id="a plain refusal"),
        pytest.param(403, {"Content-Type": "text/plain"}, b"captcha", Failure.HTTP_403, id="no page"),
        pytest.param(404, HTML, MOMENT, Failure.HTTP_404, id="a page that is not there is not there"),
        pytest.param(200, HTML, b"<html><p>Captchas sind nervig: Just a moment...</p></html>", None, id="an article"),
        pytest.param(
            200,
            {"Content-Type": "application/rss+xml"},
            b"<rss>&lt;title>Just a moment...&lt;/title></rss>",
            None,
            id="a feed",
        ),
        pytest.param(200, HTML, b"<html>_Incapsula_Resource" + b"Text " * 2000, None, id="Imperva's script in a page"),
        pytest.param(
            200, {**HTML, "x-datadome": "protected"}, b"<html>Liste</html>", None, id="protected, and let through"
        ),
    ],
)
def test_no_challenge(
    server: LocalServer, fetch: Fetch, status: int, headers: dict[str, str], body: bytes, expected: Failure | None
) -> None:
    server.reply("/feed", body, status=status, headers=headers)
    outcome = fetch(server.url("/feed"))
    assert isinstance(outcome, Fetched) if expected is None else isinstance(outcome, Failed)
    assert not isinstance(outcome, Failed) or outcome.failure is expected


@pytest.mark.slow
def test_a_refusal_that_explains_itself_for_ever_is_that_refusal(server: LocalServer, fetch: Fetch) -> None:
    server.script("/fast", lambda _: Reply(status=403, headers=HTML, body=server.drip(b"x" * 5000, pause=0)))
    outcome = fetch(server.url("/fast"))
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.HTTP_403
