"""A page in, its document out: the walk over the tree, and what is decided once the whole page is known."""

import re

from selectolax.lexbor import LexborHTMLParser

from scraper.block import Document
from scraper.errors import ScraperError
from scraper.segment import limits
from scraper.segment.html.noscript import unhide_unique
from scraper.segment.html.table_rows import join_cells
from scraper.segment.html.walk import Walk

__all__ = ["segment_html"]

_SHADOW_ROOT = "shadow-root"
_TEMPLATE = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:(script|style|textarea|title)\b.*?(?:</\1|\Z)|(?P<close>/?)(?P<tag>template)\b(?P<rest>[^<>]*)>)",
    re.IGNORECASE | re.DOTALL,
)
_IS_SHADOW = re.compile(r"\sshadowroot(?:mode)?\s*=\s*[\"']?(?:open|closed)\b", re.IGNORECASE)


def segment_html(html: str, url: str | None = None) -> Document:
    """Cut a page into its blocks; raise `ScraperError` for a page that cannot be parsed in reasonable time."""
    limits.check(html)
    walk = _walk(html, url)
    if walk.has_shadow_roots:
        walk = _walk(_open_shadow_roots(html), url)
    builder, contexts = walk.builder, walk.contexts
    unhide_unique(builder.blocks, builder.noscript)
    blocks = join_cells(builder.blocks, contexts.elements)
    limits.check_blocks(len(blocks))
    return Document(
        tuple(blocks),
        tuple(contexts.elements),
        walk.head.head(),
        tuple(walk.links.anchors),
        tuple(contexts.names.values()),
        url,
        walk.pictures.placed(builder.blocks, blocks, contexts),
    )


def _walk(html: str, url: str | None) -> Walk:
    try:
        root = LexborHTMLParser(html).root
    except Exception as error:  # the parser names no common base for its errors
        raise ScraperError(f"the page cannot be parsed: {error}") from error
    walk = Walk(url)
    if root is not None:
        walk.read(root)
    return walk


def _open_shadow_roots(html: str) -> str:
    """Rename declarative shadow roots: a browser shows their content, but the parser puts it out of the tree."""
    are_roots: list[bool] = []  # of the templates that are open

    def rename(match: re.Match[str]) -> str:
        if not match["tag"]:
            return match[0]
        if match["close"]:
            return f"</{_SHADOW_ROOT}>" if are_roots and are_roots.pop() else match[0]
        are_roots.append(_IS_SHADOW.search(match["rest"]) is not None)
        return f"<{_SHADOW_ROOT}{match['rest']}>" if are_roots[-1] else match[0]

    return _TEMPLATE.sub(rename, html)
