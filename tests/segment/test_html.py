"""HTML to blocks: nothing lost, nothing doubled, words neither glued nor split."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper import ScraperError
from scraper.block import Block
from scraper.segment.html import segment_html
from scraper.segment.limits import MAX_ATTRIBUTES, MAX_DEPTH

TAGS = (
    "p div span b a ul li h2 table tr td th section br hr em blockquote article figure figcaption dl dt dd pre".split()
)
WORDS = st.text("abc déẞ中\u00a0\n .", max_size=6)


@st.composite
def trees(draw: st.DrawFn) -> str:
    """Nested markup, well formed and not."""
    parts = draw(
        st.lists(
            st.one_of(
                WORDS,
                st.sampled_from(TAGS).map(lambda tag: f"<{tag}>"),
                st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
                st.sampled_from(["<!-- c -->", "<script>x = 1</script>", "<a href='/x'>", "<p hidden>", "&amp;"]),
            ),
            max_size=40,
        )
    )
    return "".join(parts)


def _visible(html: str) -> str:
    """All text of the tree but that of scripts, in order, with a second library call for a witness."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "iframe"])
    return tree.root.text(deep=True) if tree.root else ""


def _letters(text: str) -> str:
    return re.sub(r"[\s|]", "", text)


@settings(max_examples=300)
@given(trees())
def test_every_character_stands_in_one_block_and_in_order(html: str) -> None:
    blocks = segment_html(html).blocks
    assert _letters("".join(block.text for block in blocks)) == _letters(_visible(html))
    assert all(block.text == " ".join(block.text.split()) != "" for block in blocks)


@settings(max_examples=200)
@given(trees())
def test_links_and_elements_hold_together(html: str) -> None:
    document = segment_html(html, "http://a.test/b/c.html")
    for index, element in enumerate(document.elements):
        assert -1 <= element.parent < index
    for block in document.blocks:
        assert -1 <= block.element < len(document.elements)
        assert block.link_chars <= len(block.text) + len(block.links)
        assert all(link.text in block.text for link in block.links)


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<p><span>T</span>he port</p>", ["The port"]),
        ("<p>one<b>two</b> three</p>", ["onetwo three"]),
        ("one<br>two", ["one two"]),
        ("one<br><br>two<br> <br>three", ["one", "two", "three"]),
        ("<div>one<p>two</p>three</div>", ["one", "two", "three"]),
        ("<p>one</p></p>two", ["one", "two"]),
        ("<a href='/x'><h3>Title</h3><p>Summary</p></a>", ["Title", "Summary"]),
        ("<span>one<div>two</div>three</span>", ["one", "two", "three"]),
        ("<ul><li>one<li>two</ul>", ["one", "two"]),
        ("<table><tr><th>Team<th>Points<tr><td>Reds<td>3</table>", ["Team | Points", "Reds | 3"]),
        ("<table><tr><td><p>Column one</p><td><p>Column two</p></table>", ["Column one", "Column two"]),
        ("<table><tr><td>one<br><br>two</td></tr></table>", ["one", "two"]),
        ("a&nbsp;b &#8203;c&shy;d", ["a b cd"]),
        ("<p>&nbsp;</p><p> </p>", []),
        ("<title>t</title><p>x", ["x"]),
        ("plain text", ["plain text"]),
        ("", []),
        ("<select><option value='/a'>1</select><textarea>t</textarea>x", ["x"]),
        ("one<hr>two", ["one", "two"]),
    ],
)
def test_blocks(html: str, texts: list[str]) -> None:
    assert [block.text for block in segment_html(html).blocks] == texts


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>x</p>",
        "<div style='color:red; display: none'><p>x</p></div>",
        "<span style='visibility:hidden'>x</span>",
        "<noscript><p>x</p></noscript>",
    ],
)
def test_what_is_declared_invisible_is_kept_and_marked(html: str) -> None:
    (shown, hidden, after) = segment_html(f"<p>before</p>{html}<p>after</p>").blocks
    assert (shown.hidden, hidden.hidden, after.hidden) == (False, True, False)


