"""Pages that try to take more of the reader than their size allows, and how much of it each of them takes.

    python -m tests.hostile [--all] [--share SHARE] [NAME...]

reads each page in a process of its own and prints a line of JSON a page: at its size, or all at a share of a million
bytes, at the half of that while it is refused, and at half as much where it takes long enough for its growth to be measured.
The tests read the pages small; after a change of what reads pages, read them large: `--all --share 1`.
"""

import argparse
import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from scraper import NotAnArticle
from scraper.io.warc import Page
from scraper.io.workers import allow, confine
from scraper.stories.identity import text_digest
from scraper.stories.near_duplicates import signature
from scraper.stories.replay import read_page

__all__ = ["PAGES", "Cost", "Hostile", "fault"]

_SIZE = 10**6
_SECONDS, _MEMORY, _FACTOR = 3.0, 500 * 10**6, 2.6  # what a page of that size may take, and one of half the size less
_BUSY = 2  # times as many seconds are borne, as the machine may do other work
_LEAST = 0.25  # of a million bytes, for which a page is given time: some count may be at its limit at less
_SHORT = 0.1  # seconds, too short to measure growth
_URL = "https://portal.test/sea/2025/04/12/the-night-ferry.html"

Fill = Callable[[int], str]
"""Makes a text of about so many characters."""


class Hostile(NamedTuple):
    """A page that grows in one place."""

    make: Fill
    url: Fill | None = None
    text: bool = False
    """It is flattened text."""
    share: float = 0.125
    """Its size, of a million bytes, and of what those may take."""
    by_hand: bool = False
    """It is much like another one, and read only where all are wanted."""


class Cost(NamedTuple):
    """What reading a page took."""

    seconds: float
    memory: int
    """Bytes over those that the process had before."""
    refused: bool = False
    """It is said to be no page that can be read: it holds too much of something."""
    ended: str = ""
    """What ended the process: a signal."""


# ---------------------------------------------------------------- where a text may stand

_SENTENCES = "".join(
    f"<p>The night ferry left Bergen on day {number} for the first time in nine years, said its captain.</p>"
    for number in range(6)
)


def _page(head: str = "", body: str = "", title: str = "Night ferry returns", html: str = "") -> str:
    return (
        f"<!DOCTYPE html><html {html}><head><title>{title}</title>{head}</head><body><article><h1>Night ferry returns</h1>"
        f"<p class=byline>By Ada Lund</p><time datetime=2025-04-12>April 12, 2025</time>{_SENTENCES}{body}</article></body></html>"
    )


def _json_ld(node: str) -> str:
    return _page(f'<script type="application/ld+json">{{"@context":"https://schema.org",{node}}}</script>')


def _theme(body: str, bloginfo: str = "Date:2025-04-12 10:31:20", headline: str = "Night ferry returns") -> str:
    """A page of the template that FinTechWorld is of."""
    return (
        '<!DOCTYPE html><html><head><title>x</title></head><body><article><div class="lbox"><div class="content_box whitebg">'
        f'<h2 class="htitle"><span class="con_nav">Current:<a href="/">Home</a> > <a href="/sea/">Sea</a></span>{headline} -Portal</h2>'
        f'<h1 class="con_tilte">{headline}</h1><p class="bloginfo"><span>View</span><br><span>{bloginfo}</span></p>'
        f'<div class="con_text">{_SENTENCES}{body}<p><span class="diggit">veryGood! (5)</span></p></div></div></div></article></body></html>'
    )


_META = (
    "description og:description og:title twitter:title og:site_name application-name author article:author_name byl"
    " article:published_time date og:updated_time article:section keywords news_keywords og:image og:locale og:type robots"
).split()
_NODES = (
    "headline description articleBody author creator datePublished dateModified publisher articleSection image"
    " inLanguage keywords isAccessibleForFree url mainEntityOfPage @id"
).split()

