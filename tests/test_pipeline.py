"""The whole way: bad input ends in a `ScraperError` or a record, in bounded time, and what is no article says why."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.portal import site
from scraper import (
    Article,
    Dateline,
    FetchError,
    Image,
    Label,
    NotAnArticle,
    ScraperError,
    explain,
    explain_page,
    extract,
    extract_text,
    extract_url,
)
from scraper.fields.assemble import join
from scraper.io import fetch
from scraper.io.warc import Page
from tests import gazette

STORY = (
    "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>" * 5
)


def _ends_well(page: bytes | str) -> Article | None:
    start = time.process_time()
    try:
        return extract(page, url="http://a.test/x.html")
    except ScraperError:
        return None
    finally:
        assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "page",
    [
        b"",
        "",
        "   \n",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"\xff" * 5000,
        bytes(5000),
        "<div>" * 50_000,
        "<p " + "a " * 50_000 + ">x",
        "<html><head><title>x</title></head></html>",
        "<frameset><frame src=a></frameset>",
        "word " * 2_000_000,
        "<p>" + "x" * 10_000_000,
        "\x00<p>\x00x\ud800</p>",
        "<html><head><script type='application/ld+json'>" + "[" * 100_000 + "</script></head><p>x",
        '<script type="application/ld+json">{"@type":"NewsArticle","author":[[[]]],"image":[],"datePublished":5}</script>'
        + STORY,
    ],
    ids=lambda page: repr(page[:24]),
)
def test_bad_input_ends_well(page: bytes | str) -> None:
    _ends_well(page)


@pytest.mark.parametrize("url", ["http://[x", "http://x]y/", "\x00", "not an address", "", "http://a.test:port/"])
def test_an_address_that_is_invalid_does_no_harm(url: str) -> None:
    page = f'<a href="x.html">x</a><link rel=canonical href="http://a]b/"><h1>Bridge to close</h1>{STORY}'
    assert extract(page, url=url).body
    assert extract_text("Bridge to close\n" + "The council voted on Monday to close the bridge. " * 5, url=url).body


@pytest.mark.parametrize("page", [None, 5, ["<p>x"], object()])
def test_other_types_are_refused(page: object) -> None:
    for function in (extract, extract_text, explain):
        with pytest.raises(ScraperError):
            function(page)  # type: ignore[operator]


@pytest.mark.parametrize("expected", [{"url": 5}, {"url": b"http://a.test/"}, {"content_type": b"text/html"}])
def test_what_is_reported_of_a_page_is_text(expected: dict[str, object]) -> None:
    functions = (extract, explain, explain_page) if "content_type" in expected else (extract, extract_text, explain)
    for function in functions:
        with pytest.raises(ScraperError, match=f"{next(iter(expected))} must be str or None, not "):
            function(STORY, **expected)  # type: ignore[operator]


@settings(max_examples=150)
@given(st.data())
def test_damaged_pages_end_well(portal_pages: dict[str, site.Page], data: st.DataObject) -> None:
    """Cut, doubled, and with bytes changed: real pages of the portal, and nothing but a `ScraperError` comes out."""
    page = portal_pages[data.draw(st.sampled_from(sorted(portal_pages)))].body
    start = data.draw(st.integers(0, len(page)))
    stop = data.draw(st.integers(start, len(page)))
    put = data.draw(
        st.binary(max_size=8)
        | st.sampled_from([b"<div>" * 50, b"</p>", b"<!--", b"<script>", b"&#0;", b"\xed\xa0\x80"])
    )
    for damaged in (page[:start] + put + page[stop:], page[start:stop] * 2, page[:start] + put + page[start:]):
        article = _ends_well(damaged)
        if article is not None:
            assert Article.from_json(article.to_json()) == article


@settings(max_examples=200)
@given(st.text(st.characters(), max_size=200))
def test_any_text_ends_well(text: str) -> None:
    for function in (extract, extract_text):
        with contextlib.suppress(ScraperError):
            assert isinstance(function(text), Article)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<p>", "empty"),
        (
            "<title>404 Not Found</title><h1>Not Found</h1><p>The requested URL was not found on this server.</p>",
            "error page",
        ),
        ("<title>Just a moment...</title><p>Verifying you are human. This may take a few seconds.</p>", "blocked"),
        ("<title>Sign in</title><h1>Members</h1><p>Please log in to continue reading this site.</p>", "blocked"),
        ("<h1>News</h1><ul>" + "<li><a href=/a>A title of some eight words or so</a>" * 20 + "</ul>", "listing"),
    ],
)
def test_a_non_article_is_refused_with_its_reason(page: str, reason: str) -> None:
    with pytest.raises(NotAnArticle) as caught:
        extract(page)
    assert caught.value.reason == reason


def test_non_articles_of_the_portal_are_refused_with_their_reasons(portal_pages: dict[str, site.Page]) -> None:
    for path, reason in site.skipped().items():
        page = portal_pages[path]
        with pytest.raises(NotAnArticle) as caught:
            extract(page.body, url=f"http://portal.test{path}", content_type=page.content_type)
        assert (path, caught.value.reason) == (path, reason)


def test_explain_gives_each_block_once_and_in_order(portal_pages: dict[str, site.Page]) -> None:
    page = portal_pages["/html/961a89698142.html"]
    labelled = explain(page.body, url="http://portal.test/html/961a89698142.html")
    elements = [item.block.element for item in labelled]
    assert elements == sorted(elements, key=elements.index)
    assert {Label.HEADLINE, Label.BODY, Label.RELATED, Label.RANKING, Label.RECOMMENDATION} <= {
        item.label for item in labelled
    }
    assert all(0 <= item.score <= 1 and item.reason for item in labelled)


def test_parts_of_a_story_become_one_record() -> None:
    first, second = Image("http://a.test/1.jpg", "First."), Image("http://a.test/2.jpg")
    parts = [
        Article(headline="A", body=("One.",), body_types=("standfirst",), images=(first,)),
        Article(
            headline="A(2)",
            dateline=Dateline("OSLO — "),
            body=("Two.", "a\nb"),
            body_types=("quote", "code"),
            images=(Image(first.url), second),
        ),
    ]
    whole = join(parts)
    assert (whole.headline, whole.body) == ("A", ("One.", "OSLO — Two.", "a\nb"))
    assert whole.body_types == ("standfirst", "quote", "code")
    assert whole.images == (first, second)
    assert join(parts[:1]) == parts[0]


def test_a_url_is_fetched_and_extracted(monkeypatch):
    page = Page("https://gazette.example/3", gazette.page(3)[0].encode(), "text/html; charset=utf-8", None, 200)
    monkeypatch.setattr(fetch, "fetch", lambda url: page if url == "https://gazette.example/old" else None)
    story = extract_url("https://gazette.example/old")
    assert (story.url, story.headline) == ("https://gazette.example/3", "River 3 repaired at last")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://gazette.example/", "nonsense", ""])
def test_a_url_that_must_not_be_fetched_is_an_error(url):
    with pytest.raises(FetchError):
        extract_url(url)