def _only(html: str, url: str | None = "http://a.test/b/c.html") -> Block:
    (block,) = segment_html(html, url).blocks
    return block


HIDING = [
    "hidden",
    "style='display:none'",
    "style='color:red; DISPLAY : none !important'",
    "style='visibility:hidden'",
    "style='content-visibility: hidden'",
]
UNSPOKEN = [
    "class='visually-hidden'",
    "class='x VisuallyHidden__Box-sc-1'",
    "class='sr-only'",
    "class='screen-reader-text'",
    "class='show-for-sr'",
    "class='is-offscreen'",
    "style='position:absolute;clip:rect(0,0,0,0)'",
    "style='clip: rect(1px, 1px, 1px, 1px)'",
    "style='clip-path:inset(50%)'",
    "style='position:absolute; left:-9999px'",
    "style='text-indent: -999em'",
    "style='font-size:0'",
    "style='position:absolute;width:1px;height:1px;overflow:hidden'",
    "style='max-height:0; overflow: hidden'",
    "style='transform: scale(0)'",
    "class='is-vishidden'",
    "class='hidden-visually'",
    "class='accessibly-hidden'",
    "class='elementor-screen-only'",
]
SEEN = [
    "class='not-sr-only'",
    "style='width:100px;overflow:hidden'",
    "class='hideaway'",
    "class='screen'",
    "style='opacity:0'",
    "style='left:-2px'",
    "style='font-size:0.9em'",
]


@pytest.mark.parametrize("hiding", HIDING)
def test_what_is_hidden_amid_a_sentence_stands_beside_it(hiding: str) -> None:
    html = f"<p>The lock<span {hiding}> A lock lifts <b>boats</b>.</span> at <a href='/x'>the mill</a></p><p>next</p>"
    blocks = segment_html(html).blocks
    assert [(block.text, block.hidden) for block in blocks] == [
        ("The lock at the mill", False),
        ("next", False),
    ]
    assert blocks[0].aside == "A lock lifts boats."
    assert [link.text for link in blocks[0].links] == ["the mill"]


def test_what_is_hidden_behind_a_paragraph_follows_it() -> None:
    html = "<p>Shown, <i hidden>x</i>too <i hidden>one </i><b hidden>two <i>three</i></b></p>"
    assert [(block.text, block.aside, block.hidden) for block in segment_html(html).blocks] == [
        ("Shown, too", "x", False),
        ("one", "", True),
        ("two three", "", True),
    ]


@pytest.mark.parametrize("hiding", UNSPOKEN)
def test_what_only_screen_readers_speak_stands_beside_the_text(hiding: str) -> None:
    html = f"<p><span {hiding}>Quote: </span>said <a href='/x'>Ann<i {hiding}>, opens a tab</i></a>, who left.</p>"
    (block,) = segment_html(html, "http://a.test/").blocks
    assert (block.text, block.aside, block.hidden) == ("said Ann, who left.", "Quote: , opens a tab", False)
    assert [(link.text, link.url) for link in block.links] == [("Ann", "http://a.test/x")]


@pytest.mark.parametrize("seeming", SEEN)
def test_what_only_seems_hidden_stays(seeming: str) -> None:
    assert _only(f"<p>one <span {seeming}>two</span></p>").text == "one two"


