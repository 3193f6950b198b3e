"""Which page of a split story follows which, by addresses and by what the pages show."""

import time

import pytest

from scraper.article import Article
from scraper.pipeline import read
from scraper.stories.identity import body_digest
from scraper.stories.parts import Place, belongs, place

HOST = "http://p.test"


def _place(url, *links, head=""):
    """Find the place of a page by (href, text) pairs, or by links with their number for a text."""
    pairs = [link if isinstance(link, tuple) else (link, "More about the ferry") for link in links]
    shown = "".join(f'<p><a href="{href}">{text}</a></p>' for href, text in pairs)
    return place(read(f"<html><head>{head}</head><body><p>Text.</p>{shown}</body></html>", url=url), url)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("/html/1.html", "/html/1_2.html"),
        ("/html/1_2.html", "/html/1_3.html"),
        ("/html/1_9.html", "/html/1_10.html"),
        ("/a/story.php?id=7", "/a/story_2.php?id=7"),
    ],
)
def test_a_number_behind_a_low_line_says_enough(url, link):
    assert _place(HOST + url, link).following == HOST + link
    assert _place(HOST + url, link).parts == (HOST + link,)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("/html/1.html", "/html/1_3.html"),
        ("/html/1_2.html", "/html/1.html"),
        ("/html/1.html", "/news/1_2.html"),
        ("/html/1.html", "/html/12.html"),
        ("/html/1_02.html", "/html/1_03.html"),
        ("/stocks/index.html", "/stocks/index_2.html"),
        ("/html/1.html?id=1", "/html/1_2.html?id=2"),
        ("/html/1.html?id=1", "/html/1.html?id=2"),
        ("/html/1.html", "http://p.test:81/html/1_2.html"),
        ("/html/1.html", "/html/1.html"),
    ],
)
def test_other_numbers_do_not(url, link):
    assert _place(HOST + url, link).following is None


_PAIRS = (
    ("/news/long-1/", "/news/long-1/2/"),
    ("/news/long-1/", "/news/long-1/page/2/"),
    ("/news/long-1/", "/news/long-1/?page=2"),
    ("/news/long", "/news/long/2"),
    ("/b/long.html", "/b/long.html?page=2"),
    ("/b/long.html", "/b/long.html/2"),
    ("/b/long.php?id=7", "/b/long.php?id=7&page=2"),
    ("/c/long", "/c/long?p=2"),
    ("/c/long", "/c/long-2"),
    ("/g/long.html", "/g/long-2.html"),
    ("/h/long/", "/h/long/index_2.html"),
    ("/h/long/index.html", "/h/long/2.html"),
)


@pytest.mark.parametrize(("first", "second"), _PAIRS)
def test_other_forms_need_a_link_as_pagers_show_it(first, second):
    assert _place(HOST + first, second) == Place()
    for text in ("2", "[2]", "Page 2", "Next page", "下一页", "»"):
        assert _place(HOST + first, (second, text)).following == HOST + second
    declared = f'<link rel="next" href="{second}">'
    assert _place(HOST + first, head=declared).following == HOST + second
    assert _place(HOST + first, (second, "2")).parts == (HOST + second,)


@pytest.mark.parametrize(("first", "second"), _PAIRS)
def test_a_later_page_leads_to_the_first_and_onward(first, second):
    third = second.replace("2", "3")
    result = _place(HOST + second, (first, "1"), (third, "3"))
    assert (result.first, result.onward, result.following) == (HOST + first, HOST + third, None)
    assert _place(HOST + second, first).first is None


def test_a_later_page_by_its_low_line_leads_to_the_first():
    url = f"{HOST}/html/1_2.html"
    assert _place(url, "/html/1.html").first == f"{HOST}/html/1.html"
    assert _place(url, "/", "/html/1_3.html").first == f"{HOST}/html/1.html"
    assert _place(url, "/html/1_2.html", "/html/2.html").first is None
    assert _place(f"{HOST}/html/1.html", "/html/1_2.html").first is None
    assert _place(f"{HOST}/html/a_2.html?x=1", "/html/a.html?x=1").first == f"{HOST}/html/a.html?x=1"
    assert _place(f"{HOST}/html/a_2.html?x=1", "/html/a.html").first is None


def test_the_next_story_of_a_blog_is_no_part():
    head = '<link rel="next" href="/blog/the-next-one/">'
    assert _place(f"{HOST}/blog/this-one/", ("/blog/the-next-one/", "Next"), head=head) == Place()
    assert _place(f"{HOST}/blog/12", ("/blog/13", "13")).following is None


@pytest.mark.parametrize(
    ("headline", "body", "belonging"),
    [
        ("Ships counted", "Second.", True),
        ("Ships counted(2)", "Second.", True),
        ("Ships counted (12)", "Second.", True),
        ("Trains counted", "Second.", False),
        ("Ships counted", "First.", False),
    ],
)
def test_a_part_has_the_headline_of_its_story_and_a_text_of_its_own(headline, body, belonging):
    first = body_digest(Article(headline="Ships counted", body=("First.",)))
    assert belongs("Ships counted", {first}, Article(headline=headline, body=(body,))) is belonging


@pytest.mark.parametrize("size", [20_000])
def test_many_links_are_cheap(size):
    document = read("".join(f'<a href="/a/long-{n}.html">{n}</a>' for n in range(size)), url=HOST)
    start = time.process_time()
    place(document, f"{HOST}/a/long.html")
    assert time.process_time() - start < 4
