"""Headline, authors and date of a page of no known template: the order of the attempts."""

from datetime import datetime

import pytest

from scraper import extract, fields
from scraper.block import Claims
from scraper.pipeline import read

PROSE = (
    "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>" * 6
)


@pytest.mark.parametrize(
    ("title", "site", "clean"),
    [
        ("Port reopens | Evening Post", None, "Port reopens | Evening Post"),
        ("Port reopens after three days of storm | Post", None, "Port reopens after three days of storm"),
        ("Port reopens - Evening Post", "Evening Post", "Port reopens"),
        ("Evening Post: Port reopens", "Evening Post", "Evening Post: Port reopens"),
        ("Evening Post | Port reopens", "Evening Post", "Port reopens"),
        ("Port - reopens", None, "Port - reopens"),
        ("Port reopens", "Post", "Port reopens"),
    ],
)
def test_the_site_s_name_is_left_out_of_a_title(title: str, site: str | None, clean: str) -> None:
    assert fields.without_site(title, site) == clean


def _page(head: str = "", before: str = "", after: str = "") -> str:
    return f"<html><head>{head}</head><body><nav><a href=/>Home</a></nav>{before}<article>{PROSE}</article>{after}</body></html>"


def test_the_shown_headline_is_the_one_that_the_title_bears_out() -> None:
    page = _page(
        "<title>Bridge to close until autumn | Post</title>",
        "<h1>Evening Post</h1><h1>Bridge to close until autumn</h1>",
    )
    assert extract(page).headline == "Bridge to close until autumn"


SITE = '<meta property="og:site_name" content="Evening Post">'
OG = '<meta property="og:title" content="Bridge to close until autumn">'


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        ("<title>Bridge to close until autumn: live report</title>" + OG, "<h1>live report</h1>" + "<h1>Bridge to close until autumn</h1>"),
        ("<title>Evening Post: Bridge to close until autumn</title>" + SITE, "<h1>Evening Post</h1><h1>Bridge to close until autumn</h1>"),
        (SITE + OG, "<h1>Evening Post</h1>"),
        ("<title>Bridge to close until autumn - Evening Post</title>" + SITE, "<h1>Bridge to close until autumn - Evening Post</h1>"),
    ],
    ids=["whole-before-part", "site-above", "site-alone", "site-behind"],
)  # fmt: skip
def test_the_site_s_name_or_a_part_is_no_headline(head: str, shown: str) -> None:
    document = read(_page(head, shown))
    from scraper.head import read_head  # noqa: PLC0415 - the stage is looked at alone here only

    assert fields.headline(document, _unlabelled(document), read_head(document.head)) == "Bridge to close until autumn"


TWO_DATES = (
    '<meta property="article:published_time" content="2025-04-02T10:00"><meta name="date" content="2025-04-12T10:00">'
)
HEADLINE = "<h1>Bridge to close until autumn</h1>"


@pytest.mark.parametrize(
    ("head", "before", "url", "date"),
    [
        ('<meta property="article:published_time" content="2025-04-12T10:31:20+02:00">', "<time datetime=2024-01-01>x</time>",
         None, "2025-04-12T10:31:20+02:00"),
        ("", "<h1>Bridge to close</h1><time datetime='2025-04-12T08:00'>Saturday</time>", None, "2025-04-12T08:00:00"),
        ("", "<h1>Bridge to close</h1><p>April 12, 2025</p>", None, "2025-04-12T00:00:00"),
        ("", "<h1>Bridge to close</h1>", "http://a.test/2025/04/12/bridge/", "2025-04-12T00:00:00"),
        ("", "<h1>Bridge to close</h1><p>Oct. 26</p>", None, None),
        ("", "<h1>Bridge to close</h1><p>12 April 2025</p>" + "<p>A line between</p>" * 20 + "<time datetime=2024-01-01>x</time>",
         None, "2025-04-12T00:00:00"),
        ("", "<h1>Bridge to close</h1><p>Opened on 1 May 1999</p>", "http://a.test/2025/04/12/bridge/", "2025-04-12T00:00:00"),
        (TWO_DATES, "<h1>Bridge to close</h1><p>12 April 2025</p>", None, "2025-04-12T10:00:00"),
        (TWO_DATES, "<h1>Bridge to close</h1><p>13 April 2025</p>", None, "2025-04-02T10:00:00"),
        (TWO_DATES.replace("-12T10", "-03T09"), "<h1>Bridge to close</h1><p>3 April 2025</p>", None, "2025-04-02T10:00:00"),
    ],
)  # fmt: skip
def test_the_date_is_declared_machine_readable_shown_or_in_the_address(
    head: str, before: str, url: str | None, date: str | None
) -> None:
    document = read(_page(head, before), url=url)
    from scraper.head import read_head  # noqa: PLC0415 - the stage is looked at alone here only

    labelled = ()
    found = fields.published(document, labelled or _unlabelled(document), read_head(document.head))[1]
    assert found == (date and datetime.fromisoformat(date))


def _unlabelled(document: object) -> tuple[object, ...]:
    from scraper.block import Document, Label, Labelled  # noqa: PLC0415

    assert isinstance(document, Document)
    return tuple(Labelled(block, Label.OTHER, 0.5, "none") for block in document.blocks)


def test_nothing_declared_and_nothing_shown_is_none() -> None:
    document = read("<p>x</p>")
    assert fields.published(document, (), Claims()) == (None, None)