SLOTS: dict[str, Callable[[str], str]] = {
    "title": lambda text: _page(title=text),
    "title and h1": lambda text: _page(title=f"{text} - Portal", body=f"<h1>{text}</h1>"),
    "h1": lambda text: _page(body=f"<h1>{text}</h1>"),
    "h2": lambda text: _page(body=f"<h2>{text}</h2>"),
    "lang": lambda text: _page(html=f'lang="{text}"'),
    "meta name": lambda text: _page(f'<meta name="{text}" content="x">'),
    **{f"meta {name}": lambda text, name=name: _page(f'<meta property="{name}" content="{text}">') for name in _META},  # type: ignore[misc]
    "meta charset": lambda text: _page(f'<meta http-equiv=content-type content="text/html; charset={text}">'),
    "canonical": lambda text: _page(f'<link rel=canonical href="https://portal.test/{text}">'),
    "feed": lambda text: _page(f'<link rel=alternate type="application/rss+xml" href="/{text}">'),
    "link rel": lambda text: _page(f'<link rel="{text}" href="/a">'),
    "base": lambda text: _page(f'<base href="https://portal.test/{text}">', "<a href=1.html>One</a>"),
    **{
        f"json {name}": lambda text, name=name: _json_ld(f'"@type":"NewsArticle","{name}":{json.dumps(text)}')
        for name in _NODES
    },  # type: ignore[misc]
    "json author name": lambda text: _json_ld(f'"@type":"NewsArticle","author":{{"name":{json.dumps(text)}}}'),
    "json @type": lambda text: _json_ld(f'"@type":{json.dumps(text)}'),
    "json key": lambda text: _json_ld(f'"@type":"NewsArticle",{json.dumps(text)}:1'),
    "json raw": lambda text: _page(f'<script type="application/ld+json">{text}</script>'),
    "json wrapped": lambda text: _page(f'<script type="application/ld+json">/* {text} */ {{}} {text}</script>'),
    "json commas": lambda text: _page(f'<script type="application/ld+json">{{"a":[1,{text}]}}</script>'),
    "script": lambda text: _page(body=f"<script>{text}</script>"),
    "style": lambda text: _page(f"<style>{text}</style>"),
    "comment": lambda text: _page(body=f"<!-- {text} -->"),
    "class of a block": lambda text: _page(body=f'<div class="{text}"><p>It came back on Monday.</p></div>'),
    "class of a paragraph": lambda text: _page(body=f'<p class="{text}">It came back on Monday.</p>'),
    "class of a span": lambda text: _page(body=f'<p>It <span class="{text}">came</span> back on Monday.</p>'),
    "id": lambda text: _page(body=f'<div id="{text}"><p>It came back on Monday.</p></div>'),
    "style of a block": lambda text: _page(body=f'<div style="{text}">It came back.</div>'),
    "datetime": lambda text: _page(body=f'<time datetime="{text}">Monday</time>'),
    "itemprop": lambda text: _page(body=f'<span itemprop="{text}" content="x">x</span>'),
    "itemprop content": lambda text: _page(body=f'<span itemprop="datePublished" content="{text}">x</span>'),
    "href": lambda text: _page(body=f'<a href="/{text}">More</a>'),
    "href whole": lambda text: _page(body=f'<a href="{text}">More</a>'),
    "href with dots": lambda text: _page(body=f'<a href="../{text}">More</a>'),
    "rel": lambda text: _page(body=f'<a rel="{text}" href="/a">More</a>'),
    "link text": lambda text: _page(body=f"<a href=/author/a>{text}</a>"),
    "attribute name": lambda text: _page(body=f"<p {text}>It came back.</p>"),
    "img": lambda text: _page(
        body=f'<figure><img src="/{text}" srcset="{text}" alt="{text}"><figcaption>x</figcaption></figure>'
    ),
    "caption": lambda text: _page(body=f"<figure><img src=/a.jpg><figcaption>{text}</figcaption></figure>"),
    "byline": lambda text: _page(body=f"<p class=author>By {text}</p>"),
    "byline plain": lambda text: _page(body=f"<p>By {text}</p>"),
    "date": lambda text: _page(body=f"<p class=date>Published: {text}</p>"),
    "time": lambda text: _page(body=f"<time>{text}</time>"),
    "paragraph": lambda text: _page(body=f"<p>{text}</p>"),
    "pre": lambda text: _page(body=f"<pre>{text}</pre>"),
    "breadcrumb": lambda text: _page(body=f"<nav class=breadcrumb>{text}</nav>"),
    "list item": lambda text: _page(body=f"<h3>Related</h3><ul><li>{text}</li></ul>"),
    "cell": lambda text: _page(body=f"<table><tr><td>{text}</td><td>x</td></tr></table>"),
    "quote": lambda text: _page(body=f"<blockquote>{text}</blockquote>"),
    "option": lambda text: _page(body=f'<select><option value="{text}">x</option></select>'),
    "button": lambda text: _page(body=f"<button>{text}</button>"),
    "footer": lambda text: _page(body=f"<footer>Copyright {text}</footer>"),
    "theme headline": lambda text: _theme("", headline=text),
    "theme date": lambda text: _theme("", bloginfo=f"Date:{text}"),
    "theme paragraph": lambda text: _theme(f"<p>{text}</p>"),
    "theme dateline": lambda text: _theme("").replace("<p>The night", f"<p>{text} — The night", 1),
    "dateline": lambda text: _page().replace("<p>The night", f"<p>{text} — The night", 1),
    "dateline brackets": lambda text: _page().replace("<p>The night", f"<p>BERGEN ({text}) — The night", 1),
}
# Runs on which a careless pattern, or a loop in a loop, takes the square of the length.
RUNS = {
    "letters": "a",
    "spaces": " ",
    "lines": "\n",
    "words": "Ada Lund ",
    "capitals": "BERGEN, ",
    "names": "Ada Lund and Jon Vik, ",
    "digits": "1",
    "numbers": "1 12 2025 ",
    "dates": "2025-04-12 10:31 ",
    "months": "April 12, 2025 at 10:31 am ",
    "dashes": "- ",
    "bars": " | ",
    "slashes": "a/",
    "colons": "a: ",
    "brackets": "([{",
    "quotes": "“a” ’",
    "dots": ". ",
    "commas": ",",
    "entities": "&amp;",
    "marks": "e\u0301\u200b\u00ad",
    "chinese": "渡轮回来了。",
    "indents": "\u3000\u3000a ",
    "comment ends": "--&gt;//]]&gt;",
}


