"""The look at a page before it is parsed: what would hold the parser up is refused, what people write is not."""

import time

import pytest

from scraper import ScraperError
from scraper.segment.html import segment_html
from scraper.segment.limits import MAX_DEPTH, check

N = 30_000
NESTED = "<div>" * N

# The parser would nest each of these N times or more, or open N elements again; a cheap look thinks them flat.
DANGEROUS = {
    "ruby text": "<rt>" * N,
    "ruby parenthesis": "<rp>" * N,
    "option group": "<optgroup>" * N,
    "option group with options": "<optgroup><option>" * N,
    "block in a link": "<a><div></a>" * N,
    "block in a span": "<span><div></span>" * N,
    "block in nobr": "<nobr><div></nobr>" * N,
    "block in an unknown element": "<x-y><div></x-y>" * N,
    "noscript in a list of terms": "<dd>x<noscript>" * N,
    "noscript in a span": "<span><noscript></span>" * N,
    "paragraph ended by a block": "<p><div></div><x-y>" * N,
    "paragraph ended by a rule": "<p><hr><x-y>" * N,
    "paragraph ended by a table": "<!DOCTYPE html><p><table></table><x-y>" * N,
    "paragraph ended by ruby": "<ruby><p><rp>" * N,
    "term ended in a block": "<dd><div></dd><div>" * N,
    "formatting ended in a block": "<b><div></b></div>" * 9 + "<div><b></div><x-y>" * N,
    "block in a form": "<form><div></form>" * N,
    "table in a block": "<div><table></div>" * N,
    "template in a block": "<div><template></div>" * N,
    "list in an item": "<li><ul></li>" * N,
    "end tag of a cell without a cell": "<table>" + "<div></td>" * N,
    "end tag of a row without a row": "<table>" + "<div></tr>" * N,
    "body again and again": "<body><div></body>" * N,
    "elements of SVG in HTML": "<svg></svg>" + "<g/>" * N,
    "cells in SVG": "<svg>" + "<td>" * N,
    "void elements in SVG": "<svg>" + "<input>" * N,
    "text of a formula": "<math><mi>" + "<mi><div></mi>" * N,
    "title of a formula": "<math>" + "<title>" * N,
    "style of an image": "<svg><style>" + "<g>" * N,
    "slash that ends a value": "<svg>" + "<g x=a/>" * N,
    "comment of no length": "<!-->" + NESTED,
    "comment of one dash": "<!--->" + NESTED,
    "comment with a late sign": "<!-- x --!>" + NESTED,
    "end tags in comments": "<div><!--</div>-->" * N,
    "end tags in attributes": "<div title='</div>'>" * N,
    "declaration with a comment": '<!x a="<!--">' + NESTED,
    "name that is an equals sign": '<p ="><p>">' + NESTED,
    "quote within a value": '<p x=y="><p>' + NESTED,
    "script in a script": "<script><!--<script></script><!--</script>" + NESTED,
    "other end tag in a style": "<style></title><!--</style>" + NESTED,
    "formatting closed by another": "".join(f"<b id={n}></i>" for n in range(N)),
    "formatting closed beforehand": "</b>" * 3_000 + "".join(f"<b id={n}>" for n in range(3_000)) + "<p>x" * 3_000,
    "formatting opened again often": "".join(f"<b id={n}>" for n in range(400)) + "<p>x</p>" * 15_000,
}
HARMLESS = {
    "items": "<ul>" + "<li>x" * N,
    "items with paragraphs": "<ul>" + "<li><p>x<span>y" * N,
    "items with blocks": "<ul>" + "<li><div><p>x" * N,
    "terms": "<dl>" + "<dt>x<dd>y" * N,
    "rows": "<table>" + "<tr><td>x<td><div>y" * N,
    "options": "<select>" + "<option>x" * N,
    "paragraphs": "<p>x<br>" * N,
    "blocks in paragraphs": "<p>x<div>y</div>" * N,
    "spans in closed paragraphs": "<p><span>x</p>" * N,
    "ruby": "<p>" + "<ruby>漢<rp>(<rt>かん<rp>)</ruby>" * N,
    "paths": "<svg>" + '<path d="M0 0"/>' * N + "</svg>",
    "images": '<svg><title/><style><![CDATA[a>b{}]]></style><g><path d="M0"/></g></svg>' * N,
    "broken images": "<div><svg><g></div>" + "<svg><path/></svg><p>x</p>" * N,
    "rules": "<p>x<hr>" * N,
    "comments": "<!-- <div> -->" * N,
    "scripts": "<script>'<div>'+\"<b>\"</script>" * N,
    "script with links": "<script>" + "'<a href=x>'+" * N + "</script>",
    "formatting": "<p><b><i>x</b></i></p>" * N,
    "headings": "<h1>x</h2>" * N,
}


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_would_hold_the_parser_up_is_refused_quickly(name: str) -> None:
    start = time.process_time()
    with pytest.raises(ScraperError):
        check(DANGEROUS[name])
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", HARMLESS)
def test_long_but_flat_pages_pass(name: str) -> None:
    start = time.process_time()
    check(HARMLESS[name])
    assert time.process_time() - start < 4


def test_depth_is_limited_only_in_pages_of_many_tags() -> None:
    flat = "<p>x</p>" * 15_000
    check(flat + "<div>" * (MAX_DEPTH - 1))
    with pytest.raises(ScraperError):
        check(flat + "<div>" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("tag", ["main", "article", "ul", "x-own"])
def test_depth_is_limited_in_pages_of_many_start_tags(tag: str) -> None:
    check(f"<{tag}>x</{tag}>" * 9_000)  # 18,000 tags, none inside another
    with pytest.raises(ScraperError, match="nested"):
        check(f"<{tag}>x" * 12_000)


def test_names_do_not_grow_with_the_depth() -> None:
    words = [f"class-{n}-{'x' * 400}" for n in range(200)]
    html = "".join(f"<span class='{word} {word}a'>text " for word in words)
    document = segment_html(html)
    assert sum(len(names) for names in document.names) < 50_000
    assert sum(len(block.inline) for block in document.blocks) < 50_000
    assert document.blocks[0].inline.startswith(f" {words[0][:64]} ")


def test_a_long_base_address_is_not_repeated_in_every_link() -> None:
    html = f"<base href='http://b.test/{'x' * 5_000}/'>" + "<a href='y'>z</a>"
    assert segment_html(html, "http://a.test/").blocks[0].links[0].url == "http://a.test/y"


@pytest.mark.parametrize(
    "tag",
    [
        "<p a{0}=1>",
        "<p b{0}>",
        "<x{0}></x{0}>",
        '<p x=">" a{0}>',
        '<p x="<" a{0}>',
        '<p y=\' " \' x=">" a{0}>',
        '<p a"b c{0}" d>',
    ],
)
def test_too_many_different_names_are_refused(tag: str) -> None:
    page = "".join(tag.format(number) for number in range(60_000))
    with pytest.raises(ScraperError, match="different names"):
        check(page + " " * 600_000)


def test_many_different_values_and_words_are_no_names() -> None:
    check("".join(f'<a href="/{number}">word{number}</a> ' for number in range(19_000)) + " " * 600_000)
