"""Datelines: the table of cases, and what holds for any text."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.article import Dateline
from scraper.dateline import split

CASES = tomllib.loads((Path(__file__).parent / "datelines.toml").read_text("utf-8"))

# Text that comes close: pieces of datelines in any order.
PIECES = (
    "SEOUL", "South Korea", "Va.", "New York", "Paris", "(AP)", "(Reuters)", "/PRNewswire/", "CNN", "РИА Новости",
    "Oct. 26", "5 mars 2024", ", ", " ", " — ", " - ", "--", "–", "_", ": ", ". ", " and ", "/", "(", ")", "[", "]",
    "The talks began.", "the talks", "新华社北京", "10月26日电", "【", "】", "(서울=연합뉴스)",
    "\ud800", "\u00a0", "\n", "",
)  # fmt: skip


def test_the_table_is_there() -> None:
    assert len(CASES["positive"]) >= 120
    assert len(CASES["negative"]) >= 60


@pytest.mark.parametrize("case", CASES["positive"], ids=lambda case: case[0])
def test_a_dateline_is_split_off(case: list[str]) -> None:
    raw, place, agency, rest = case
    assert split(raw + rest) == (Dateline(raw, place or None, agency or None), rest)


@pytest.mark.parametrize("paragraph", CASES["negative"])
def test_other_openings_stay_whole(paragraph: str) -> None:
    assert split(paragraph) == (None, paragraph)


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("PARIS (\ud800AP) — The talks began.")
def test_nothing_is_lost_and_the_parts_stand_in_the_raw_text(paragraph: str) -> None:
    found, rest = split(paragraph)
    if found is None:
        assert rest == paragraph
        return
    assert found.raw + rest == paragraph
    assert rest.strip()
    assert found.place or found.agency
    assert (found.place or "") in found.raw
    assert (found.agency or "") in found.raw


@pytest.mark.parametrize("unit", ["SEOUL, ", "A - ", "(AP) ", "A. ", " ", "(", "電", "/ ", "ST. "])
def test_only_the_start_of_a_long_paragraph_counts(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    found, _ = split(long)
    near, _ = split(long[:1000])
    assert found == near


def test_the_words_behind_a_dateline_may_be_of_any_length() -> None:
    rest = "The talks began. " * 60_000
    assert split("SEOUL, South Korea (AP) — " + rest) == (
        Dateline("SEOUL, South Korea (AP) — ", "SEOUL, South Korea", "AP"),
        rest,
    )