@pytest.mark.parametrize("hiding", UNSPOKEN)
def test_a_block_for_screen_readers_alone_stays_a_block(hiding: str) -> None:
    html = f"<h2 {hiding}>Related</h2><p><a href='/x'><span {hiding}>One</span></a> <i {hiding}>Two</i></p>"
    assert [(block.text, block.hidden) for block in segment_html(html).blocks] == [
        ("Related", False),
        ("One Two", False),
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Topic<span class='sr-only'>: </span>Title</p>", "Topic: Title"),
        ("<p>Home<span class='sr-only'><i>: </i><b>none new</b></span></p>", "Home:"),
        ("<p><span>Read on</span> <span aria-hidden='true'>Read on</span></p>", "Read on"),
        ("<p><span aria-hidden='true'>Read on</span><span>Read on</span></p>", "Read on"),
        ("<p>Only <span aria-hidden='true'>copy</span></p>", "Only copy"),
        ("<p><i aria-hidden='true'>l</i><i aria-hidden='true'>l</i></p>", "ll"),
        ("<p><i aria-hidden='true'>5k</i><i class='sr-only'>five thousand</i></p>", "5k"),
        ("<p aria-hidden='true'>Whole</p>", "Whole"),
        ("<h2>Title <a href='#t'>¶</a></h2>", "Title"),
        ("<h2><a href='#t'> # </a>Title</h2>", "Title"),
        ("<h3>Title<a href='/x#t' class='anchor'>🔗</a></h3>", "Title"),
        ("<p>Text<a href='#t'>¶</a></p>", "Text"),
        ("<p><a href='/0'>#</a> <a href='/a'>A</a></p>", "# A"),
        ("<h2>C # and ¶</h2>", "C # and ¶"),
        ("<p><i class='material-icons'>arrow_back</i> Back</p>", "Back"),
    ],
)
def test_twins_and_signs(html: str, text: str) -> None:
    assert _only(html).text == text


LONG = "The council voted by nineteen to seven on Tuesday night to spend four million on the old canal of the town."
WIDE = "市议会星期二晚上以十九票对七票通过决议，拨款四百二十万用于清理城东的旧运河，工程将在九月水位最低时开始。"


@pytest.mark.parametrize(
    ("html", "number"),
    [
        (f"<div>{LONG}<br>\n{LONG}<br/>{LONG}</div>", 3),
        (f"<td>{WIDE}<br>{WIDE}", 2),
        (f"<div>{LONG}<br>“No.”<br>{LONG}", 3),
        (f"<div>A heading<br>{LONG}", 1),
        ("<p>" + "Roses are red,<br>violets are blue.<br>" * 8, 1),
        ("<p>12 Mill Lane<br>Hatherley<br>HT2 4QX", 1),
        ("<p>" + (LONG[:75] + "<br>") * 6 + LONG, 1),
        (f"<ul><li>{LONG}<br>{LONG}</ul>", 1),
        ("<p>" + f"Short line.<br>{LONG}<br>Short. <br>Again.<br>" * 2, 1),
    ],
)
def test_single_breaks_end_blocks_between_long_sentences(html: str, number: int) -> None:
    assert len(segment_html(html).blocks) == number


def test_a_paragraph_between_single_breaks_has_its_own_links_and_names() -> None:
    html = f"<div>{LONG}<br><a href='/x' class='n'>{LONG[:-1]}</a>.<br>\n{LONG}<br><a href='/y'>{LONG}</a></div>"
    blocks = segment_html(html, "http://a.test/").blocks
    assert [[link.url for link in block.links] for block in blocks] == [
        [],
        ["http://a.test/x"],
        [],
        ["http://a.test/y"],
    ]
    assert [block.inline for block in blocks] == [" ", " n ", " ", " "]


