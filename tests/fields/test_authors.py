"""Who wrote the story: what is declared, held against the bylines that are shown."""

import json

import pytest

from scraper import extract
from scraper.block import Claims, Document, Labelled
from scraper.fields.authors import authors
from scraper.fields.claims import read_head
from scraper.label import Label
from scraper.pipeline import read

PROSE = (
    "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>" * 6
)
HEADLINE = "<h1>Bridge to close until autumn</h1>"
BRAND = '<meta property="og:site_name" content="Evening Star"><meta name="author" content="Evening Star">'


def _page(head: str = "", before: str = "", after: str = "") -> str:
    return f"<html><head>{head}</head><body><nav><a href=/>Home</a></nav>{before}<article>{PROSE}</article>{after}</body></html>"


def _unlabelled(document: Document) -> tuple[Labelled, ...]:
    return tuple(Labelled(block, Label.OTHER, 0.5, "none") for block in document.blocks)


def _read(head: str = "", before: str = "", after: str = "") -> tuple[str, ...]:
    document = read(_page(head, before, after))
    return authors(document, _unlabelled(document), read_head(document.head))


def test_declared_people_come_before_shown_ones_and_a_brand_last() -> None:
    brand = json.dumps({"@type": "NewsArticle", "author": {"name": "Evening Post"}})
    head = f'<meta property="og:site_name" content="Evening Post"><script type="application/ld+json">{brand}</script>'
    shown = "<h1>Bridge to close until autumn</h1><p class=byline>By Jane Doe</p>"
    assert extract(_page(head, shown)).authors == ("Jane Doe",)
    assert extract(_page(head, "<h1>Bridge to close until autumn</h1>")).authors == ("Evening Post",)
    person = brand.replace("Evening Post", "John Roe")
    assert extract(_page(f'<script type="application/ld+json">{person}</script>', shown)).authors == ("John Roe",)


@pytest.mark.parametrize(
    ("head", "before", "after", "expected"),
    [
        ("", HEADLINE, "<p class=author>Jane Doe says:</p>", ()),
        ("", HEADLINE + "<p>By Evening Desk</p>", "", ("Evening Desk",)),
        ("", HEADLINE + "<p>Written by</p><p>Jane Doe</p>", "", ("Jane Doe",)),
        ("", HEADLINE + "<div>By</div><div>Katie</div>", "", ("Katie",)),
        ("", HEADLINE + "<p>Text von Jane Doe</p>", "", ("Jane Doe",)),
        ("", HEADLINE + "<p>Interview: Jane Doe</p>", "", ("Jane Doe",)),
        ("", HEADLINE + "<p class=author>June 2</p>", "", ()),
        ("", HEADLINE + "<p>By jane1984 on Monday</p>", "", ("jane1984",)),
        ('<meta name="author" value="Jane Doe">', HEADLINE, "", ("Jane Doe",)),
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
def test_who_is_shown_as_author(head: str, before: str, after: str, expected: tuple[str, ...]) -> None:
    assert _read(head, before, after) == expected


def test_a_name_may_stand_beside_the_date() -> None:
    document = read(_page("", HEADLINE + "<p><b>Jane Doe</b> | <i>5 March 2024</i></p>"))
    labelled = tuple(
        Labelled(item.block, Label.DATE if "2024" in item.block.text else Label.OTHER, 0.5, "none")
        for item in _unlabelled(document)
    )
    assert authors(document, labelled, Claims()) == ("Jane Doe",)


def test_no_declared_and_no_visible_author_gives_none() -> None:
    assert authors(read("<p>x</p>"), (), Claims()) == ()


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("<p class=byline>By <a href=/staff/jd>Jane Doe</a> and John Roe</p>", ["Jane Doe", "John Roe"]),
        ("<p>By <b>Jane Doe</b>, <i>John Roe</i></p>", ["Jane Doe", "John Roe"]),
        ("<div>Published by <a href=/author/jd>Jane Doe</a> in <a href=/posts>Posts</a></div>", ["Jane Doe"]),
        ("<div>Posted in <a href=/sea>Sea Stories</a> by janed on May 3, 2024</div>", ["janed"]),
        ("<div>Veröffentlicht am <a href=/x>3. Mai 2024</a> von <a href=/author/k>katie</a></div>", ["katie"]),
        ("<div><span class='author vcard'><a href=/author/katie>Katie</a></span></div>", ["Katie"]),
        ("<ul><li class=author>Jane Doe</li><li class=author>John Roe</li></ul>", ["Jane Doe", "John Roe"]),
        ("<p>By Jane Doe</p><p>Edited by John Roe</p>", ["Jane Doe"]),
        ("<p>Text: Jane Doe, Fotos: John Roe</p>", ["Jane Doe"]),
        ("<p class=byline>Photo by John Roe</p>", []),
        ("<p class=byline>Jane Doe For The Gazette</p>", ["Jane Doe"]),
        ("<div class=author>← Previous</div><div class=author>Next →</div>", []),
        ("<div class=author>Início</div>", []),
        ("<div class=byline>كتبت: ليلى منصور</div>", ["ليلى منصور"]),
        ("<div>مأت</div><div class=byline>מאת: דנה כהן</div>", ["דנה כהן"]),
        ("<div>نویسنده: علی رضایی</div>", ["علی رضایی"]),
        ("<div>लेखक: राम कुमार</div>", ["राम कुमार"]),
        ("<div>โดย สมชาย ใจดี</div>", ["สมชาย ใจดี"]),
        ("<div class=byline>홍길동 기자</div>", ["홍길동"]),
        ("<div>取材・文／佐藤 花子</div>", ["佐藤 花子"]),
        ("<div>记者 王小明 李文华</div>", ["王小明", "李文华"]),
        ("<div>作者：王小明</div>", ["王小明"]),
    ],
)  # fmt: skip
def test_a_byline_at_the_headline(byline: str, expected: list[str]) -> None:
    assert _read("", HEADLINE + byline) == tuple(expected)


