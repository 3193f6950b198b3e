"""One story under many addresses is one."""

import pytest

from scraper import Article
from scraper.stories import keys, same_headline, story_id

LONG = "The harbour office counted ships all morning and found one more than the day before. " * 4


def _article(headline="Ships counted", url="http://p.test/html/1.html", body=(LONG,), **fields):
    return Article(headline=headline, url=url, body=body, id=story_id(url), **fields)


@pytest.mark.parametrize(
    ("other", "fresh"),
    [
        (_article(), False),
        (_article("Another title", "http://p.test/news/1.html", (LONG.upper().replace(".", " !"),)), False),
        (_article("Ships counted", "http://p.test/html/2.html", ("Changed. " + LONG,)), True),
        (
            _article(url="http://p.test/html/2.html", body=("Cut.",), canonical_url="https://p.test/html/1.html"),
            False,
        ),
        (_article("Other", "http://p.test/html/2.html", ("Cut.",), canonical_url="http://p.test/html/1.html"), True),
    ],
)
def test_a_story_is_known_by_its_words_or_by_the_address_it_names(other, fresh):
    assert keys(_article()).isdisjoint(keys(other)) is fresh


def test_short_bodies_do_not_make_two_stories_one():
    monday, tuesday, again = (
        keys(_article(f"Photos of {day}", f"http://p.test/{number}", ("Photos.",)))
        for number, day in enumerate(("Monday", "Tuesday", "Monday"))
    )
    assert monday.isdisjoint(tuesday)
    assert monday & again
    assert not monday & keys(_article("Nothing yet", "http://p.test/4", ()))


@pytest.mark.parametrize(
    ("headline", "same"),
    [("Ships counted", True), ("Ships counted(2)", True), ("Ships counted (12)", True), ("No", False)],
)
def test_a_later_part_has_the_headline_of_the_first(headline, same):
    assert same_headline(_article(), _article(headline)) is same
