"""When a story was published and changed: what is declared, what is shown, and which of the two is believed."""

import json
from datetime import datetime

import pytest

from scraper.block import Claims, Document, Labelled
from scraper.fields.claims import read_head
from scraper.fields.publication import modified, published
from scraper.label import Label
from scraper.pipeline import read

PROSE = "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>"
H1 = "<h1>Bridge to close until autumn</h1>"
LINE = "<p>A line of the story that tells of nothing in particular, and of no day.</p>"


def _labelled(document: Document, **labels: Label) -> list[Labelled]:
    """Label blocks by the words that they begin with; the rest as `other`."""
    label = {text.replace("_", " "): label for text, label in labels.items()}
    return [
        Labelled(
            block, next((kind for text, kind in label.items() if block.text.startswith(text)), Label.OTHER), 0.5, ""
        )
        for block in document.blocks
    ]


def _read(
    body: str, head: str = "", url: str | None = None, lang: str = "en", **labels: Label
) -> tuple[datetime | None, datetime | None]:
    page = f"<html lang={lang}><head>{head}</head><body>{body}<article>{PROSE * 3}</article></body></html>"
    document = read(page, url=url)
    claims, labelled = read_head(document.head), _labelled(document, **labels)
    return published(document, labelled, claims)[1], modified(document, labelled, claims)


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _meta(name: str, value: str) -> str:
    return f'<meta property="{name}" content="{value}">'


TWO = _meta("article:published_time", "2025-04-02T10:00") + '<meta name="date" content="2025-04-12T10:00">'


@pytest.mark.parametrize(
    ("head", "body", "url", "date"),
    [
        (_meta("article:published_time", "2025-04-12T10:31:20+02:00"), "<time datetime=2024-01-01>x</time>", None,
         "2025-04-12T10:31:20+02:00"),
        ("", f"{H1}<time datetime='2025-04-12T08:00'>Saturday</time>", None, "2025-04-12T08:00:00"),
        ("", f"{H1}<p>April 12, 2025</p>", None, "2025-04-12T00:00:00"),
        ("", H1, "http://a.test/2025/04/12/bridge/", "2025-04-12T00:00:00"),
        ("", H1, "http://a.test/bridge-20250412.html", "2025-04-12T00:00:00"),
        ("", f"{H1}<p>Oct. 26</p>", None, None),
        ("", f"{H1}<p>12 April 2025</p>" + "<p>A line between</p>" * 20 + "<time datetime=2024-01-01>x</time>", None,
         "2025-04-12T00:00:00"),
        ("", f"{H1}<p>The bridge was opened on 1 May 1999 by the mayor, who is said to have wept at the sight of it.</p>",
         "http://a.test/2025/04/12/bridge/", "2025-04-12T00:00:00"),
        (TWO, f"{H1}<p>12 April 2025</p>", None, "2025-04-12T10:00:00"),
        (TWO, H1, None, "2025-04-02T10:00:00"),
        (TWO.replace("-12T10", "-03T09"), f"{H1}<p>2 April 2025</p>", None, "2025-04-02T10:00:00"),
    ],
)  # fmt: skip
def test_the_sources_in_their_order(head: str, body: str, url: str | None, date: str | None) -> None:
    assert _read(body, head, url)[0] == _at(date)


@pytest.mark.parametrize(
    ("body", "first", "last"),
    [
        ("<p>Last updated 17 May 2024 at 08:00 | Published 14 May 2024 at 07:00</p>", "2024-05-14T07:00", "2024-05-17T08:00"),
        ("<p>Updated: 17 May 2024</p><p>Published: 14 May 2024</p>", "2024-05-14", "2024-05-17"),
        ("<p>Aktualisiert am 17.05.2024, erschienen am 14.05.2024</p>", "2024-05-14", "2024-05-17"),
        ("<p>14/05/2024 01:57 | Actualizado a 17/05/2024 19:20</p>", "2024-05-14T01:57", "2024-05-17T19:20"),
        ("<p>2024年5月14日 公開 2024年5月17日 更新</p>", "2024-05-14", "2024-05-17"),
        ("<p>更新日：2024年5月17日</p><p>公開日：2024年5月14日</p>", "2024-05-14", "2024-05-17"),
        ("<p>Опубликовано: 14 мая 2024</p><p>Обновлено: 17 мая 2024</p>", "2024-05-14", "2024-05-17"),
        ("<p>Updated</p><p>17 May 2024</p><p>Published</p><p>14 May 2024</p>", "2024-05-14", "2024-05-17"),
        ("<p><time class=entry-date datetime=2024-05-17>May 17, 2024</time><time>May 14, 2024</time></p>", "2024-05-14", "2024-05-17"),
        ("<p><time itemprop=dateModified datetime=2024-05-17>17 May</time></p><p>14 May 2024</p>", "2024-05-14", "2024-05-17"),
        ("<p><span class=last-updated>May 17, 2024</span></p><p>May 14, 2024</p>", "2024-05-14", "2024-05-17"),
        ("<p>Edited by Jane Doe, 14 May 2024</p>", "2024-05-14", None),
        ("<p>Updated 17 May 2024</p>", "2024-05-17", "2024-05-17"),
        ("<p>14 May 2024</p>", "2024-05-14", None),
    ],
)  # fmt: skip
def test_the_update_is_not_the_publication(body: str, first: str, last: str | None) -> None:
    assert _read(H1 + body, lang="es") == (_at(first), _at(last))


