"""The headline of a page of no known template: agreement between what is shown and what is declared."""

import json
import time

import pytest

from scraper import extract
from scraper.block import Claims, Document, Labelled
from scraper.fields.claims import read_head
from scraper.fields.headline import headline, position, without_site
from scraper.label import Label
from scraper.pipeline import read, read_text

PROSE = (
    "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>" * 6
)


def _page(head: str = "", before: str = "") -> str:
    return (
        f"<html><head>{head}</head><body><nav><a href=/>Home</a></nav>{before}<article>{PROSE}</article></body></html>"
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
    assert without_site(title, site) == clean


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
    assert headline(document, _labelled(document), read_head(document.head)) == "Bridge to close until autumn"


def _labelled(document: Document, chosen: str = "") -> list[Labelled]:
    label = {True: Label.HEADLINE, False: Label.OTHER}
    return [Labelled(block, label[block.text == chosen], 0.5, "") for block in document.blocks]


def _headline(head: str, body: str, chosen: str = "") -> str:
    document = read(f"<html><head>{head}</head><body>{body}<article>{PROSE}</article></body></html>")
    return headline(document, _labelled(document, chosen), read_head(document.head))


TITLE = "Bridge to close until autumn"


@pytest.mark.parametrize(
    ("head", "body", "chosen"),
    [
        # the site's banner or another box as h1, the headline in a smaller heading
        (f"<title>{TITLE} | Evening Post</title>", f"<h1>Evening Post</h1><h2>{TITLE}</h2>", ""),
        (f"<title>{TITLE}</title>", f"<h1>Old Harbour Gazette</h1><h3>{TITLE}</h3>", ""),
        (f"<title>{TITLE}</title>", f"<h1>Menu</h1><h2>{TITLE}</h2>", "Menu"),
        # a kicker or a date within the heading
        (OG, f"<h1><span>Traffic</span> {TITLE}</h1>", f"Traffic {TITLE}"),
        (OG, f"<h1>Traffic: {TITLE}</h1>", f"Traffic: {TITLE}"),
        (OG, f"<h1>North of the river {TITLE}</h1>", ""),
        (OG, f"<h1>27.01.2022{TITLE}</h1>", ""),
        # the sign of a link to itself
        (f"<title>{TITLE}</title>", f"<h1>{TITLE} <a href='#t'>¶</a></h1>", ""),
        (f"<title>{TITLE}</title>", f"<h1><a href='#t'>🔗</a> {TITLE}</h1>", ""),
        (f"<title>{TITLE}</title>", f"<h1>{TITLE} <a href='#t'>#</a></h1>", ""),
        # nothing shown bears the title out
        (OG, "<h1>Our blog</h1><h1>Share this</h1>", ""),
        # the title of the window is but a part, or another wording, of the headline
        ("<title>Port bridge closes for autumn | Evening Post</title>", f"<h1>Evening Post</h1><h1>{TITLE}</h1>", ""),
        ("<title>Closed!</title>", f"<h2>Most read</h2><h1>{TITLE}</h1>", ""),
        ("<title>Closed!</title>", f"<h1>Evening Post</h1><h1>Menu</h1><h2>{TITLE}</h2>", TITLE),
    ],
)  # fmt: skip
def test_the_headline_is_chosen_by_agreement(head: str, body: str, chosen: str) -> None:
    assert _headline(head, body, chosen) == TITLE


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        ('<meta property="og:title" content="Best cameras of 2026">', "The Best cameras of 2026"),
        ('<meta property="og:title" content="bridge to close">', "Autobridge to close"),
        ('<meta property="og:title" content="opens">', "North of the river the port opens"),
    ],
    ids=["article", "within-a-word", "one-word"],
)
def test_the_headline_s_own_first_words_are_no_kicker(head: str, shown: str) -> None:
    assert _headline(head, f"<h1>{shown}</h1>") == shown


