"""Lists of other stories: what a heading opens, and how far a list goes."""

import numpy as np
import pytest

from scraper.article import Link
from scraper.block import Block, Document
from scraper.label import Label
from scraper.tagger import lists
from scraper.tagger.headings import opener
from scraper.tagger.network import KINDS


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
        ("点击排行", Label.RANKING),
        ("热门文章", Label.RANKING),
        ("Recommended for you", Label.RECOMMENDATION),
        ("Das könnte Sie auch interessieren", Label.RECOMMENDATION),
        ("Latest news", Label.LATEST),
        ("Nejčtenější články", Label.RANKING),
        ("Související články", Label.RELATED),
        ("Διαβάστε επίσης", Label.RECOMMENDATION),
        ("Τελευταία νέα", Label.LATEST),
        ("Benzer haberler", Label.RELATED),
        ("Lue myös", Label.RELATED),
        ("مقالات ذات صلة", Label.RELATED),
        ("Tin mới nhất", Label.LATEST),
        ("Read next", Label.RECOMMENDATION),
        ("More from the harbor desk", Label.MORE),
        ("The bridge will close on Monday", None),
        ("Related charges were dropped against two former pilots of the airline on Monday", None),
    ],
)
def test_a_heading_tells_the_kind_of_its_list(text: str, kind: Label | None) -> None:
    assert opener(text) is kind


def _title(number: int) -> Block:
    text = f"Story number {number} of the neighbouring harbor"
    return Block(text, "li", links=(Link(text, f"http://a.test/{number}"),), link_chars=len(text))


def _typed(*value: tuple[Block, Label], likely: Label = Label.MORE) -> list[Label]:
    logits = np.zeros((len(value), len(KINDS)))
    logits[:, KINDS.index(likely)] = 5
    return lists.typed(Document(tuple(block for block, _ in value)), [label for _, label in value], logits)


def test_titles_under_a_heading_are_of_its_kind_until_the_next_heading() -> None:
    other, prose = Label.OTHER, (Block("A paragraph of the story."), Label.BODY)
    assert _typed(
        prose,
        (Block("Most read", "h3"), other),
        (_title(1), Label.RELATED),
        (Block("2 hours ago"), Label.DATE),
        (_title(2), Label.NAVIGATION),
        (Block("Weather", "h3"), Label.LIST_HEADING),
        (_title(3), Label.RELATED),
    ) == [Label.BODY, Label.LIST_HEADING, Label.RANKING, Label.DATE, Label.RANKING, Label.LIST_HEADING, Label.MORE]


def test_the_story_is_never_a_list_and_ends_one() -> None:
    assert _typed(
        (Block("Related", "h2"), Label.OTHER),
        (_title(1), Label.MORE),
        (Block("Another paragraph."), Label.BODY),
        (_title(2), Label.OTHER),
    ) == [Label.LIST_HEADING, Label.RELATED, Label.BODY, Label.OTHER]


def test_a_list_without_keywords_has_the_likeliest_kind_of_its_entries() -> None:
    results = [(_title(1), Label.RELATED), (_title(2), Label.RANKING), (_title(3), Label.RELATED)]
    assert _typed(*results, likely=Label.LATEST) == [Label.LATEST] * 3


def test_paid_entries_are_no_list_of_stories() -> None:
    assert (
        _typed((Block("Around the web", "h3"), Label.LIST_HEADING), (_title(1), Label.SPONSORED))[1] is Label.SPONSORED
    )


@pytest.mark.parametrize(
    ("lead", "link", "expected"),
    [
        ("Also Read: ", "Farm hands leave the camp at last", True),
        ("Mehr zum Thema – ", "Die Fähre fährt wieder ab Montag", True),
        ("Lire aussi : ", "Le phare reçoit une lampe neuve", True),
        ("Leia também: ", "A ponte reabre na segunda-feira", True),
        ("Читайте также: ", "Паром снова ходит с понедельника", True),
        ("", "RELATED: Old lighthouse gets a new lamp", True),
        ("Read next: ", "School on the island reopens", True),
        ("The report is ", "here", False),
        ("The related charges against both pilots were dropped on Monday, as ", "court papers show", False),
        ("", "A long paragraph that is one link but says nothing of other stories", False),
        ("Related costs rose by a fifth, says ", "the annual report of the port", False),
    ],
)
def test_a_cross_reference_amid_the_story(lead: str, link: str, expected: bool) -> None:
    block = Block(lead + link, "p", links=(Link(link, "http://a.test/1"),), link_chars=len(link))
    assert lists.is_cross_reference(block) is expected