def test_the_declared_change_comes_before_the_one_shown() -> None:
    head = _meta("article:modified_time", "2024-05-18T09:00:00+02:00")
    assert _read(H1 + "<p>Updated 17 May 2024</p>", head)[1] == _at("2024-05-18T09:00:00+02:00")


COMMENTS = (
    "<div class=comment-meta><time datetime='2024-05-15T10:00'>May 15, 2024</time></div>"
    "<p>Four million pounds for mud!</p>"
)


@pytest.mark.parametrize(
    "body",
    [
        H1 + "<p>8 hours ago</p>" + LINE * 20 + COMMENTS,
        H1 + "<p>8 hours ago</p>" + COMMENTS,
        H1 + "<p>vor 3 Stunden</p>" + "<ol class=comment-list><li>Ann, 15 May 2024</li></ol>",
        H1 + "<p>8 hours ago</p><blockquote><p>What a bridge! 15 May 2024</p></blockquote>",
        H1 + "<p>8 hours ago</p><p>— The Bridge (@bridge) May 15, 2024</p>",
    ],
)
def test_the_date_of_a_comment_or_a_quoted_post_is_not_the_story_s(body: str) -> None:
    assert _read(body) == (None, None)


@pytest.mark.parametrize("label", [Label.COMMENT, Label.RELATED, Label.RANKING, Label.LATEST, Label.MORE])
def test_the_date_of_another_story_is_not_the_story_s(label: Label) -> None:
    body = H1 + LINE * 5 + "<p>Read on: 15 May 2024</p>"
    assert _read(body, Read_on=label) == (None, None)
    assert _read(body)[0] == _at("2024-05-15")
    assert _read(H1 + "<p>Read on: 15 May 2024</p>", Read_on=label)[0] == _at("2024-05-15")  # right below the headline


@pytest.mark.parametrize(
    ("url", "shown", "date"),
    [
        ("https://a.test/2018/05/25/canal-912343.html", "May 17, 2018 at 9:53 AM", "2018-05-17T09:53"),
        ("https://a.test/world-europe-20121014", "29 October 2012", "2012-10-29"),
        ("https://a.test/20121014/canal", "29 October 2012", "2012-10-29"),
        ("https://a.test/2018/05/17/canal", "May 17, 2018 at 9:53 AM", "2018-05-17T09:53"),
    ],
)
def test_the_date_shown_comes_before_the_one_in_the_address(url: str, shown: str, date: str) -> None:
    assert _read(f"{H1}<p>{shown}</p>", url=url)[0] == _at(date)


def test_the_address_tells_which_of_the_dates_shown_is_the_story_s() -> None:
    body = f"{H1}<p>Autumn fair: 3 October 2018</p><p>17 May 2018, 9:53</p>"
    assert _read(body, url="https://a.test/2018/05/17/canal")[0] == _at("2018-05-17T09:53")


def test_a_distant_visible_date_precedes_a_declared_change() -> None:
    head = _meta("og:updated_time", "2024-05-17T08:00:00+00:00")
    assert _read(H1 + LINE * 60 + "<p>Posted on 14 May 2024</p>", head)[0] == _at("2024-05-14")
    assert _read(H1 + LINE * 60 + "<p>14 May 2024</p>", head)[0] == _at("2024-05-14")
    assert _read(H1, head)[0] == _at("2024-05-17T08:00:00+00:00")


@pytest.mark.parametrize(
    "element",
    [
        "<abbr class=published title='2012-10-29T09:53:00'>yesterday</abbr>",
        "<span title='2012-10-29 09:53'>3 hours ago</span>",
        "<relative-time datetime='2012-10-29T09:53'>3 hours ago</relative-time>",
    ],
)
def test_what_an_element_says_of_its_date_to_machines(element: str) -> None:
    assert _read(f"{H1}<p>{element}</p>")[0] == _at("2012-10-29T09:53")
    assert _read(f"{H1}<p>The <abbr title='World Health Organization 2012'>WHO</abbr> said</p>")[0] is None


