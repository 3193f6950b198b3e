"""Whether a page is an article: what speaks for a story outweighs a word that errors and walls use, too."""

import pytest

from scraper import NotAnArticle, extract
from scraper.block import Labelled, Reading
from scraper.fields.claims import read_head
from scraper.label import Label
from scraper.page_type import refusal
from scraper.segment.html import segment_html

ARTICLE = '<meta property="og:type" content="article"><meta property="article:published_time" content="2025-04-12">'
STORY = (
    "<p>The harbor master said on Monday that the boat had been looked for since dawn, with three ships and a helicopter.</p>"
    "<p>The search goes on.</p>"
)


def _page(headline: str, body: str = STORY, head: str = "", foot: str = "© 2025 Coast Post") -> str:
    return (
        f"<html><head><title>{headline} | Coast Post</title>{head}</head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>{headline}</h1><p class='byline'>By Ada Lund</p><time datetime='2025-04-12'>April 12, 2025</time>"
        f"{body}</article><footer><p>{foot}</p></footer></body></html>"
    )


@pytest.mark.parametrize(
    "headline",
    [
        "Missing fishing boat still not found",
        "Access denied to relief ships off the coast",
        "Port bans forbidden nets from May",
        "Why every captcha makes the ferry's booking page slower",
        "Ferry tickets no longer available at the pier",
        "Flight 404 lands safely after engine fire",
        "Members only: the yacht club opens its gates for a day",
        "Der Hafen: 403 Boote und kein Platz",
        "Seite nicht gefunden: Dem Stadtbuch von 1612 fehlt ein Blatt",
        "Page introuvable : le manuscrit du phare reste incomplet",
    ],
)
@pytest.mark.parametrize("head", ["", ARTICLE], ids=["declares nothing", "declares an article"])
def test_a_short_story_may_use_the_words_of_an_error(headline: str, head: str) -> None:
    assert extract(_page(headline, head=head)).headline == headline


def test_a_copyright_line_says_nothing_of_the_page() -> None:
    page = _page(
        "Two lines from the harbor", head=ARTICLE, foot="© 2025. Reproduction is forbidden. Access denied to robots."
    )
    assert extract(page).body


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("404 Not Found", "<h1>404 Not Found</h1><p>nginx</p>", "error page"),
        (
            "Page not found | Coast Post",
            "<h1>Page not found</h1><p>The page you asked for does not exist.</p>",
            "error page",
        ),
        (
            "Error 503",
            "<h1>Service Unavailable</h1><p>Please try again in a few minutes, we are working on it.</p>",
            "error page",
        ),
        (
            "Coast Post",
            "<h1>This article is no longer available</h1><p>It was removed by its author some time ago.</p>",
            "error page",
        ),
        (
            "Seite nicht gefunden",
            "<h1>Seite nicht gefunden</h1><p>Vielleicht ist sie umgezogen, vielleicht gab es sie nie. Bitte suchen Sie.</p>",
            "error page",
        ),
        (
            "Page introuvable",
            "<h1>Page introuvable</h1><p>Elle a peut-être changé d'adresse. Retournez à l'accueil ou cherchez-la.</p>",
            "error page",
        ),
        (
            "Página no encontrada",
            "<h1>Página no encontrada</h1><p>Puede que la dirección haya cambiado. Vuelva a la portada del diario.</p>",
            "error page",
        ),
        ("页面不存在", "<h1>页面不存在</h1><p>您访问的页面不存在或已被删除。</p>", "error page"),
        (
            "Just a moment...",
            "<h1>post.test</h1><p>Verifying you are human. This may take a few seconds.</p>",
            "blocked",
        ),
        ("Access denied", "<h1>Access denied</h1><p>You have been blocked by the owner of this site.</p>", "blocked"),
        (
            "Log in",
            "<h1>Please log in to continue</h1><p>You must be logged in to see this page of ours.</p>",
            "blocked",
        ),
        ("", "<p></p>", "empty"),
    ],
)
def test_a_non_article_is_refused_with_a_reason(title: str, text: str, reason: str) -> None:
    with pytest.raises(NotAnArticle) as caught:
        extract(f"<title>{title}</title><body>{text}</body>")
    assert caught.value.reason == reason


EXCERPT = (
    "The council voted on Monday to close the bridge until the autumn, when divers will have looked at its piles and"
)
ENTRIES = {
    "titles linked": "<article class='post'><h2><a href='/{n}.html'>Story number {n} of the town</a></h2><p>{n} {text} …</p></article>",
    "empty link over each": "<article class='post-entry'><a class='entry-link' href='/{n}.html'></a><h2>Story number {n} of the town</h2><p>{n} {text} …</p></article>",
    "link around each": "<div class='card'><a href='/{n}.html'><h3>Story number {n} of the town</h3><p>{n} {text} …</p></a></div>",
    "buttons": "<div><h2>Story number {n} of the town</h2><p>{n} {text} …</p><p><a href='/{n}.html'>Read more</a></p></div>",
}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("path", ["/", "/tags/bridge/", "/archives/2015/"])
def test_openings_of_other_stories_are_a_listing_however_they_are_marked_up(entry: str, path: str) -> None:
    entries = "".join(entry.format(n=n, text=EXCERPT) for n in range(8))
    page = f"<title>Coast Post</title><body><header><a href='/'>Coast Post</a></header><main>{entries}</main><a href='/page/2/'>Older posts</a></body>"
    with pytest.raises(NotAnArticle) as caught:
        extract(page, url=f"http://post.test{path}")
    assert caught.value.reason == "listing"


@pytest.mark.parametrize(("listing", "reason"), [(0.0, None), (0.02, "listing"), (None, "listing")])
def test_prose_that_is_mostly_links_is_a_list_unless_the_model_is_sure_of_a_story(
    listing: float | None, reason: str | None
) -> None:
    gifts = "".join(
        f"<p><a href='/gift/{n}'>A lamp that burns for a whole winter night</a>, number {n}.</p>" for n in range(9)
    )
    document = segment_html(f"<h1>Nine gifts for a dark winter</h1>{gifts}")
    labelled = tuple(
        Labelled(block, Label.BODY if block.links else Label.HEADLINE, 0.9, "") for block in document.blocks
    )
    assert refusal(document, Reading(labelled, 0.9, listing), read_head(document.head)) == reason
