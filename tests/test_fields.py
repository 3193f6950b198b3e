"""Authors of a page of no known template: the order of the attempts; what is missing from a page."""

import json

import pytest

from scraper import extract, fields
from scraper.block import Claims, Label, Labelled
from scraper.pipeline import read

PROSE = (
    "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>" * 6
)


def _page(head: str = "", before: str = "", after: str = "") -> str:
    return f"<html><head>{head}</head><body><nav><a href=/>Home</a></nav>{before}<article>{PROSE}</article>{after}</body></html>"


def test_declared_people_come_before_shown_ones_and_a_brand_last() -> None:
    brand = json.dumps({"@type": "NewsArticle", "author": {"name": "Evening Post"}})
    head = f'<meta property="og:site_name" content="Evening Post"><script type="application/ld+json">{brand}</script>'
    shown = "<h1>Bridge to close until autumn</h1><p class=byline>By Jane Doe</p>"
    assert extract(_page(head, shown)).authors == ("Jane Doe",)
    assert extract(_page(head, "<h1>Bridge to close until autumn</h1>")).authors == ("Evening Post",)
    person = brand.replace("Evening Post", "John Roe")
    assert extract(_page(f'<script type="application/ld+json">{person}</script>', shown)).authors == ("John Roe",)


HEADLINE = "<h1>Bridge to close until autumn</h1>"
BRAND = '<meta property="og:site_name" content="Evening Star"><meta name="author" content="Evening Star">'


@pytest.mark.parametrize(
    ("head", "before", "after", "found"),
    [
        ("", HEADLINE, "<p class=author>Jane Doe says:</p>", ()),
        ("", HEADLINE + "<p>By Evening Desk</p>", "", ("Evening Desk",)),
        ("", HEADLINE + "<p>5 March 2024 · 3 minutes · By Evening Desk</p>", "", ("Evening Desk",)),
        ("", HEADLINE + "<p class=author>Evening Desk</p>", "", ("Evening Desk",)),
        ("", HEADLINE + "<p>By Jane on 5 March 2024</p>", "", ("Jane",)),
        ("", HEADLINE + "<p><a href='/authors/jane'>Jane Doe</a></p>", "", ("Jane Doe",)),
        ("", HEADLINE + "<p><a href='/ports/jane'>Jane Doe</a></p>", "", ()),
        (BRAND, HEADLINE, "<p>A line between</p>" * 40 + "<p class=byline>By Jane Doe</p>", ("Evening Star",)),
        (BRAND, HEADLINE + "<p class=byline>By Jane Doe, EVENING STAR CITY</p>", "", ("Jane Doe",)),
        ("", "<p class=byline>By John Roe</p>" + "<p>A line above</p>" * 4 + HEADLINE + "<p class=byline>By Jane Doe</p>", "", ("Jane Doe",)),
    ],
)  # fmt: skip
def test_who_is_shown_as_author(head: str, before: str, after: str, found: tuple[str, ...]) -> None:
    document = read(_page(head, before, after))
    from scraper.head import read_head  # noqa: PLC0415

    assert fields.authors(document, _unlabelled(document), read_head(document.head)) == found


def _unlabelled(document: object) -> tuple[object, ...]:
    from scraper.block import Document, Label, Labelled  # noqa: PLC0415

    assert isinstance(document, Document)
    return tuple(Labelled(block, Label.OTHER, 0.5, "none") for block in document.blocks)


def test_a_name_may_stand_beside_the_date() -> None:
    document = read(_page("", HEADLINE + "<p><b>Jane Doe</b> | <i>5 March 2024</i></p>"))
    labelled = tuple(
        Labelled(each.block, Label.DATE if "2024" in each.block.text else Label.OTHER, 0.5, "none")
        for each in _unlabelled(document)
    )
    assert fields.authors(document, labelled, Claims()) == ("Jane Doe",)


def test_nothing_declared_and_nothing_shown_is_none() -> None:
    document = read("<p>x</p>")
    assert fields.authors(document, (), Claims()) == ()


WALL = "<p>Subscribe to continue reading this story.</p>"


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (_page(), []),
        (_page('<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'), []),
        (
            _page(
                '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>',
                "",
                WALL,
            ),
            ["paywalled"],
        ),
        (_page("", "", f'<div class="paywall-box">{WALL}</div>'), ["paywalled"]),
        (_page("", "", WALL), []),
        (_page().replace("at it.</p></article>", "at it …</p></article>"), ["truncated"]),
        (
            _page(
                '<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"'
                + "word " * 900
                + '"}</script>'
            ),
            ["truncated"],
        ),
    ],
    ids=["whole", "declared", "declared-and-said", "class-and-said", "said", "dots", "longer-declared"],
)
def test_what_is_missing_is_warned_of(page: str, found: list[str]) -> None:
    assert list(extract(page).extraction.warnings) == found