@pytest.mark.parametrize(
    ("lang", "url", "more", "date"),
    [
        ("en", "https://a.test/", "", None),
        ("en-US", "https://a.test/", "", "2023-03-04"),
        ("en-GB", "https://a.test/", "", "2023-04-03"),
        ("en", "https://a.test.uk/", "", "2023-04-03"),
        ("en", "https://a.test/", "<p>25/12/2022</p>", "2023-04-03"),
        ("en", "https://a.test/", "<p>12/25/2022</p>", "2023-03-04"),
    ],
)
def test_language_host_and_other_dates_order_day_and_month(lang: str, url: str, more: str, date: str | None) -> None:
    body = f"{H1}<p>Posted: 03/04/2023</p>" + LINE * 30 + more
    assert _read(body, url=url, lang=lang, **{"25/12": Label.MORE, "12/25": Label.MORE})[0] == _at(date)


@pytest.mark.parametrize(
    ("declared", "shown", "date"),
    [
        # the day at the portal, where it is another than in UTC
        ("2023-11-09T01:49:09Z", "November 8, 2023 at 5:49 p.m.", "2023-11-08T17:49:09-08:00"),
        ("2023-12-25T22:03:00Z", "December 26, 2023 - 9:03AM", "2023-12-26T09:03:00+11:00"),
        ("2023-12-19T02:41:41+00:00", "December 18, 2023", "2023-12-18T00:00"),
        ("2023-12-22T18:30:00Z", "<time datetime=2023-12-23T05:30:00+11:00>23 December 2023</time>", "2023-12-23T05:30:00+11:00"),
        ("2023-12-22T18:30:00Z", "<time datetime=2023-12-22T13:30:00-05:00>22 December 2023</time>", "2023-12-22T13:30:00-05:00"),
        ("2023-12-19T02:41:41+01:00", "Updated December 18, 2023", "2023-12-19T02:41:41+01:00"),
        # two readings of one date
        ("11/01/2023 12:43:42", "Erstellt am: 01.11.2023", "2023-11-01T12:43:42"),
        ("2024-09-10T16:07:00", "09.10.2024", "2024-09-10T16:07:00"),
        # an import, a change of the software
        ("2025-11-20T16:02:46Z", "May 14, 2025", "2025-05-14"),
        ("2025-11-20T16:02:46Z", "Published May 14, 2025", "2025-05-14"),
        # nothing surer
        ("2025-11-20T16:02:46+00:00", "Updated November 24, 2025", "2025-11-20T16:02:46+00:00"),
        ("2025-11-20T16:02:46+00:00", "May 14, 2025</p><p>May 16, 2025", "2025-11-20T16:02:46+00:00"),
        ("2025-11-20T16:02:46+00:00", "", "2025-11-20T16:02:46+00:00"),
    ],
)  # fmt: skip
def test_the_declared_date_is_corrected_by_what_is_shown(declared: str, shown: str, date: str) -> None:
    assert _read(f"{H1}<p>{shown}</p>", _meta("article:published_time", declared), lang="de")[0] == _at(date)


def test_a_date_that_is_declared_as_a_change_does_not_correct_the_declared_publication() -> None:
    head = _meta("article:published_time", "2025-05-14T16:02") + _meta("article:modified_time", "2025-11-20T08:00")
    assert _read(H1 + "<p>November 20, 2025</p>", head) == (_at("2025-05-14T16:02"), _at("2025-11-20T08:00"))


@pytest.mark.parametrize(
    ("state", "date"),
    [
        ('{"datePublished":"2024-03-05T10:00:00"', "2024-03-05T10:00:00"),
        ('{\\"publishDate\\":\\"2024-03-05\\"', "2024-03-05"),
        ('{"first_published_at": "2024-03-05"', "2024-03-05"),
        ('{"createdAt":"2024-03-05"', None),
    ],
)
def test_the_state_that_scripts_hold_is_the_last_resort(state: str, date: str | None) -> None:
    script = f"<script>window.page = {state}, 'rest': '{'x' * 500}'}}</script>"
    assert _read(H1, script)[0] == _at(date)
    assert _read(H1 + "<time datetime=2024-03-07>7 March 2024</time>", script)[0] == _at("2024-03-07")


def test_no_declared_and_no_visible_date_gives_none() -> None:
    document = read("<p>x</p>")
    assert published(document, (), Claims()) == (None, None)
    assert published(document, (), Claims(published=("soon",))) == ("soon", None)
    assert modified(document, (), Claims(modified=("soon",))) is None


def test_many_dates_take_linear_time() -> None:
    document = read(f"{H1}{'<p>Updated 3/4/2023, by us</p>' * 20_000}")
    labelled = _labelled(document)
    assert published(document, labelled, Claims(language="en"))[1] is None
    story = {"@type": "NewsArticle", "datePublished": "2025-11-20"}
    page = read(f'<script type="application/ld+json">{json.dumps(story)}</script>{H1}{"<p>3 May 2025</p>" * 20_000}')
    assert published(page, _labelled(page), read_head(page.head))[1] == _at("2025-11-20")
