"""Synthetic pages of simple themes with stories of the corpus: lists of stories, and single stories.

The corpus has few lists, while crawls fetch more lists than stories. The single stories use the same themes, so that
the network does not learn to take every simple page for a list.
"""

import html
from collections.abc import Iterator, Sequence

import numpy as np

from scraper.label import Label
from scraper.segment.html import segment_html
from scraper.tagger.network import ARTICLE, KINDS, LISTING
from scraper.tagger.training.corpus import UNKNOWN, UNKNOWN_KIND, Example, fold_of_host

__all__ = ["list_pages", "story_pages"]

_BUTTONS = (
    "Read more",
    "Continue reading →",
    "Read More »",
    "Weiterlesen",
    "Lire la suite",
    "Leer más",
    "阅读全文",
    "Mehr",
    "Full story",
    "more...",
)
_PATHS = (
    "/",
    "/page/2/",
    "/tag/{w}/",
    "/tags/{w}/",
    "/category/{w}/",
    "/{w}/",
    "/archives/2015/08/",
    "/author/{w}/",
    "/search?q={w}",
    "/blog/",
    "/{w}.html",
    "/archives/page/3/",
)
_TITLES = (
    "{s}",
    "Tag: {w} | {s}",
    "{w} - {s}",
    "Archives | {s}",
    "Posts by {w} | {s}",
    "{w} | Page 2 | {s}",
    "Category: {w}",
    "{s} - Home",
)
_WRAPPERS = (
    ("<article class='post-entry'>", "</article>"), ("<div class='post'>", "</div>"), ("<li>", "</li>"), ("<div>", "</div>"),
    ("<article>", "</article>"), ("<section class='entry'>", "</section>"), ("<div class='card'>", "</div>"), ("<tr><td>", "</td></tr>"),
)  # fmt: skip
_CONTAINERS = (
    "<main>",
    "<div id='content'>",
    "<div class='posts'>",
    "<ul class='list'>",
    "<table>",
    "<section id='main'>",
)
_LEAST_EXCERPT = 80


def list_pages(examples: Sequence[Example], number: int, seed: int) -> Iterator[Example]:
    """Yield pages with lists of stories of the corpus; the stories of a page are of the same fold."""
    order = np.random.default_rng(seed)
    stories = [story for example in examples if (story := _story(example))]
    for count in range(number):
        entries = _several(stories, order)
        host, word = entries[0][0], _word(entries[0], order)
        path = str(order.choice(_PATHS)).format(w=word)
        document = segment_html(_list(entries, word, order), _url(host, path, order))
        n = len(document.blocks)
        if n:
            nothing = np.full(n, UNKNOWN, np.float32), np.full(n, UNKNOWN_KIND, np.int64)
            yield Example("synthetic", f"list-{count}", host, document, *nothing, LISTING, {}, False)


def story_pages(examples: Sequence[Example], number: int, seed: int) -> Iterator[Example]:
    """Yield pages of single stories of the corpus, cut to random lengths."""
    order = np.random.default_rng(seed)
    stories = [story for example in examples if (story := _story(example))]
    for count in range(number):
        others = _several(stories, order)
        host, headline, prose = others[0]
        prose = prose[: int(order.choice([1, 2, 3, 5, 8, 20, 40]))]
        path = f"/{_word(others[0], order)}/{count}-{_word(others[0], order)}.html"
        document = segment_html(_single(headline, prose, others[1:5], order), _url(host, path, order))
        body = set(prose)
        target = np.array([block.text in body for block in document.blocks], np.float32)
        kind = np.array([_kind(block.text, body, headline) for block in document.blocks], np.int64)
        if target.any():
            yield Example("synthetic", f"story-{count}", host, document, target, kind, ARTICLE, {}, False)


def _kind(text: str, story: set[str], headline: str) -> int:
    return (
        KINDS.index(Label.BODY) if text in story else KINDS.index(Label.HEADLINE) if text == headline else UNKNOWN_KIND
    )


def _word(story: "_Story", order: np.random.Generator) -> str:
    return str(order.choice(story[1].split() or ["news"])).lower()


def _url(host: str, path: str, order: np.random.Generator) -> str | None:
    return f"https://{host}{path}" if order.random() < _HAS_URL else None


_HAS_URL = 0.7
_Story = tuple[str, str, list[str]]


def _story(example: Example) -> _Story | None:
    """Return the host, headline and paragraphs of a page; None without a story."""
    texts = [b.text for b, share in zip(example.document.blocks, example.target.tolist(), strict=True) if share > 0.5]
    prose = [text for text in texts if len(text) >= _LEAST_EXCERPT]
    headline = str(example.gold.get("headline") or example.document.head.title)[:150]
    return (example.host, headline, prose) if prose and headline and example.verdict == 0 else None


def _several(stories: Sequence[_Story], order: np.random.Generator) -> list[_Story]:
    number = int(order.choice([1, 2, 3, 5, 8, 10, 10, 12, 20]))
    first = stories[int(order.integers(len(stories)))]
    same_fold = [story for story in stories if fold_of_host(story[0]) == fold_of_host(first[0])]
    return [same_fold[int(i)] for i in order.integers(0, len(same_fold), number)]


