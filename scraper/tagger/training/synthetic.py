"""Lists of stories made of the corpus' own stories: home pages, sections, tags, archives, as many themes mark them up.

Few pages of the corpus are lists, and crawls meet more lists than stories.
"""

import html
from collections.abc import Iterator, Sequence

import numpy as np

from scraper.segment import segment_html
from scraper.tagger.network import LISTING
from scraper.tagger.training.corpus import UNKNOWN, UNKNOWN_KIND, Example, fold_of_host

__all__ = ["list_pages"]

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
    """Yield pages that list stories of the corpus, each of one fold: the stories are of hosts of that fold alone."""
    order = np.random.default_rng(seed)
    stories = [story for example in examples if (story := _story(example))]
    for count in range(number):
        entries = _several(stories, order)
        host = entries[0][0]
        word = str(order.choice(entries[0][1].split() or ["news"])).lower()
        url = f"https://{host}" + str(order.choice(_PATHS)).format(w=word)
        document = segment_html(_page(entries, host, word, order), url if order.random() < 0.7 else None)
        n = len(document.blocks)
        if n:
            nothing = np.full(n, UNKNOWN, np.float32), np.full(n, UNKNOWN_KIND, np.int64)
            yield Example("synthetic", f"list-{count}", host, document, *nothing, LISTING, {}, False)


_Story = tuple[str, str, list[str]]


def _story(example: Example) -> _Story | None:
    """Return the host, headline and paragraphs of a page with a story."""
    texts = [b.text for b, share in zip(example.document.blocks, example.target.tolist(), strict=True) if share > 0.5]
    prose = [text for text in texts if len(text) >= _LEAST_EXCERPT]
    headline = str(example.gold.get("headline") or example.document.head.title)[:150]
    return (example.host, headline, prose) if prose and headline and example.verdict == 0 else None


def _several(stories: Sequence[_Story], order: np.random.Generator) -> list[_Story]:
    number = int(order.choice([1, 2, 3, 5, 8, 10, 10, 12, 20]))
    first = stories[int(order.integers(len(stories)))]
    same_fold = [story for story in stories if fold_of_host(story[0]) == fold_of_host(first[0])]
    return [same_fold[int(i)] for i in order.integers(0, len(same_fold), number)]


def _page(entries: Sequence[_Story], host: str, word: str, order: np.random.Generator) -> str:
    site = host.split(".", maxsplit=1)[0].title()
    title = str(order.choice(_TITLES)).format(w=word.title(), s=site)
    container = str(order.choice(_CONTAINERS))
    wrapper = _WRAPPERS[int(order.integers(len(_WRAPPERS)))]
    style = {name: order.random() < chance for name, chance in _STYLE.items()}
    level = int(order.choice([1, 2, 2, 3, 4]))
    button = str(order.choice(_BUTTONS))
    inside = "".join(_entry(each, n, wrapper, style, (level, button)) for n, each in enumerate(entries))
    menu = "".join(f"<li><a href='/{w}/'>{w.title()}</a></li>" for w in ("news", "sport", "about", "archive", word))
    heading = f"<h1>{title if order.random() < 0.5 else site}</h1>" if order.random() < 0.7 else ""
    pager = (
        "<nav><a href='/page/1/'>1</a> <a href='/page/3/'>3</a> <a href='/page/4/'>Older posts</a></nav>"
        if order.random() < 0.6
        else ""
    )
    side = (
        f"<aside><h3>Recent Posts</h3><ul>{''.join(f'<li><a href=/p{n}>{html.escape(e[1])}</a></li>' for n, e in enumerate(entries[:5]))}</ul></aside>"
        if order.random() < 0.5
        else ""
    )
    meta = "<meta property='og:type' content='website'>" if order.random() < 0.4 else ""
    return (
        f"<html><head><title>{html.escape(title)}</title>{meta}</head><body><header><a href='/'>{site}</a><ul>{menu}</ul></header>"
        f"{heading}{container}{inside}</{container[1:].split(maxsplit=1)[0].rstrip('>')}>{pager}{side}<footer><p>© 2016 {site}. All rights reserved.</p></footer></body></html>"
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
"""How often a theme has each of these."""


def _entry(story: _Story, number: int, wrapper: tuple[str, str], style: dict[str, bool], look: tuple[int, str]) -> str:
    level, button = look
    _, headline, prose = story
    link, text = f"/2015/08/{number}-story.html", html.escape(headline)
    overlay = f"<a class='entry-link' href='{link}' aria-label='post'></a>" if style["overlay"] else ""
    title = text if style["overlay"] or style["whole"] else f"<a href='{link}'>{text}</a>"
    tag = "div" if style["bare"] else f"h{level}"
    paragraphs = prose[:6] if style["long"] else [prose[0][:300]]
    excerpt = "".join(f"<p>{html.escape(each)}</p>" for each in paragraphs) if style["excerpt"] else ""
    parts = (
        overlay, f"<{tag}>{title}</{tag}>",
        f"<time datetime='2015-08-0{number % 9 + 1}'>August {number % 28 + 1}, 2015</time>" if style["date"] else "",
        "<span class='author'>by <a href='/author/jo/'>Jo Doe</a></span>" if style["author"] else "",
        excerpt, f"<p><a href='{link}'>{button}</a></p>" if style["button"] else "",
        "<div><a href='/tag/a/'>economy</a>, <a href='/tag/b/'>trade</a></div>" if style["tags"] else "",
    )  # fmt: skip
    inside = "".join(parts)
    return f"{wrapper[0]}{f'<a href={link}>{inside}</a>' if style['whole'] else inside}{wrapper[1]}"