TITLES = ["Ferry returns after nine years", "Mayor opens the new library", "School roof collapses in snow"]
LINKS = [f"<a href='/{number}'>{title}</a>" for number, title in enumerate(TITLES)]
WIDE_TITLES = ["渡轮时隔九年再次启航", "市长宣布新图书馆开放", "大雪压垮学校屋顶无人受伤"]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        (f"<div><b>Related</b><br>{'<br>'.join(LINKS)}</div>", ["Related", *TITLES]),
        (f"<p>{'<br/> '.join(LINKS)}<br>More at<br>the harbour</p>", [*TITLES, "More at the harbour"]),
        (f"<table><tr><td>» {'<br>» '.join(LINKS)}</table>", [f"» {title}" for title in TITLES]),
        ("<p>" + "<br>".join(f"{link} (3)" for link in LINKS), [f"{title} (3)" for title in TITLES]),
        (f"<p>{LONG}<br>{LINKS[0]}<br>{LINKS[1]}", [LONG, *TITLES[:2]]),
        (f"<p>{LINKS[0]}<br>The summary<br>of it.<br>{LINKS[1]}<br>Another.",
         [TITLES[0], "The summary of it.", TITLES[1], "Another."]),
        ("<div>" + "<br>".join(f"<a href='/{title}'>{title}</a>" for title in WIDE_TITLES), WIDE_TITLES),
        (f"<p>{LINKS[0]}<br>{LINKS[1]}<br><br>{LINKS[2]}", TITLES),
    ],
)  # fmt: skip
def test_titles_between_single_breaks_are_blocks(html: str, texts: list[str]) -> None:
    blocks = segment_html(html, "http://a.test/").blocks
    assert [block.text for block in blocks] == texts
    assert [[link.text for link in block.links] for block in blocks if block.links] == [
        [title] for title in (*TITLES, *WIDE_TITLES) if any(title in text for text in texts)
    ]


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{LONG}<br>{LINKS[0]}",
        f"<p>See {LINKS[0]} for the whole story,<br>and {LINKS[1]} for what came of it at last",
        "<p><a href=/>Home</a><br><a href=/sport>Sport</a><br><a href=/culture>Culture</a>",
        f"<ul><li>{LINKS[0]}<br>{LINKS[1]}</ul>",
        f"<address>{LINKS[0]}<br>{LINKS[1]}</address>",
    ],
)
def test_other_links_between_single_breaks_stay_together(html: str) -> None:
    assert len(segment_html(html, "http://a.test/").blocks) == 1


@pytest.mark.parametrize("root", ["shadowrootmode='open'", "ShadowRootMode=closed class=x", "shadowroot=open"])
def test_a_declared_shadow_root_is_text(root: str) -> None:
    html = f"""<x-story><template {root}><style>p{{}}</style><p>In shadow</p><template><p>Inert</p></template><slot>
    </slot></template><p>In light</p></x-story><template><p>Inert</p></template>
    <script>"<template shadowrootmode='open'>"</script><!-- </template> --><p>after</p>"""
    assert [block.text for block in segment_html(html).blocks] == ["In shadow", "In light", "after"]


@pytest.mark.parametrize(
    ("html", "hidden"),
    [
        (f"<noscript><p>{LONG}</p><p>{LONG} And more.</p><p>{LONG}</p></noscript>", [False] * 3),
        (f"<noscript>{LONG} {LONG} {LONG}</noscript>", [False]),
        (f"<noscript><p>{LONG}</p></noscript>", [True]),
        (f"<p>{LONG}</p><noscript><p>{LONG}</p><p>{LONG}</p></noscript>", [False, True, True]),
        (f"<noscript><p>{LONG * 3} Enable JavaScript.</p></noscript>", [True]),
        (f"<noscript><p>Enable JavaScript.</p><p>{LONG * 3}</p></noscript>", [True, False]),
        (f"<div hidden><noscript><p>{LONG * 3}</p></noscript></div>", [True]),
        (f"<noscript><p hidden>{LONG * 3}</p></noscript>", [True]),
        ("<noscript>" + "<p>Home</p>" * 40 + "</noscript>", [True] * 40),
    ],
)
def test_noscript_is_shown_where_it_holds_the_only_copy(html: str, hidden: list[bool]) -> None:
    assert [block.hidden for block in segment_html(f"<body>{html}").blocks] == hidden


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/x.html", "http://a.test/x.html"),
        ("x.html#top", "http://a.test/b/x.html"),
        ("../x.html", "http://a.test/x.html"),
        ("//o.test/x", "http://o.test/x"),
        ("https://o.test/x?a=1", "https://o.test/x?a=1"),
        ("?page=2", "http://a.test/b/c.html?page=2"),
        ("#", None),
        ("", None),
        ("javascript:go()", None),
        (" JavaScript:go()", None),
        ("mailto:a@b.test", None),
        ("[!--news.url--]", None),
        ("http://[broken", None),
        ("http://bro]ken/", None),
    ],
)
def test_links_are_absolute_or_none(href: str, url: str | None) -> None:
    (link,) = _only(f"<p><a href='{href}'>text</a></p>").links
    assert link.url == url


