"""Stories that are only in the page's scripts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from growth import grows_linearly

from scraper import extract
from scraper.block import Claims, Document, Head
from scraper.fields.embedded import embedded_body
from scraper.pipeline import read

TITLE = "Bridge to close until autumn"
STORY = [
    "The council voted on Monday to close the old bridge until the autumn, when divers will have looked at its piers.",
    "Engineers had found cracks in two of the five arches, and a lorry ban of last year has not been kept by anybody.",
    "“We would rather close it for a summer than for good,” said the head of the works committee after the vote.",
    "Buses will take the ring road in the meantime, and the ferry, which stopped in the nineties, will run once more.",
    "Shopkeepers on both banks have asked for a footbridge of pontoons, as there was one in the year of the great flood.",
]
HTML = "".join(f"<p>{text}</p>" for text in STORY)
BLOCKS = [{"type": "paragraph", "content": text} for text in STORY]
NODES = [
    {"nodeType": "paragraph", "children": [{"type": "text", "value": text[:30]}, {"type": "link", "href": "/a", "children": [{"text": text[30:50]}]}, {"text": text[50:]}]}
    for text in STORY
]  # fmt: skip
NOISE = {"menu": [{"title": "Home", "href": "/"}] * 20, "ad": {"slot": "top", "text": "x" * 900}, "n": [1, 2, None]}
TEASERS = [
    {"title": f"Another story {i}", "summary": "A summary of another story, long enough to be prose. " * 3}
    for i in range(8)
]


def _page(script: str = "", shown: str = "", head: str = "") -> str:
    return (
        f"<html><head><title>{TITLE} | Post</title><meta property='og:title' content='{TITLE}'>{head}</head>"
        f"<body><nav><a href=/>Home</a></nav><h1>{TITLE}</h1>{shown}<div id=app></div>{script}</body></html>"
    )


def _json(value: Any) -> str:
    return f'<script type="application/json" id="state">{json.dumps(value | NOISE)}</script>'


STATES = {
    "html": {"props": {"article": {"title": TITLE, "body": HTML}}},
    "text": {"props": {"article": {"title": TITLE, "body": "\n\n".join(STORY)}}},
    "blocks": {"article": {"headline": {"basic": TITLE}, "elements": BLOCKS, "more": TEASERS}},
    "tree": {"story": {"title": TITLE, "content": {"type": "doc", "content": NODES}}},
    "strings": {"story": {"title": TITLE, "paragraphs": STORY}},
    "html-blocks": {"story": {"title": TITLE, "elements": [{"type": "raw_html", "content": f"<p>{text}</p>"} for text in STORY]}},
    "sections": {"story": {"title": TITLE, "sections": [{"text": text, "layout": "wide"} for text in STORY]}},
    "cache": {"Story:1": {"title": TITLE}, "entries": {f"Paragraph:{i}": {"__typename": "Paragraph", "text": text} for i, text in enumerate(STORY)}},
    "teasers-first": {"latest": TEASERS, "story": {"title": TITLE, "blocks": BLOCKS}},
    "json-in-json": {"status": 200, "body": json.dumps({"title": TITLE, "content": HTML})},
    "json-in-html": {"story": {"title": TITLE, "body": {"data": {"html": HTML}}}},
}  # fmt: skip


def _body(page: str, shown: list[str] | None = None) -> list[str] | None:
    document = read(page)
    return embedded_body(document, Claims(headline=TITLE), shown or [])


@pytest.mark.parametrize("kind", sorted(STATES))
def test_a_story_of_the_page_s_state_is_found(kind: str) -> None:
    assert _body(_page(_json(STATES[kind]))) == STORY


@pytest.mark.parametrize(
    "script",
    [
        "window.__STATE__ = {};",
        "var app = {}; window.Cache=window.Cache||{};Cache.content={};Cache.more=1;",
        "self.data = {}",
        "/* state */ window['__DATA__']={}",
    ],
)
def test_a_state_may_be_assigned(script: str) -> None:
    text = script.replace("={}", "= {}").replace(
        "= {}", "= " + json.dumps(STATES["blocks"]), 1 if "app" not in script else 2
    )
    assert _body(_page(f"<script>{text}</script>")) == STORY


def test_a_state_may_be_a_string_of_json() -> None:
    for quoted in (
        json.dumps(json.dumps(STATES["html"])),
        "'" + json.dumps(STATES["html"]).replace("\\", "\\\\") + "'",
    ):
        assert _body(_page(f"<script>window.state = JSON.parse({quoted});</script>")) == STORY


def _element(tag: str, **properties: Any) -> list[Any]:
    return ["$", tag, None, properties]


LINKED = [
    _element("p", children=[text[:20], _element("a", href="/x", children=text[20:40]), text[40:]]) for text in STORY
]
STREAMS = {
    "elements": "0:" + json.dumps(_element("main", children=[_element("p", children=text) for text in STORY])),
    "links": "0:" + json.dumps(_element("main", children=[_element("h1", children=TITLE), LINKED])),
    "properties": '2:I["x.js",["1"],"default"]\n5:'
    + json.dumps(["$", "$L2", None, {"story": {"title": TITLE, "html": HTML}}]),
    "text": f"5:{json.dumps({'title': TITLE, 'html': '$1f'})}\n1f:T{len(HTML.encode()):x},{HTML}6:[]",
    "blocks": f"a:{json.dumps({'title': TITLE, 'blocks': BLOCKS})}\n",
}


@pytest.mark.parametrize("kind", sorted(STREAMS))
@pytest.mark.parametrize("size", [150, 100_000], ids=["pieces", "whole"])
def test_a_stream_of_server_components_may_hold_the_story(kind: str, size: int) -> None:
    stream = STREAMS[kind]
    pieces = (stream[start : start + size] for start in range(0, len(stream), size))
    page = "".join(f"<script>self.__next_f.push([1,{json.dumps(piece)}])</script>" for piece in pieces)
    assert _body(_page("<script>(self.__next_f=self.__next_f||[]).push([0])</script>" + page), [STORY[0]]) == STORY


@pytest.mark.parametrize("stream", ["0:", "0:T5,", "0:Tffffffff,x", "0:[1", "x", '0:["$","p",null,5]', "0:T2,\ud800é"])
def test_a_broken_stream_is_no_error(stream: str) -> None:
    for script in (f"self.__next_f.push([1,{json.dumps(stream)}])", 'self.__next_f.push([1,"\\u12"])', stream):
        document = Document((), head=Head(stream=(script,), state=(stream,)))
        assert embedded_body(document, Claims(), []) is None


def test_the_time_grows_with_the_stream() -> None:
    def find(script: str) -> object:
        return embedded_body(Document((), head=Head(stream=(script,))), Claims(headline=TITLE), [])

    for row in ("0:[]\n", "0:T1,x", f'0:["{TITLE}"]\n', STREAMS["elements"] + "\n"):
        assert grows_linearly(
            find,
            lambda n, row=row: f"self.__next_f.push([1,{json.dumps(row * (n // len(row)))}])",  # type: ignore[misc]
        )


def test_the_arguments_of_a_called_function_may_hold_the_story() -> None:
    call = f"(function(a,b){{return {{data:[{{title:a,text:b}}]}}}}({json.dumps(TITLE)},{json.dumps(HTML)}));"
    assert _body(_page(f"<script>window.__STATE__={call}</script>")) == STORY


def test_the_story_continues_where_the_page_ends() -> None:
    state = {"story": {"slug": "bridge", "body": HTML}}
    assert _body(_page(_json(state)), [STORY[0]]) == STORY
    assert _body(_page(_json(state)), ["A standfirst of its own.", STORY[0]]) == ["A standfirst of its own.", *STORY]
    document = read(_page(_json(state)))
    assert embedded_body(document, Claims(headline="x", description=STORY[0]), []) == STORY


@pytest.mark.parametrize(
    ("state", "shown", "claims"),
    [
        ({"other": {"title": "Port reopens", "body": HTML}}, [], Claims(headline=TITLE)),
        ({"latest": TEASERS}, [], Claims(headline=TITLE, description=TEASERS[0]["summary"])),
        ({"story": {"title": TITLE, "body": HTML}}, STORY, Claims(headline=TITLE)),
        ({"story": {"title": TITLE, "body": HTML}}, [STORY[0], *STORY[3:]], Claims(headline=TITLE)),
        ({"story": {"title": TITLE, "body": HTML * 3}}, STORY, Claims(headline=TITLE, free=False)),
        ({"story": {"title": TITLE, "code": "function(){" + "var x = 1; " * 200}}, [], Claims(headline=TITLE)),
        ({"story": {"title": TITLE, "words": [TITLE, *map(str, range(99)), *STORY[:2]]}}, [], Claims(headline=TITLE)),
    ],
    ids=["another-story", "teasers", "all-shown", "end-shown", "not-free", "code", "flat-strings"],
)
def test_other_text_is_no_story(state: dict[str, Any], shown: list[str], claims: Claims) -> None:
    assert embedded_body(read(_page(_json(state))), claims, shown) is None


def test_text_that_the_page_shows_is_not_embedded() -> None:
    assert _body(_page(_json(STATES["html"]), HTML)) is None


@pytest.mark.parametrize("script", [_json(STATES["html"]), '<script type="application/ld+json">' + json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n\n".join(STORY)}) + "</script>"])  # fmt: skip
def test_a_record_of_an_embedded_story_says_so(script: str) -> None:
    article = extract(
        _page(
            script,
            "<p>14 May 2024</p><p>By Jane Doe</p><p>All rights reserved by the Post, in whole and in part, in any form.</p>",
        )
    )
    assert article.body == tuple(STORY)
    assert "embedded_text" in article.extraction.warnings
    assert "embedded_text" not in extract(_page(script, HTML)).extraction.warnings


GROWING: dict[str, Callable[[int], Any]] = {
    "nested": lambda n: json.loads('{"a":' * 400 + "1" + "}" * 400),
    "lists": lambda n: {"a": [[STORY[0]]] * (n // 100)},
    "blocks": lambda n: {"title": TITLE, "b": BLOCKS * (n // 600)},
    "strings": lambda n: {"title": TITLE, "b": STORY * (n // 500)},
    "long": lambda n: {"title": TITLE, "b": [HTML] * (n // 600)},
    "one": lambda n: {"title": TITLE, "b": "<p>" * (n // 3)},
    "tags": lambda n: {"title": TITLE, "b": "a b c <" * (n // 7)},
    "titles": lambda n: {"b": [{"title": TITLE}] * (n // 40)},
}


@pytest.mark.parametrize("kind", sorted(GROWING))
def test_the_time_grows_with_the_state(kind: str) -> None:
    def find(script: str) -> object:
        return embedded_body(Document((), head=Head(state=(script,))), Claims(headline=TITLE), [])

    assert grows_linearly(find, lambda n: json.dumps(GROWING[kind](n)))


@pytest.mark.parametrize(
    "value", [None, 5, "x", [], {}, [[]], [None, {"type": 5}], {"type": ["p"]}, {"text": {"text": 5}}]
)
def test_a_state_may_be_of_any_type(value: object) -> None:
    assert (
        embedded_body(Document((), head=Head(state=(json.dumps([value]), json.dumps({"a": value})))), Claims(), [])
        is None
    )
