"""The accuracy floors, held where the pages with gold are; elsewhere only the measuring itself is tested."""

import json
from pathlib import Path

import pytest

from scraper import Article
from tests.benchmarks.accuracy import Result, below, measure, read_set, sets

HERE = Path(__file__).parent
PAGES = HERE.parents[2] / "shared" / "eval"


def _result(**gold: object) -> Result:
    article = Article(headline="Port reopens", authors=("Jane Doe",), body=("One two three.", "Four five."))
    return Result(gold, article, None, 2.0, 1.0)


def test_measures_compare_record_and_gold() -> None:
    good = _result(
        body="One two three. Four five.", headline="PORT REOPENS!", authors=["jane doe"], paragraphs=["Four five."]
    )
    figures = measure([good])
    assert (figures["words"], figures["head"], figures["auth"], figures["x parse"]) == (1.0, 1.0, 1.0, 2.0)
    assert figures["paras"] == pytest.approx(2 / 3, abs=1e-4)
    bad = measure([_result(body="Six seven.", headline="Other", authors=["John Roe"], date="2025-01-01")])
    assert (bad["words"], bad["head"], bad["auth"], bad["date"]) == (0.0, 0.0, 0.0, 0.0)


def test_segments_count_what_must_and_must_not_be_in() -> None:
    marked = _result(**{"with": ["Four", "Nine"], "without": ["two"]})
    assert measure([marked])["segs"] == pytest.approx(2 / 4)


def test_a_figure_below_its_floor_is_named() -> None:
    assert below({"a": {"words": 0.9}}, {"a": {"words": 0.95}}) == ["a words: 0.9000 is below 0.9500"]
    assert below({"a": {"words": 0.95}}, {"a": {"words": 0.95, "reason": "x"}}) == []


@pytest.mark.skipif(not PAGES.exists(), reason="the pages with gold are not on this machine")
@pytest.mark.parametrize("name", sorted(json.loads((HERE / "floors.json").read_text("utf-8"))))
def test_no_set_falls_below_its_floor(name: str) -> None:
    folder = next(folder for folder in sets(PAGES) if folder.name == name)
    floors = json.loads((HERE / "floors.json").read_text("utf-8"))
    assert below({name: measure(list(read_set(folder)))}, {name: floors[name]}) == []
