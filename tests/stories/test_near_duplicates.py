"""Near copies are found after many kinds of edits, and other stories are not taken for copies."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.portal import site
from fixtures.portal.data import records
from scraper import extract
from scraper.article import Article
from scraper.stories.identity import Memory, judge, remembered
from scraper.stories.near_duplicates import THRESHOLD, bands, signature, similarity

ROOT = Path(__file__).parents[2]
BODY = (
    "The harbor office counted 214 ships in March, nine more than the year before, and ran out of ink on the last day.",
    "“We borrowed a pen from the fish auction,” said Odd Hansen, who has kept the book for 31 years.",
    "The book is to be replaced by a screen in the fall. Hansen, who is 66, will stay until it works, or until he doesn’t.",
    "The port charges by the ton, so that the count matters most to those who would rather it were lower, he said.",
)
OTHER = (
    "A baker in the old town has sold the same loaf for 40 cents since 1987, at first out of thrift and then out of spite.",
    "The guild asked him to stop. The mill did, too. Customers come by tram from the other end of the city.",
    "He earns his money with cakes, which are dear, and which nobody has ever been heard to complain about.",
)
NEWS = "渡口的老船工说，他每天清晨四点起床，摇橹送第一班客人过江，三十年来从未误过一次。如今大桥通车，客人少了，他仍然守着码头，说总有人愿意坐船。"


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    first, second = signature(one), signature(other)
    assert first is not None
    assert second is not None
    return similarity(first, second)


# ---------------------------------------------------------------- the functions


def test_a_signature_is_the_same_in_every_process() -> None:
    code = "import sys; from scraper.stories.near_duplicates import signature; sys.stdout.write(signature(sys.argv[1:]).hex())"
    signatures = {
        subprocess.run(
            [sys.executable, "-c", code, *BODY],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    mine = signature(BODY)
    assert mine is not None
    assert signatures == {mine.hex()}
    # What is stored must stay comparable: where this differs, so do all signatures kept so far.
    assert blake2b(mine, digest_size=8).hexdigest() == "5b5c15d74fe930e9"


def test_a_body_too_short_to_tell_has_no_signature() -> None:
    assert signature(()) is None
    assert signature(("Photos of the week", "— 12 …")) is None
    assert signature((" ".join(["word"] * 29),)) is None
    assert signature((" ".join(["word"] * 30),)) is not None
    assert signature((NEWS[:20],)) is None
    assert signature((NEWS,)) is not None


@given(st.lists(st.text(st.characters(), max_size=200), max_size=5))
def test_any_text_will_do(body: list[str]) -> None:
    value = signature(body)
    if value is not None:
        assert similarity(value, value) == 1.0
        keys = bands(value)
        assert len(set(keys)) == len(keys)
        assert all(0 <= key < 2**63 for key in keys)  # as SQLite keeps them
        assert len(value) == 261


def test_case_punctuation_and_paragraphs_say_nothing() -> None:
    written = "\n".join(BODY).replace("“", '"').replace("”", '"').replace("’", "'").upper().replace(". ", " ... ")
    assert signature((written,)) == signature(BODY)
    assert signature((NEWS.replace("，", ", "),)) == signature((NEWS,))
    assert signature((*BODY, "Ｎｏ. １２")) == signature((*BODY, "No. 12"))


def test_a_part_is_like_the_whole_and_another_story_is_not() -> None:
    assert alike(BODY, BODY) == 1.0
    assert alike(BODY, BODY[:2]) > THRESHOLD
    assert alike(BODY, (*OTHER, *BODY)) > THRESHOLD
    assert alike(BODY, OTHER) < 0.1
    assert alike((NEWS,), (NEWS[8:],)) > THRESHOLD


def test_numbers_count_for_more_than_words() -> None:
    draw = (
        "The numbers drawn on {} are {}, {}, {}, {} and {}. No ticket won the jackpot of {} million, the lottery said. "
    )
    rules = "Players choose five numbers and win by matching three or more. The next draw is shown on the lottery's website."
    monday = draw.format("Monday", 3, 17, 22, 31, 45, 12) + rules
    words = draw.format("Monday", 3, 17, 22, 31, 45, 12).replace("No ticket won", "Nobody had") + rules
    numbers = draw.format("Thursday", 8, 11, 27, 36, 48, 15) + rules
    assert alike((monday,), (words,)) > THRESHOLD > alike((monday,), (numbers,))


def test_signatures_of_another_release_never_meet() -> None:
    current = signature(BODY)
    assert current is not None
    old = bytes([current[0] - 1]) + current[1:]
    assert similarity(current, old) == 0.0
    assert set(bands(current)).isdisjoint(bands(old))


# ---------------------------------------------------------------- the stories met so far


class Copies:
    """Judges stories one after the other."""

    def __init__(self) -> None:
        self._memory = Memory()

    def add(self, name: str, body: Sequence[str]) -> str | None:
        verdict = judge(remembered(Article(headline=name, body=tuple(body), id=name)), self._memory)
        if verdict.story is not None:
            self._memory.remember(verdict.story)
        return verdict.more.get("duplicate_of")


def test_the_earliest_copy_is_named() -> None:
    copies = Copies()
    assert copies.add("a", BODY) is None
    assert copies.add("b", OTHER) is None
    assert copies.add("c", BODY[1:]) == "a"
    assert copies.add("d", (*BODY, OTHER[0])) == "a"
    assert copies.add("e", OTHER) == "b"


def test_a_story_is_no_copy_of_itself() -> None:
    copies = Copies()
    assert copies.add("a", BODY) is None
    assert copies.add("a", BODY[:3]) is None
    assert copies.add("b", BODY) == "a"


def test_short_bodies_are_copies_of_nothing() -> None:
    copies = Copies()
    assert copies.add("a", ("Photos of the week",)) is None
    assert copies.add("b", ("Photos of the week",)) is None


# ---------------------------------------------------------------- the portal's copies


DIRTY = [(record["url"], dirty) for record in records() for dirty in record.get("dirty_aliases", ())]


@pytest.mark.parametrize(("url", "dirty"), DIRTY)
def test_a_page_with_an_injected_keyword_is_a_copy_of_the_clean_one(
    portal_pages: dict[str, site.Page], url: str, dirty: str
) -> None:
    clean, shown = (
        extract(portal_pages[site_url.removeprefix("http://portal.test")].body, url=site_url)
        for site_url in (url, dirty)
    )
    assert "injected_keyword" in shown.extraction.warnings
    copies = Copies()
    assert copies.add("clean", clean.body) is None
    assert copies.add("dirty", shown.body) == "clean"


def test_the_portal_has_dirty_pages() -> None:
    assert DIRTY


def test_a_keyword_that_was_not_taken_out_hides_no_copy(portal_pages: dict[str, site.Page]) -> None:
    for url, dirty in DIRTY:
        title = next(story.look.title for story in site.load("http://portal.test").stories if story.url == dirty)
        keyword = str(title).split(":")[0].split("|")[0]
        clean = extract(portal_pages[url.removeprefix("http://portal.test")].body, url=url).body
        sprinkled = tuple(f"{keyword} {paragraph} {keyword}" for paragraph in clean)
        assert alike(clean, sprinkled) > THRESHOLD


def test_no_story_of_the_portal_is_a_copy_of_another() -> None:
    copies = Copies()
    assert [record["url"] for record in records() if copies.add(record["url"], record["body"])] == []


# ---------------------------------------------------------------- time


def test_a_signature_takes_a_fraction_of_a_millisecond() -> None:
    body = [paragraph for record in records()[:10] for paragraph in record["body"]]
    body = " ".join(body).split()[:600]
    start, rounds = time.process_time(), 50
    for _ in range(rounds):
        signature([" ".join(body)])
    assert (time.process_time() - start) / rounds < 0.002  # a tenth of that on an idle machine
