"""What one story is: one judge, whatever remembers the stories."""

import pytest

from scraper import Article
from scraper.crawl.frontier.sqlite.store import SqliteStore
from scraper.stories.identity import ALREADY_THERE, DUPLICATE, Memory, judge, remembered, story_id
from scraper.stories.parts import belongs

LONG = "The harbour office counted ships all morning and found one more than the day before. " * 4
NUMBERED = tuple(f"Ship number {n} came in at {n % 12} o'clock and left with {n * 7} crates of tea." for n in range(40))


def _article(headline="Ships counted", url="http://p.test/html/1.html", body=(LONG,), **fields):
    return Article(headline=headline, url=url, body=body, id=story_id(url), **fields)


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    if request.param == "memory":
        yield Memory()
        return
    sqlite = SqliteStore(tmp_path / "frontier.sqlite")
    yield sqlite.stories
    sqlite.close()


def _judge(store, article):
    """Return why an article is left out, or what its record says besides."""
    verdict = judge(remembered(article), store)
    if verdict.story is not None:
        store.remember(verdict.story)
    return verdict.left_out or dict(verdict.more)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (_article(), ALREADY_THERE),
        (_article("Ships counted!", "http://p.test/news/1.html", (LONG.upper().replace(".", " !"),)), DUPLICATE),
        # One body under another headline: the site's footer may have been taken for it.
        (_article("Another title", "http://p.test/news/1.html"), {"duplicate_of": story_id("http://p.test/html/1.html")}),
        # The same address named as canonical, and the same headline: "Morning briefing" on a site that names its home.
        (_article(url="http://p.test/2", body=("Cut.",), canonical_url="https://p.test/html/1.html"), {}),
        (_article("Other", "http://p.test/2", ("Cut.",), canonical_url="http://p.test/html/1.html"), {}),
        (_article("Ships counted", "http://p.test/2", NUMBERED), {}),
        (_article(body=("Changed.",)), {"replaces": story_id("http://p.test/html/1.html")}),
    ],
)  # fmt: skip
def test_a_story_is_left_out_only_where_headline_and_body_are_the_same(store, other, expected):
    assert _judge(store, _article()) == {}
    assert _judge(store, other) == expected


def test_recurring_headlines_with_one_canonical_address_are_stories(store):
    days = [
        _article("Morning briefing", f"http://p.test/{day}", (f"On {day}: " + LONG[: 40 + 50 * at],), canonical_url="http://p.test/")
        for at, day in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday"))
    ]  # fmt: skip
    assert [_judge(store, day) for day in days] == [{}] * 4


def test_short_bodies_do_not_make_two_stories_one(store):
    days = ("Monday", "Tuesday", "Monday")
    results = [
        _judge(store, _article(f"Photos of {day}", f"http://p.test/{n}", ("Photos.",))) for n, day in enumerate(days)
    ]
    assert results == [{}, {}, DUPLICATE]


def test_what_a_copy_that_was_left_out_names_hides_no_other_story(store):
    """Three stories: B is A at another address and names C's; C has A's headline and another body."""
    canonical = {"canonical_url": "http://p.test/c"}
    assert _judge(store, _article()) == {}
    assert _judge(store, _article(url="http://p.test/b", **canonical)) == DUPLICATE
    assert _judge(store, _article(url="http://p.test/c", body=NUMBERED, **canonical)) == {}


def test_a_copy_that_was_left_out_and_changes_replaces_nothing(store):
    assert _judge(store, _article()) == {}
    copy = "http://p.test/news/1.html"
    assert _judge(store, _article(url=copy)) == DUPLICATE
    assert _judge(store, _article(url=copy)) == ALREADY_THERE
    assert _judge(store, _article("Trains", copy, NUMBERED)) == {}
    assert _judge(store, _article("Trains", copy, NUMBERED[:20])) == {"replaces": story_id(copy)}


def test_a_list_that_quotes_stories_makes_no_copies_of_them(store):
    stories = [_article(f"Ships {at}", f"http://p.test/{at}", NUMBERED[at : at + 8]) for at in range(0, 40, 8)]
    assert _judge(store, _article("Tagged: ships", "http://p.test/tag/ships/", NUMBERED)) == {}
    assert [_judge(store, story) for story in stories] == [{}] * 5


def test_two_instructions_that_begin_alike_are_no_copies(store):
    one = _article("How to moor a ferry", body=NUMBERED)
    rest = tuple(f"Then pull the rope of berth {n} twice and tie it to the ring {n * 3}." for n in range(14))
    other = NUMBERED[:30] + rest
    assert _judge(store, one) == {}
    assert _judge(store, _article("How to moor a ferry", "http://p.test/3", other)) == {"duplicate_of": one.id}
    assert _judge(store, _article("How to moor a barge", "http://p.test/2", other)) == {}


def test_articles_without_an_address_are_known_by_their_text(store):
    bare = Article(headline="Ships counted", body=(LONG,))
    assert _judge(store, bare) == {}
    assert _judge(store, bare) == ALREADY_THERE


@pytest.mark.parametrize(
    ("headline", "same"),
    [("Ships counted", True), ("Ships counted(2)", True), ("Ships counted (12)", True), ("No", False)],
)
def test_a_later_part_has_the_headline_of_the_first(headline, same):
    assert belongs("Ships counted", (), _article(headline)) is same