def _list(entries: Sequence[_Story], word: str, order: np.random.Generator) -> str:
    site = entries[0][0].split(".")[0].title()
    title = str(order.choice(_TITLES)).format(w=word.title(), s=site)
    wrapper = _WRAPPERS[int(order.integers(len(_WRAPPERS)))]
    style = {name: order.random() < chance for name, chance in _STYLE.items()}
    markup = int(order.choice([1, 2, 2, 3, 4])), str(order.choice(_BUTTONS))
    content = "".join(_entry(entry, n, wrapper, style, markup) for n, entry in enumerate(entries))
    heading = f"<h1>{title if order.random() < 0.5 else site}</h1>" if order.random() < 0.7 else ""
    pager = "<nav><a href='/page/1/'>1</a> <a href='/page/3/'>3</a> <a href='/page/4/'>Older posts</a></nav>"
    footer = pager if order.random() < 0.6 else ""
    kind = "website" if order.random() < 0.4 else ""
    return _page(site, (title, kind), heading + _in_container(content, order) + footer, entries[:5], order)


def _single(headline: str, prose: Sequence[str], others: Sequence[_Story], order: np.random.Generator) -> str:
    site = others[0][0].split(".")[0].title() if others else "Post"
    text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in prose)
    head = (
        f"<h{(level := int(order.choice([1, 1, 2])))}>{html.escape(headline)}</h{level}>"
        if order.random() < 0.85
        else ""
    )
    byline = "<p class='byline'>By <a href='/author/jo/'>Jo Doe</a></p>" if order.random() < 0.5 else ""
    date = "<time datetime='2015-08-03'>August 3, 2015</time>" if order.random() < 0.5 else ""
    related = "".join(f"<li><a href='/2015/08/{n}'>{html.escape(other[1])}</a></li>" for n, other in enumerate(others))
    related_list = f"<h3>Related</h3><ul>{related}</ul>" if order.random() < 0.3 else ""
    title = f"{headline} | {site}" if order.random() < 0.7 else ""
    kind = "article" if order.random() < 0.3 else ""
    wrapper = _WRAPPERS[int(order.integers(len(_WRAPPERS)))]
    story = _in_container(f"{wrapper[0]}{head}{byline}{date}{text}{wrapper[1]}", order)
    return _page(site, (title, kind), story + related_list, others, order)


def _in_container(content: str, order: np.random.Generator) -> str:
    container = str(order.choice(_CONTAINERS))
    return f"{container}{content}</{container[1:].split(maxsplit=1)[0].rstrip('>')}>"


def _page(site: str, head: tuple[str, str], content: str, recent: Sequence[_Story], order: np.random.Generator) -> str:
    """Return a page with a random frame around its content; `head` is its title and declared kind."""
    title, kind = head
    words = ("news", "sport", "about", "archive", "contact")[: int(order.integers(0, 6))]
    menu = "".join(f"<li><a href='/{word}/'>{word.title()}</a></li>" for word in words)
    header = f"<header><a href='/'>{site}</a><ul>{menu}</ul></header>" if order.random() < 0.8 else ""
    links = "".join(f"<li><a href=/p{n}>{html.escape(story[1])}</a></li>" for n, story in enumerate(recent))
    side = f"<aside><h3>Recent Posts</h3><ul>{links}</ul></aside>" if order.random() < 0.4 else ""
    foot = f"<footer><p>© 2016 {site}. All rights reserved.</p></footer>" if order.random() < 0.7 else ""
    meta = f"<meta property='og:type' content='{kind}'>" if kind else ""
    return (
        f"<html><head><title>{html.escape(title)}</title>{meta}</head><body>{header}{content}{side}{foot}</body></html>"
    )


_STYLE = {
    "overlay": 0.15,
    "whole": 0.1,
    "excerpt": 0.85,
    "long": 0.2,
    "button": 0.5,
    "date": 0.6,
    "author": 0.4,
    "tags": 0.3,
    "bare": 0.15,
}
"""The chance of each feature of a theme."""


def _entry(story: _Story, number: int, wrapper: tuple[str, str], style: dict[str, bool], form: tuple[int, str]) -> str:
    level, button = form
    _, headline, prose = story
    link, text = f"/2015/08/{number}-story.html", html.escape(headline)
    overlay = f"<a class='entry-link' href='{link}' aria-label='post'></a>" if style["overlay"] else ""
    title = text if style["overlay"] or style["whole"] else f"<a href='{link}'>{text}</a>"
    tag = "div" if style["bare"] else f"h{level}"
    paragraphs = prose[:6] if style["long"] else [prose[0][:300]]
    excerpt = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs) if style["excerpt"] else ""
    parts = (
        overlay, f"<{tag}>{title}</{tag}>",
        f"<time datetime='2015-08-0{number % 9 + 1}'>August {number % 28 + 1}, 2015</time>" if style["date"] else "",
        "<span class='author'>by <a href='/author/jo/'>Jo Doe</a></span>" if style["author"] else "",
        excerpt, f"<p><a href='{link}'>{button}</a></p>" if style["button"] else "",
        "<div><a href='/tag/a/'>economy</a>, <a href='/tag/b/'>trade</a></div>" if style["tags"] else "",
    )  # fmt: skip
    content = "".join(parts)
    return f"{wrapper[0]}{f'<a href={link}>{content}</a>' if style['whole'] else content}{wrapper[1]}"
