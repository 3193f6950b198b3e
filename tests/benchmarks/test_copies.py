"""The figures of near copies, held on the pairs that the benchmark makes."""

from itertools import combinations

import pytest

from scraper.stories.near_duplicates import THRESHOLD
from tests.benchmarks.copies import CHANGES, Pair, copies, figures, joined, look_alikes, portal_stories, score, table


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    stories = portal_stories()
    return [*copies(stories), *copies(joined(stories), ", long"), *look_alikes()]


def test_copies_are_found_and_look_alikes_left_alone(pairs: list[Pair]) -> None:
    result = figures(pairs)
    assert result.precision >= 0.995
    assert result.recall >= 0.955


def test_the_threshold_chosen_is_the_lowest_of_the_table_that_is_as_precise(pairs: list[Pair]) -> None:
    assert figures(pairs, THRESHOLD).precision >= 0.995 > figures(pairs, THRESHOLD - 0.05).precision


def test_no_two_stories_of_the_portal_are_alike() -> None:
    assert figures([Pair("others", *two, False) for two in combinations(portal_stories(), 2)], 0.5).wrong == 0


def test_what_leaves_most_words_is_always_found(pairs: list[Pair]) -> None:
    sure = {
        "quotes straight",
        "one paragraph",
        "dateline kept",
        "boilerplate added",
        "paragraphs swapped",
        "number revised",
    }
    assert sure < CHANGES.keys()
    assert [pair.kind for pair in pairs if pair.kind.split(",")[0] in sure and score(pair) < THRESHOLD] == []


def test_pairs_are_the_same_in_every_run(pairs: list[Pair]) -> None:
    assert look_alikes() == [pair for pair in pairs if not pair.same]
    assert list(copies(portal_stories())) == pairs[: len(CHANGES) * len(portal_stories()) + len(portal_stories())]


def test_the_table_shows_each_threshold_and_kind(pairs: list[Pair]) -> None:
    lines = table(pairs, [Pair("others", pairs[0].one, pairs[-1].one, False)]).splitlines()
    assert any(line.startswith("0.8 ") for line in lines)
    assert sum("found" in line for line in lines) == 2 * (len(CHANGES) + 1)