def test_base_address_of_the_page_counts() -> None:
    block = segment_html("<head><base href='/deep/'></head><a href='x.html'>x</a>", "http://a.test/b/").blocks[0]
    assert block.links[0].url == "http://a.test/deep/x.html"


def test_anchors_hold_every_followable_link_pagers_in_lists_too() -> None:
    html = """<head><link rel="next" href="/p2.html"></head><a href="/a"><img src="i.png"></a><a href="#">x</a>
    <a href="/c" rel="nofollow">c</a><select><option value="/index_2.html">2<option value="2">2</select>"""
    anchors = segment_html(html, "http://a.test/").anchors
    assert [(anchor.url[13:], anchor.rel) for anchor in anchors] == [
        ("/p2.html", "next"),
        ("/a", ""),
        ("/c", "nofollow"),
        ("/index_2.html", ""),
    ]


def test_head_is_read_wherever_it_is() -> None:
    head = segment_html(
        """<html lang="en-GB"><head><title> A  title </title><meta property="og:title" content="T">
        <link rel=canonical href="/c.html"></head><body><meta itemprop="datePublished" content="2025-01-01">
        <script type="application/ld+json">{"a": 1}</script><p>x""",
        "http://a.test/",
    ).head
    assert (head.title, head.language, head.canonical) == ("A title", "en-GB", "http://a.test/c.html")
    assert head.meta == {"og:title": "T", "datepublished": "2025-01-01"}
    assert head.json_ld == ('{"a": 1}',)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000,
        "<div>" * 50_000 + "x" + "</div>" * 50_000,
        "<div " + " ".join(f"a{n}" for n in range(50_000)) + ">x",
        "<div " + "".join(f"a{n}='v'" for n in range(50_000)) + ">x",
        "<div a='<>' " + " ".join(f"a{n}=1" for n in range(50_000)) + ">x",
        "".join(f"<b id={n}>" for n in range(5_000)) + "<p>x" * 5_000,
        "<div></x>" * 50_000,
        "x" * (40 * 2**20),
        "<ul>" + "<li>x" * 40_000,
    ],
    ids=[
        "depth",
        "closed-depth",
        "attributes",
        "quoted",
        "hidden-attributes",
        "formatting",
        "mismatched",
        "size",
        "blocks",
    ],
)
def test_a_page_that_would_block_the_parser_is_refused(html: str) -> None:
    with pytest.raises(ScraperError):
        segment_html(html)


def test_large_and_odd_pages_are_read() -> None:
    deep = segment_html("<div>" * (MAX_DEPTH - 10) + "x")
    assert [block.text for block in deep.blocks] == ["x"]
    wide = segment_html("<div " + " ".join(f"a{n}" for n in range(MAX_ATTRIBUTES - 10)) + ">x")
    assert [block.text for block in wide.blocks] == ["x"]
    assert len(segment_html("<ul>" + "<li>x" * 30_000).blocks) == 30_000
    script = "<script>" + "if(a<b){c='d'} " * 20_000 + "</script><p>x"
    assert [block.text for block in segment_html(script).blocks] == ["x"]
    assert len(segment_html("<p>" + "word " * 2_000_000).blocks[0].text) > 9_000_000
