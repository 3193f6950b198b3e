"""How full records are, and where that fell."""

from datetime import UTC, datetime

import pytest

from scraper.article import Article, Dateline, Link, Sidebar
from scraper.coverage import FIELDS, coverage, fallen


def test_each_field_has_the_share_of_records_in_which_it_is_filled() -> None:
    full = Article(
        headline="Ferry returns",
        url="https://portal.test/1",
        dateline=Dateline("BERGEN — ", "BERGEN"),
        date_published=datetime(2025, 4, 12, tzinfo=UTC),
        authors=("Ada Lund",),
        body=("It did.",),
        sidebar=Sidebar({"ranking": (Link("Old lighthouse"),)}),
        like_count=0,
    )
    shares = coverage(iter([full, Article(headline="Bare"), Article(headline="Bare")]))
    assert tuple(shares) == FIELDS
    some = ("url", "dateline", "date_published", "authors", "body", "sidebar", "like_count")
    assert {name for name, share in shares.items() if share == 0.3333} == set(some)
    assert {name: share for name, share in shares.items() if name not in some and share} == {"headline": 1.0}


def test_no_records_have_no_shares() -> None:
    assert coverage([]) == {}


@pytest.mark.parametrize(
    ("old", "new", "fell"),
    [
        (1.0, 0.85, True),
        (1.0, 0.9, False),  # 10 points, but not more than 10 %
        (0.3, 0.25, False),  # a sixth, but not more than 5 points
        (0.3, 0.24, True),
        (0.06, 0.0, True),
        (0.4, 0.9, False),
    ],
)
def test_a_field_fell_by_more_than_five_points_and_ten_percent(old: float, new: float, fell: bool) -> None:
    assert fallen({"section": old, "url": 1.0}, {"url": 1.0, "section": new}) == ["section"] * fell


def test_only_what_both_know_is_compared() -> None:
    assert fallen({"gone": 1.0}, {"new": 1.0}) == []
    assert fallen({}, {"url": 1.0}) == []
