"""What a feed says about when to ask it."""

from __future__ import annotations

import pytest

from aggregator.model import Document, Hints, Rest
from aggregator.parse import document

RSS = "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>T</title>{}</channel></rss>"
ITEM = "<item><title>Eins</title><link>https://a.example/1</link><guid>1</guid></item>"


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        pytest.param("", None, id="no wish"),
        pytest.param("<ttl>60</ttl>", Rest(seconds=3600), id="minutes"),
        pytest.param("<ttl> 1440 </ttl>", Rest(seconds=86_400), id="spaces around"),
        pytest.param("<ttl>PT1H</ttl>", None, id="not the number that the specification wants"),
        pytest.param("<ttl>-5</ttl>", None, id="less than nothing"),
        pytest.param("<ttl>99999999999</ttl>", None, id="longer than anyone lives"),
        pytest.param("<sy:updatePeriod>hourly</sy:updatePeriod>", Rest(seconds=3600), id="WordPress: once an hour"),
        pytest.param(
            "<sy:updatePeriod>\n hourly </sy:updatePeriod><sy:updateFrequency>\n 2 </sy:updateFrequency>",
            Rest(seconds=1800),
            id="twice an hour",
        ),
        pytest.param(
            "<sy:updatePeriod>daily</sy:updatePeriod><ttl>15</ttl>", Rest(seconds=86_400), id="the longer counts"
        ),
        pytest.param(
            "<skipHours><hour>0</hour><hour>1</hour><hour>24</hour><hour>22</hour></skipHours>",
            Rest(hours=(0, 1, 22)),
            id="hours, of which 24 is midnight",
        ),
        pytest.param(
            "<skipDays>\n <day>Sunday</day>\n <day>Saturday</day>\n</skipDays>", Rest(days=(5, 6)), id="the weekend"
        ),
        pytest.param(
            "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(24)) + "</skipHours>",
            None,
            id="never is not meant",
        ),
        pytest.param("<skipDays><day>Feiertag</day></skipDays>", None, id="a day that is none"),
        pytest.param("<skipHours><hour>3</hour>", None, id="cut off"),
    ],
)
@pytest.mark.parametrize("known", [False, True], ids=["new entries", "nothing new"])
def test_wishes(head: str, rest: Rest | None, known: bool) -> None:
    body = RSS.format(head + ITEM).encode()
    hints = Hints(url="https://a.example/feed")
    read = document.read(body, hints)
    assert isinstance(read, Document)
    if known:
        read = document.read(body, hints, frozenset(entry.fingerprint for entry in read.entries))
        assert isinstance(read, Document)
        assert len(read.known) == 1
    assert read.rest == rest
