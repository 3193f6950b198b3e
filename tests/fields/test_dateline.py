"""Datelines: the table of cases, and what holds for any text."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.article import Dateline
from scraper.block import Block, Claims, Document, Labelled, Reading
from scraper.fields.assemble import assemble
from scraper.fields.dateline import lone, split
from scraper.label import Label

CASES = tomllib.loads((Path(__file__).parent / "datelines.toml").read_text("utf-8"))

# Text that comes close: pieces of datelines in any order.
PIECES = (
    "SEOUL", "South Korea", "Va.", "New York", "Paris", "(AP)", "(Reuters)", "/PRNewswire/", "CNN", "РИА Новости",
    "Oct. 26", "5 mars 2024", ", ", " ", " — ", " - ", "--", "–", "_", ": ", ". ", " and ", "/", "(", ")", "[", "]",
    "The talks began.", "the talks", "新华社北京", "10月26日电", "【", "】", "(서울=연합뉴스)",
    "\ud800", "\u00a0", "\n", "",
)  # fmt: skip


def test_the_table_is_there() -> None:
    assert len(CASES["positive"]) >= 140
    assert len(CASES["negative"]) >= 120


@pytest.mark.parametrize("case", CASES["positive"], ids=lambda case: case[0])
def test_a_dateline_is_split_off(case: list[str]) -> None:
    raw, place, agency, rest = case
    assert split(raw + rest) == (Dateline(raw, place or None, agency or None), rest)


@pytest.mark.parametrize("paragraph", CASES["negative"])
def test_other_openings_stay_whole(paragraph: str) -> None:
    assert split(paragraph) == (None, paragraph)


@pytest.mark.parametrize(
    ("paragraph", "following", "place", "agency"),
    [
        ("SEOUL, South Korea (AP)", "The talks began.", "SEOUL, South Korea", "AP"),
        ("WASHINGTON, D.C. –", "The court ruled.", "WASHINGTON, D.C.", None),
        ("Düsseldorf -", "Die Brücke ist zu.", "Düsseldorf", None),
        ("Ankara", "Meclis toplandı.", "Ankara", None),
        ("(Reuters) -", "Shares rose.", None, "Reuters"),
        ("Berlin.", "Der Wirkstoff hilft nach einer neuen Studie nur wenigen Kranken.", "Berlin", None),
        ("PERFORMANCE", "The card is fast.", None, None),
        ("Jane Doe", "The card is fast.", None, None),
        ("Jane Doe News.com March 5, 2024", "The card is fast.", None, None),
        ("Smallville", "The card is fast.", None, None),
        ("SEOUL (AP) — The talks began.", "They went on.", None, None),
        ("SEOUL (AP) —", "", None, None),
        ("SEOUL (AP) —", " ", None, None),
    ],
)
def test_a_dateline_may_be_a_paragraph_of_its_own(
    paragraph: str, following: str, place: str | None, agency: str | None
) -> None:
    result = lone(paragraph, following)
    assert result == (Dateline(f"{paragraph} ", place, agency) if place or agency else None)


def test_a_paragraph_that_is_a_dateline_goes_into_the_next() -> None:
    lines = ("A summary.", "BERGEN, Norway (AP) —", "The night ferry left Bergen on Monday.")
    blocks = tuple(map(Block, lines))
    claims = Claims(headline="Night ferry returns")
    reading = Reading(tuple(Labelled(block, Label.BODY, 1.0, "") for block in blocks))
    story = assemble(Document(blocks), reading, claims)
    assert story.dateline == Dateline("BERGEN, Norway (AP) — ", "BERGEN, Norway", "AP", 1)
    assert story.body == ("A summary.", "The night ferry left Bergen on Monday.")


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("PARIS (\ud800AP) — The talks began.")
def test_nothing_is_lost_and_the_parts_stand_in_the_raw_text(paragraph: str) -> None:
    result, rest = split(paragraph)
    if result is None:
        assert rest == paragraph
        return
    assert result.raw + rest == paragraph
    assert rest.strip()
    assert result.place or result.agency
    assert (result.place or "") in result.raw
    assert (result.agency or "") in result.raw


@pytest.mark.parametrize("unit", ["SEOUL, ", "A - ", "(AP) ", "A. ", " ", "(", "電", "/ ", "ST. "])
def test_only_the_start_of_a_long_paragraph_counts(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    result, _ = split(long)
    near, _ = split(long[:1000])
    assert result == near


def test_the_words_behind_a_dateline_may_be_of_any_length() -> None:
    rest = "The talks began. " * 60_000
    assert split("SEOUL, South Korea (AP) — " + rest) == (
        Dateline("SEOUL, South Korea (AP) — ", "SEOUL, South Korea", "AP"),
        rest,
    )
