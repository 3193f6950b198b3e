"""Lists of other stories: what a heading opens, and how far a list goes."""

import pytest

from scraper import lists
from scraper.article import Link
from scraper.block import Block, Label


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Related", Label.RELATED),
        ("Related stories:", Label.RELATED),
        ("Lesen Sie auch", Label.RELATED),
        ("À lire aussi", Label.RELATED),
        ("Most read", Label.RANKING),
        ("Meistgelesen", Label.RANKING),
        ("Les plus lus", Label.RANKING),
        ("点击排行", None),
        ("热门文章", Label.RANKING),
        ("Recommended for you", Label.RECOMMENDATION),
        ("Das könnte Sie auch interessieren", Label.RECOMMENDATION),
        ("Latest news", Label.LATEST),
        ("The bridge will close on Monday", None),
        ("Related charges were dropped against two former pilots of the airline on Monday", None),
    ],
)
def test_a_heading_tells_the_kind_of_its_list(text: str, kind: Label | None) -> None:
    assert lists.opener(text) is kind


def _title(number: int) -> Block:
    text = f"Story number {number} of the neighbouring harbor"
    return Block(text, "li", links=(Link(text, f"http://a.test/{number}"),), link_chars=len(text))


def _typed(*blocks: tuple[Block, Label, bool]) -> list[Label]:
    return lists.typed([each[0] for each in blocks], [each[1] for each in blocks], [each[2] for each in blocks])


def test_titles_under_a_heading_are_of_its_kind_until_the_next_heading() -> None:
    other, prose = Label.OTHER, (Block("A paragraph of the story."), Label.BODY, True)
    assert _typed(
        prose,
        (Block("Most read", "h3"), other, False),
        (_title(1), Label.NAVIGATION, False),
        (Block("2 hours ago"), Label.DATE, False),
        (_title(2), Label.RELATED, False),
        (Block("Weather", "h3"), other, False),
        (_title(3), other, False),
    ) == [Label.BODY, Label.LIST_HEADING, Label.RANKING, Label.DATE, Label.RANKING, other, other]


def test_the_story_is_never_a_list_and_ends_one() -> None:
    assert _typed(
        (Block("Related", "h2"), Label.OTHER, False),
        (_title(1), Label.OTHER, False),
        (Block("Another paragraph."), Label.BODY, True),
        (_title(2), Label.OTHER, False),
    ) == [Label.LIST_HEADING, Label.RELATED, Label.BODY, Label.OTHER]


def test_in_text_without_links_short_lines_are_titles() -> None:
    lines = ["Related", "Ferry line asks lenders for one more summer", "This is a sentence that ends with a full stop."]
    blocks = [(Block(line), Label.OTHER, False) for line in lines]
    assert _typed(*blocks) == [Label.LIST_HEADING, Label.RELATED, Label.OTHER]