def _run(unit: str) -> Fill:
    return lambda size: unit * (size // len(unit.encode()))


def _mixture(size: int) -> str:
    return "".join(_run(unit)(size // len(RUNS)) for unit in RUNS.values())


# Where texts of strangers meet the most patterns: each run by itself.
_SIFTED = (
    "title and h1", "meta author", "meta article:published_time", "meta keywords", "json author", "json headline",
    "json wrapped", "href", "href with dots", "class of a block", "byline", "date", "paragraph", "dateline",
    "theme headline", "theme date", "list item",
)  # fmt: skip

# ---------------------------------------------------------------- what may stand many times

_TAGS = (
    "a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption center cite code"
    " col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer"
    " form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link"
    " main map mark marquee math menu meta meter nav nobr noembed noframes noscript object ol optgroup option output p"
    " param picture plaintext pre progress q rp rt ruby s samp script section select slot small source span strike"
    " strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var"
    " video wbr x-own xmp"
).split()
# Which the parser, and we, take for a div, a heading, a span or a b.
_ALIKE = frozenset(
    "address article aside blockquote center details dialog fieldset figcaption figure footer header hgroup legend menu nav"
    " search section summary dir dt h3 h4 h5 h6 tfoot thead samp kbd var dfn cite mark bdi bdo sub sup ins del abbr q data"
    " output meter progress slot strike big small tt u s".split()
)
_UNIT = " The ferry came back to Bergen at last."  # so long that a million bytes stay below the limit of blocks


REPEATED: dict[str, str] = {
    "class names, nested": '<span class="a-long-class-name-of-a-span and-another">a ',
    "class names, nested blocks": '<div class="a-long-class-name-of-a-div and-another">a ',
    "ids, nested": '<b id="an-id-of-a-bold-{}"><span class="c{}">a ',
    "misnested a and div": "<a href=/{}><div>a</a>",
    "misnested b and p": "<b><p>a</b>",
    "misnested tables": "<table><td><a>",
    "lists of links": "<ul><li><a href=/{}.html>A story of day {} at sea, and what came of it</a></ul>",
    "links": "<a href=/{}.html>A story of day {} at sea</a> ",
    "links to one place": "<a href=/a.html>A story at sea</a> ",
    "links to parts": "<a href=/sea/2025/04/12/the-night-ferry_{}.html>{}</a> ",
    "links to authors": "<a rel=author href=/author/{}>Ada Lund {}</a> ",
    "links in headings": "<h2><a href=/{}.html>A story of day {} at sea</a></h2>",
    "headings of lists": "<h3>Related</h3><a href=/{}.html>A story of day {}</a>",
    "h1": "<h1>Night ferry returns {}</h1>",
    "bylines": "<p class=author>By Ada Lund {} and Jon Vik</p>",
    "times": "<time datetime=2025-04-12T10:31:20>April 12, 2025 {}</time>",
    "dates in words": "<p>Published on April {} at 10:31</p>",
    "rows": "<table><tr><td>a {}<td>b<td>c</table>",
    "cells": "<td>a {}",
    "rows of one table": "<tr><td>a {}<td>b",
    "figures": "<figure><img src=/{}.jpg><figcaption>The ferry of day {}</figcaption></figure>",
    "quotes": "<blockquote>The ferry came back on day {}</blockquote>",
    "breaks": "a {} <br><br>",
    "definitions": "<dl><dt>a {}<dd>b</dl>",
    "options": "<option value={}>a {}",
    "ruby": "<rt>a<rp>b",
    "comments": "<!-- {} -->",
    "empty comments": "<!---->a",
    "comments left open": "<!--",
    "scripts": "<script>a = {}</script>",
    "scripts left open": "<script><!-- <script>",
    "styles": "<style>.a{} {{ }}</style>",
    "json": '<script type="application/ld+json">{{"@type":"NewsArticle","headline":"a {}"}}</script>',
    "broken json": '<script type="application/ld+json">{{"@type": {}</script>',
    "entities": "&eacute;&#{};&nosuch",
    "meta tags": '<meta name=m{} content="a {}">',
    "meta tags of one name": '<meta name=author content="Ada Lund {}">',
    "microdata": '<span itemprop="p{}" content="a">a</span>',
    "feeds": '<link rel=alternate type="application/rss+xml" href=/{}.xml>',
    "bases": "<base href=/{}/><a href=1>a</a>",
    "attributes": "<p a{}=1>",
    "tags left open": "<p ",
    "ends without a beginning": "</div></a></p>",
    "formatting left open": "<b><i><u>",
    "classes": '<p class="c{}">The ferry came back to Bergen.</p>',
    "sections": "<section><h2>a {}</h2><p>The ferry came back to Bergen.</p></section>",
    "articles": "<article><h2>a {}</h2><p>The ferry came back to Bergen.</p></article>",
    "templates": "<template><p>a {}</template>",
    "svg": "<svg><title>a {}</title></svg>",
    "math": "<math><mi>a {}<mtext><p>",
    "foreign breakouts": "<svg><desc><b><table>",
    "frames": "<iframe srcdoc='<p>a {}'></iframe>",
    "forms": "<form><input value={}>a</form>",
    "same paragraph": "<p>The ferry came back to Bergen at last.</p>",
    "paragraphs": "<p>The ferry {} came back to Bergen at last.</p>",
    "hidden": "<p style=display:none>The ferry {} came back.</p>",
    "nul": "<p>\0\0</p>",
}


def _times(unit: str) -> Fill:
    def fill(size: int) -> str:
        count = size // max(len(unit.format(12345, 12345)), 1)
        return "".join(unit.format(number, number) for number in range(count))

    return fill


def _within(fill: Fill) -> Fill:
    return lambda size: _page(body=fill(size))


def _json_units(unit: str, around: str) -> Fill:
    def fill(size: int) -> str:
        many = ",".join(unit.replace("#", str(number)) for number in range(size // (len(unit) + 4)))
        return _json_ld(around.replace("*", many))

    return fill


_NEWS = '"@type":"NewsArticle",'
JSON: dict[str, Fill] = {
    "nodes": _json_units('{"@type":"Thing","name":"a #"}', '"@graph":[*]'),
    "named nodes": _json_units('{"@type":"Person","@id":"#","name":"a #"}', f'"@graph":[{{{_NEWS}"author":{{"@id":"1"}}}},*]'),
    "lists": _json_units("[[[]]]", '"@graph":[*]'),
    "nested lists": lambda size: _json_ld(f'"@graph":{"[" * (size // 2)}{"]" * (size // 2)}'),
    "nested graphs": lambda size: _json_ld('"@graph":[{"@type":"a",' * (size // 40) + '"a":1' + "}]" * (size // 40)),
    "lists of lists": _json_units("[" + ",".join(["[1]"] * 199) + "]", '"@graph":[*]'),
    "entities in entities": lambda size: _json_ld('"mainEntity":{"@type":"a",' * (size // 30) + '"a":1' + "}" * (size // 30)),
    "authors": _json_units('{"@type":"Person","name":"Ada Lund #"}', f'{_NEWS}"author":[*]'),
    "types": _json_units('"T#"', '"@type":[*]'),
    "keywords": _json_units('"a #"', f'{_NEWS}"keywords":[*]'),
    "images": _json_units('{"url":"/#.jpg"}', f'{_NEWS}"image":[*]'),
    "keys": _json_units('"k#":1', f"{_NEWS}*"),
    "commas": _json_units("1,\n", f'{_NEWS}"a":[*]'),
}  # fmt: skip


def _flat_text(unit: str) -> Fill:
    head = "Night ferry returns -Harbour Post\nNight ferry returns\nAda Lund View\nDate:2025-04-12 10:31:20\n"
    line = "BERGEN, Norway (AP) — The night ferry left Bergen on Monday for the first time in nine years.\n"
    return lambda size: head + line * 3 + _times(unit)(size)


TEXTS = {
    "lines": "The ferry {} came back to Bergen at last.\n",
    "short lines": "a {}\n",
    "one line": "The ferry came back to Bergen at last. ",
    "empty lines": "\n",
    "headings": "Related\nA story of day {} at sea\n",
    "bullets": "- A story of day {}\n",
    "counters": "veryGood! ({})\n",
    "dates": "Date:2025-04-12 10:31:{}\n",
    "spaces": "    ",
}


def _in_slot(slot: Callable[[str], str], fill: Fill) -> Fill:
    return lambda size: slot(fill(size))


def _addressed(unit: str) -> Fill:
    return lambda size: f"https://portal.test/{_run(unit)(size)}.html"


def _texts() -> Iterator[tuple[str, Hostile]]:
    for name, slot in SLOTS.items():
        yield f"{name}: mixture", Hostile(_in_slot(slot, _mixture))
    for name in _SIFTED:
        for run, unit in RUNS.items():
            yield f"{name}: {run}", Hostile(_in_slot(SLOTS[name], _run(unit)), share=0.0625)
    for run, unit in RUNS.items():
        if unit.isascii() and unit.strip():
            yield f"address: {run}", Hostile(lambda _: _page(), url=_addressed(unit), share=0.0625)
    for name, unit in TEXTS.items():
        yield f"text: {name}", Hostile(_flat_text(unit), text=True)


def _containers() -> Iterator[tuple[str, Hostile]]:
    for tag in _TAGS:
        yield f"<{tag}> flat", Hostile(_within(_times(f"<{tag}>{_UNIT}</{tag}>")), share=0.03125)
        yield f"<{tag}> nested", Hostile(_within(_times(f"<{tag}>a")), by_hand=tag in _ALIKE)
    for name, unit in REPEATED.items():
        yield f"many: {name}", Hostile(_within(_times(unit)))
    for name in ("links", "lists of links", "paragraphs", "class names, nested", "headings of lists", "times"):
        yield f"theme, many: {name}", Hostile(_in_slot(_theme, _times(REPEATED[name])))
    long, many = _run("Night ferry "), _times(REPEATED["h1"])
    yield (
        "many: h1 and a long title",
        Hostile(lambda size: _page(title=long(size // 2), body=many(size // 2)), share=0.5),
    )
    for name, fill in JSON.items():
        yield f"json, many: {name}", Hostile(fill)


PAGES: dict[str, Hostile] = {**dict(_texts()), **dict(_containers())}
"""By name."""


# ---------------------------------------------------------------- what reading them takes


def fault(small: Cost | None, large: Cost, share: float) -> str:
    """Tell why a page takes too much, or nothing."""
    if large.ended:
        return f"the reader was ended: {large.ended}"
    if large.seconds > _seconds(share):
        return f"{large.seconds:.2f} seconds"
    if large.memory > _MEMORY * max(share, _LEAST):
        return f"{large.memory >> 20} MB"
    if small and large.seconds > _FACTOR * small.seconds + _SHORT:
        return f"{small.seconds:.2f} seconds at half the size, {large.seconds:.2f} at the whole"
    return ""


def _seconds(share: float) -> float:
    return _BUSY * _SECONDS * max(share, _LEAST)


def _measure(hostile: Hostile, share: float) -> tuple[Cost | None, Cost]:
    """Read a page, or the largest that is not refused, and one of half the size if the time can be compared."""
    seconds = _seconds(share)
    large = _apart(hostile, share, seconds)
    while large.refused and share > 0.01:
        share /= 2
        large = _apart(hostile, share, seconds)
    return (None if large.ended or large.seconds < _SHORT else _apart(hostile, share / 2, seconds)), large


def _apart(hostile: Hostile, share: float, seconds: float) -> Cost:
    """Read a page in a process of its own, which the system ends where it takes too much."""
    own, other = os.pipe()
    child = os.fork()
    if not child:
        os.close(own)
        confine()
        allow(1.1 * seconds)
        try:
            os.write(other, json.dumps(_read(hostile, int(_SIZE * share))).encode())
        finally:
            os._exit(0)
    os.close(other)
    with open(own, "rb") as pipe:
        data = pipe.read()
    status = os.waitpid(child, 0)[1]
    if data:
        return Cost(*json.loads(data))
    return Cost(
        0, 0, False, signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "an error, see stderr"
    )


def _read(hostile: Hostile, size: int) -> Cost:
    body, url = hostile.make(size).encode(), hostile.url(size) if hostile.url else _URL
    page = Page(url, body, None if hostile.text else "text/html", None, None if hostile.text else 200)
    before, start = _resident(), time.process_time()
    try:
        result = read_page(page)
        if result.story is not None:
            record = result.story.article
            record.to_json(), record.to_schema_org(), signature(record.body), text_digest(record)
    except (MemoryError, Exception) as error:
        print(repr(error)[:200], file=sys.stderr)
        raise
    refused = result.error is not None and not isinstance(result.error, NotAnArticle)
    return Cost(time.process_time() - start, _resident() - before, refused)


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Read the pages that are named, or all; one that takes too much up to three times, as other work may be to blame."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    _read(Hostile(lambda _: _page()), 0)  # which loads what is loaded late
    gc.freeze()  # so that a process that is forked has little to copy
    for name in arguments.names or [name for name, page in PAGES.items() if arguments.all or not page.by_hand]:
        page = PAGES[name]
        share = arguments.share or page.share
        for _ in range(3):
            small, large = _measure(page, share)
            why = fault(small, large, share)
            if not why or large.ended:
                break
        print(json.dumps({"name": name, "small": small, "large": large, "fault": why}), flush=True)


if __name__ == "__main__":
    main()