@pytest.mark.parametrize(
    ("head", "body", "chosen", "text"),
    [
        ("", f"<p>Home</p><h2>{TITLE}</h2>", TITLE, TITLE),
        ("", f"<p>Home</p><h1>{TITLE}</h1>", "", TITLE),
        (f"<title>{TITLE} | Evening Post and Star</title>", f"<p>Home</p><div>{TITLE}</div>", "", TITLE),
        ("", "<p>Home</p>", "", "Home"),
    ],
    ids=["labelled", "h1", "title", "none"],
)
def test_where_the_headline_stands(head: str, body: str, chosen: str, text: str) -> None:
    head = head and head + '<meta property="og:site_name" content="Evening Post and Star">'
    document = read(f"<html><head>{head}</head><body>{body}{PROSE}</body></html>")
    result = position(document, _labelled(document, chosen), read_head(document.head))
    assert document.blocks[result].text == text


def test_no_visible_and_no_declared_headline_gives_none() -> None:
    assert headline(read("<p>x</p>"), (), Claims()) == ""


def test_a_site_named_as_its_story_is_no_site_name() -> None:
    story = json.dumps({"@type": "NewsArticle", "publisher": {"name": TITLE}})
    head = f'<title>{TITLE}</title><script type="application/ld+json">{story}</script>'
    record = extract(f"<html><head>{head}</head><body><h1>{TITLE}</h1><article>{PROSE}</article></body></html>")
    assert (record.headline, record.site_name) == (TITLE, None)


@pytest.mark.parametrize("heading", ["<h1>Bridge to close {}</h1>", "<h2>Bridge to close {}</h2>"])
def test_many_headings_and_a_long_title_take_linear_time(heading: str) -> None:
    body = "".join(heading.format(number) for number in range(20_000))
    title = "Bridge to close | " * 20_000
    document = read(
        f'<html><head><title>{title}</title><meta property="og:title" content="{title}"></head><body>{body}'
    )
    labelled, claims = _labelled(document), read_head(document.head)
    start = time.process_time()
    assert headline(document, labelled, claims).startswith("Bridge to close")
    assert position(document, labelled, claims) == 0
    assert time.process_time() - start < 1


STORY = [
    "The council voted on Monday to close the bridge until the autumn, when divers will have looked at its pillars.",
    "The ferry will run twice an hour from the old quay, and the buses of the line along the river will wait for it.",
]
ABOVE = ["Home", "News", "Sport", "Ann Lister wins the night race to Skerry", "Weather"]


@pytest.mark.parametrize(
    ("above", "labels"),
    [
        (["Home > News", TITLE, "By Jane Doe", "12 April 2025"], {}),
        (["Ann Lister wins the night race to Skerry", TITLE, "12 April 2025, 10:31", "Share on all the networks we know"], {}),
        ([TITLE, "12 April 2025", "Divers look at every pillar of it"], {}),
        ([TITLE, "Von Max Mustermann"], {}),
        ([TITLE], {}),
        ([TITLE, "A drawing of the bridge from above"], {TITLE: Label.HEADLINE}),
        ([TITLE, "12 April 2025"], {"News": Label.HEADLINE}),
    ],
    ids=["byline", "date", "standfirst", "german", "bare", "labelled", "labelled-word"],
)  # fmt: skip
def test_the_headline_of_flattened_text_stands_above_date_byline_or_story(
    above: list[str], labels: dict[str, Label]
) -> None:
    lines = [*ABOVE, *above, *STORY, "More stories of the day", "12 May 2024"]
    labels = dict.fromkeys(STORY, Label.BODY) | labels
    document = read_text("\n".join(lines))
    labelled = [Labelled(block, labels.get(block.text, Label.OTHER), 0.5, "") for block in document.blocks]
    assert headline(document, labelled, Claims()) == TITLE
    assert document.blocks[position(document, labelled, Claims())].text in (TITLE, *labels)


@pytest.mark.parametrize("lines", [[], ["Home"], ["Home", "News: the day's", *STORY]])
def test_flattened_text_may_have_no_headline(lines: list[str]) -> None:
    document = read_text("\n".join(lines))
    assert headline(document, [Labelled(block, Label.OTHER, 0.5, "") for block in document.blocks], Claims()) == ""
