"""What is subscribed to stays under a megabyte; what comes before what when there is not room for all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aggregator.publish import bounds, jsonfeed, xml
from aggregator.publish.view import Rendered, View


def rendered(view: View) -> Sequence[Rendered]:
    return xml.rss(view), xml.atom(view), jsonfeed.render(view)


@pytest.fixture
def bounded(make_item, make_story, make_view):
    """Documents and view of so many stories with this HTML and summary, the first of which are needed most."""

    def bounded(count: int, html: str, summary: str = "Kurz."):
        stories = [make_story(n, origin=make_item(n, html=html, summary=summary)) for n in range(1, count + 1)]
        return bounds.bounded(make_view(*reversed(stories)), stories, rendered)

    return bounded


def test_what_fits_is_left_alone(bounded) -> None:
    view, documents = bounded(20, "<p>Wort</p>")
    assert (view.room, len(view.stories)) == (700_000, 20)
    assert documents == rendered(view)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("html", "summary", "count"),
    [
        pytest.param(
            f"<p>{'Wort ' * 2_000}</p>", "Kurz.", 200, id="long texts: later entries show their summary alone"
        ),
        pytest.param("<p>&amp;&lt;</p>" * 3_000, "Kurz.", 200, id="markup that grows when it is escaped"),
        pytest.param("<p>日本</p>" * 3_000, "Kurz.", 100, id="letters of three bytes"),
    ],
)
def test_html_gives_way_before_stories_do(bounded, html: str, summary: str, count: int) -> None:
    view, documents = bounded(count, html, summary)
    assert len(view.stories) == count
    assert max(len(one.content) for one in documents) <= bounds.MOST
    assert html.encode() in jsonfeed.render(view).content, "as much HTML as there is room for"


@pytest.mark.slow
def test_stories_that_do_not_fit_at_all_are_the_least_needed(bounded) -> None:
    view, documents = bounded(200, "<p>x</p>", "日本&" * 330)  # as long as a summary may be
    kept = [int(story.id.rpartition(":")[2]) for story in view.stories]
    assert kept == list(range(len(kept), 0, -1)), "the most needed, in the order of the view"
    assert 50 < len(kept) < 200
    assert max(len(one.content) for one in documents) <= bounds.MOST