@pytest.mark.parametrize(
    "box",
    [
        "<div class='comment-author vcard'>Rita Moss</div>",
        "<li class=comment><div class=meta>By Rita Moss</div></li>",
        "<div class=cmt_list><div class=author>김철수</div></div>",
        "<div id=pinglun><span class=author>王小明</span></div>",
        "<section class=コメント><p class=author>佐藤 花子</p></section>",
        "<div class=댓글><p class=author>홍길동</p></div>",
        "<ol class=commentlist><li><a href=/author/rm>Rita Moss</a></li></ol>",
    ],
)
def test_a_commenter_is_no_author(box: str) -> None:
    assert _read("", HEADLINE, box) == ()
    assert _read("", HEADLINE + box + "<p class=byline>By Jane Doe</p>") == ("Jane Doe",)


def test_a_page_that_has_comments_has_an_author() -> None:
    page = f"<body class='comments-open comment-page'><article class=has-comments>{HEADLINE}<p>By Jane Doe</p>{PROSE}</article>"
    document = read(page)
    assert authors(document, _unlabelled(document), Claims()) == ("Jane Doe",)


@pytest.mark.parametrize(
    ("claims", "alone"),
    [
        (Claims(authors=("Sea Broadcasting Corporation",)), ("Sea Broadcasting Corporation",)),
        (Claims(authors=("Sea Voice",), brands=("Sea Voice",)), ("Sea Voice",)),
        (Claims(authors=("admin",)), ()),
        (Claims(authors=("Evening Post Staff",)), ("Evening Post Staff",)),
        (Claims(authors=("Post feed",)), ("Post feed",)),
        (Claims(authors=("Evening Post",), site_name="The Evening Post"), ("Evening Post",)),
        (Claims(authors=("Associated Press",)), ()),
    ],
)
def test_a_byline_that_names_people_beats_a_declared_brand(claims: Claims, alone: tuple[str, ...]) -> None:
    document = read(_page("", HEADLINE + "<p class=byline>By Jane Doe</p>"))
    assert authors(document, _unlabelled(document), claims) == ("Jane Doe",)
    document = read(_page("", HEADLINE))
    assert authors(document, _unlabelled(document), claims) == alone


@pytest.mark.parametrize(
    "declared", [("Jane Doe", "Evening Post"), ("Jane Doe", "Sea Desk"), ("Jane Doe, Evening Post Staff",)]
)
def test_a_brand_beside_people_is_left_out(declared: tuple[str, ...]) -> None:
    document = read(_page("", HEADLINE))
    assert authors(document, _unlabelled(document), Claims(authors=declared, site_name="Evening Post")) == ("Jane Doe",)


MARKED = '<div itemprop="author" itemscope><span itemprop="name">Jane Doe</span></div>'


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("<p class=byline>By <a rel=author href=/author/jr>John Roe</a></p>", MARKED, ("Jane Doe",)),
        ("", "<span itemprop=author>By Jane Doe</span>", ("Jane Doe",)),
        ("", f"<li class=comment>{MARKED}</li>", ()),
        ("", f"<figure>{MARKED}</figure>", ()),
        ("<p>By John Roe</p>", f"<div itemprop=author>{'Jane Doe has sailed the seas. ' * 5}</div>", ("John Roe",)),
    ],
)
def test_microdata_names_the_author(before: str, after: str, expected: tuple[str, ...]) -> None:
    assert _read("", HEADLINE + before, after) == expected
