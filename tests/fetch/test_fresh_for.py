"""How long a server says that it will say the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.fetch import answers

DATE = "Mon, 12 Oct 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"cache-control": "max-age=600"}, 600, id="max-age"),
        pytest.param({"cache-control": 'public, Max-Age = "600"'}, 600, id="as servers write it"),
        pytest.param({"cache-control": "s-maxage=600"}, None, id="for shared caches alone"),
        pytest.param({"cache-control": "max-age=600", "age": "540"}, 60, id="it has been under way"),
        pytest.param({"cache-control": "max-age=600", "age": "700"}, None, id="and is stale"),
        pytest.param({"cache-control": "max-age=0"}, None, id="at no time"),
        pytest.param({"cache-control": "no-cache, max-age=600"}, None, id="not to be kept"),
        pytest.param({"cache-control": "max-age=99999999999999"}, 86_400, id="a day at the most"),
        pytest.param({"cache-control": "max-age=600", "expires": "0", "date": DATE}, 600, id="max-age before Expires"),
        pytest.param({"expires": "Mon, 12 Oct 2026 09:00:00 GMT", "date": DATE}, 3600, id="Expires after Date"),
        pytest.param({"expires": "0", "date": DATE}, None, id="Expires: 0, beside validators that work"),
        pytest.param({"expires": "Thu, 19 Nov 1981 08:52:00 GMT", "date": DATE}, None, id="PHP's birthday"),
        pytest.param({"expires": "Mon, 12 Oct 2026 09:00:00 GMT"}, None, id="no Date to count from"),
    ],
)
def test_fresh_for(headers: dict[str, str], seconds: int | None) -> None:
    found = answers.fresh_for({name.encode(): value.encode() for name, value in headers.items()})
    assert found == (None if seconds is None else timedelta(seconds=seconds))
