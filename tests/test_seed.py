"""The page by which the portal is known, where it is at hand: as text, and put back into the markup it came from."""

import html
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from scraper import Article, extract, extract_text

SEED = Path(__file__).parents[2] / "shared" / "seed-page.txt"
pytestmark = pytest.mark.skipif(not SEED.exists(), reason="the portal's sample page is not at hand")
KINDS = {"related": ("Related", 10), "ranking": ("Ranking", 8), "recommendation": ("Recommendation", 8)}


class Seed(NamedTuple):
    """The sample's lines, by what they are."""

    headline: str
    body: list[str]
    lists: dict[str, list[str]]


@pytest.fixture(scope="module")
def text() -> str:
    return SEED.read_text("utf-8")


@pytest.fixture(scope="module")
def seed(text: str) -> Seed:
    lines = [line for line in text.splitlines() if line.strip()]
    starts = {kind: lines.index(heading) + 1 for kind, (heading, _) in KINDS.items()}
    lists = {kind: [line.removeprefix("- ") for line in lines[at : at + KINDS[kind][1]]] for kind, at in starts.items()}
    return Seed(lines[1], lines[4 : lines.index("veryGood! (527)")], lists)


def check(article: Article, seed: Seed) -> None:
    assert article.headline == seed.headline
    assert (article.section, article.site_name) == ("Stocks", "FinTechWorld")
    assert article.date_published == datetime(2025, 4, 12, 10, 31, 20)
    assert article.date_published_raw == "2025-04-12 10:31:20"
    assert article.dateline is not None
    assert article.dateline.raw == "SEOUL, South Korea (AP) — "
    assert (article.dateline.place, article.dateline.agency) == ("SEOUL, South Korea", "AP")
    assert len(article.body) == 13
    assert article.text.split("\n") == seed.body
    assert (article.like_count, article.view_count, article.authors) == (527, None, ())
    assert {
        kind: [link.text for link in links] for kind, links in article.sidebar.items() if kind in KINDS
    } == seed.lists
    assert article.extraction.warnings == ()


# How the theme sets the line under the title; the sample's text does not tell which.
METAS = {
    "break": '<p class="bloginfo"><i class="avatar"><img src="/a.jpg"></i><span></span>View<br>Date:{date}</p>',
    "break-spans": '<p class="bloginfo"><span></span><span>View</span><br/><span>Date:{date}</span></p>',
    "break-script": '<p class="bloginfo"><span></span>View<script src="/hits.js"></script><br>Date:{date}</p>',
    "two-paragraphs": '<p class="bloginfo"><span></span> View</p>\n<p class="bloginfo">Date:{date}</p>',
    "divisions": '<div class="bloginfo"><div>View</div><div>Date:{date}</div></div>',
}
PICTURE = '<section class="topnews imgscale"><a href="/html/9.html"><img src="/9.jpg"></a></section>'
SHARE = '<p>Tags：<a href="/tags/1">trade</a></p><p class="share"><b>Reprint：</b>please keep the link to this page</p>'
NEXT = """<div class="nextinfo"><p>Previous：<a href="/html/7.html">The story before</a></p>
<p>Next：<a href="/html/8.html">The story after</a></p></div>"""
GBOOK = """<div class="whitebg gbook"><h2 class="htitle">Comments</h2>
<ul><li>Log in to leave your thoughts on this story here</li></ul></div>"""
BESIDE = """<div class="ad whitebg imgscale"><ul><a href="http://ad.example/"><img src="/ad.gif"></a></ul></div>
<div class="whitebg cloud"><h2 class="htitle">Tags</h2>
<ul><a href="/tags/1">trade</a> <a href="/tags/2">weather</a></ul></div>
<div class="whitebg wenzi"><h2 class="htitle">Guess you like</h2>
<ul><li><a href="/html/6.html">A story for everyone</a></li></ul></div>
<div class="links"><h2 class="htitle">Friend links</h2>
<ul><li><a href="http://friend.example/">A friendly site</a></li></ul></div>"""
HEADER = '<header><nav><a href="/">Home</a><a href="/stocks/">Stocks</a><a href="/my/">My</a></nav></header>'
FOOTER = """<footer><p>Copyright © 2025 FinTechWorld. All rights reserved.</p>
<a href="#"><div class="top">Top</div></a></footer>"""


def entries(texts: list[str], shape: str) -> str:
    return "\n".join(shape.format(text=html.escape(text, quote=False), n=n) for n, text in enumerate(texts, 1))


def box(kind: str, seed: Seed, shape: str, noise: bool) -> str:
    heading = f'<h2 class="htitle">{KINDS[kind][0]}</h2>'
    return f"{heading}{PICTURE * noise}<ul>{entries(seed.lists[kind], shape)}</ul>"


def theme_page(seed: Seed, meta: str, noise: bool) -> str:
    """Put the sample's texts into the theme's article page, with or without the boxes the sample does not show."""
    title = html.escape(seed.headline, quote=False)
    related = box("related", seed, '<li><a href="/html/1{n}.html" title="{text}">{text}</a></li>', False)
    ranking = box("ranking", seed, '<li><i></i><a href="/html/2{n}.html">{text}</a></li>', noise)
    advice = box(
        "recommendation", seed, '<li><a href="/html/3{n}.html"><i><img src="/{n}.jpg"></i><p>{text}</p></a></li>', noise
    )
    crumbs = 'Current:<a href="/">Home</a>&nbsp;>&nbsp;<a href="/stocks/">Stocks</a>'
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} -FinTechWorld</title></head>
<body>{HEADER * noise}<article><div class="lbox"><div class="content_box whitebg">
<h2 class="htitle"><span class="con_nav">{crumbs}</span>{title} -FinTechWorld</h2>
<h1 class="con_tilte">{title}</h1>
{meta.format(date="2025-04-12 10:31:20")}
<div class="con_text">
{entries(seed.body, "<p>{text}</p>")}
{SHARE * noise}<p><span class="diggit">veryGood! (527)</span></p>
{NEXT * noise}</div></div>
<div class="whitebg otherbox">{related.replace("<ul>", '<ul class="otherlink">')}</div>{GBOOK * noise}</div>
<div class="rbox"><div class="whitebg paihang">{ranking}</div><div class="whitebg tuijian">{advice}</div>
{BESIDE * noise}</div>
</article>{FOOTER * noise}</body></html>"""


def without_names(page: str) -> str:
    return re.sub(r' (?:class|id)="[^"]*"', "", page)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\n\n"], ids=["lf", "crlf", "blank-lines"])
def test_text(text: str, seed: Seed, line_end: str) -> None:
    check(extract_text(text.replace("\n", line_end)), seed)


@pytest.mark.parametrize("meta", METAS.values(), ids=METAS)
@pytest.mark.parametrize("noise", [False, True], ids=["bare", "every-box"])
@pytest.mark.parametrize("names", [str, without_names], ids=["names", "no-names"])
def test_markup(seed: Seed, meta: str, noise: bool, names: Callable[[str], str]) -> None:
    check(extract(names(theme_page(seed, meta, noise))), seed)


def test_addresses_are_absolute(seed: Seed) -> None:
    page = theme_page(seed, METAS["break"], noise=True)
    article = extract(page.encode(), url="http://portal.example/html/855c73898406.html")
    assert [link.url for link in article.sidebar["related"]] == [
        f"http://portal.example/html/1{n}.html" for n in range(1, 11)
    ]
    assert article.url == "http://portal.example/html/855c73898406.html"
