"""A plain labeller for pages of no known template: prose is body, links are not.

It knows nothing but length, links, tags and a few heading words, and its scores say so.
"""

import re

from scraper.block import Block, Document, Label, Labelled

__all__ = ["label_general"]

_SKIPPED = {
    "nav": Label.NAVIGATION,
    "footer": Label.FOOTER,
    "aside": Label.OTHER,
    "figcaption": Label.CAPTION,
    "form": Label.OTHER,
}
_HEADINGS = {
    "related": Label.RELATED,
    "more on this": Label.RELATED,
    "read more": Label.RELATED,
    "most read": Label.RANKING,
    "most popular": Label.RANKING,
    "trending": Label.RANKING,
    "ranking": Label.RANKING,
    "recommend": Label.RECOMMENDATION,
    "editors' picks": Label.RECOMMENDATION,
    "latest": Label.LATEST,
}
_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)]*(?:\s|$)")
_PROSE, _LINKED = 80, 0.5


def label_general(document: Document) -> tuple[Labelled, ...]:
    """Label every block; never surely."""
    regions = _regions(document)
    headline = _headline(document)
    kind: Label | None = None
    result: list[Labelled] = []
    for index, block in enumerate(document.blocks):
        opens = next((k for word, k in _HEADINGS.items() if block.text.lower().startswith(word)), None)
        if opens and len(block.text) < 40:
            kind, verdict = opens, (Label.LIST_HEADING, 0.6, "a heading of a list")
        else:
            verdict = _verdict(block, index - headline, regions[block.element] if block.element >= 0 else None, kind)
            kind = None if verdict[0] is Label.BODY else kind
        result.append(Labelled(block, *verdict))
    return tuple(result)


def _regions(document: Document) -> list[Label | None]:
    regions: list[Label | None] = []
    for element in document.elements:
        above = regions[element.parent] if element.parent >= 0 else None
        regions.append(_SKIPPED.get(element.tag, above))
    return regions


def _headline(document: Document) -> int:
    """The first h1, else the first block that stands in the page's title."""
    texts = list(document.blocks)
    by_tag = (i for i, block in enumerate(texts) if block.tag == "h1" and not block.hidden)
    by_title = (i for i, block in enumerate(texts) if len(block.text) > 15 and block.text in document.head.title)
    return next(by_tag, next(by_title, 0))


def _verdict(block: Block, distance: int, region: Label | None, kind: Label | None) -> tuple[Label, float, str]:
    if block.hidden:
        return Label.HIDDEN, 1.0, "declared invisible"
    if distance == 0:
        return Label.HEADLINE, 0.6, "the first heading"
    if region is not None:
        return region, 0.6, "the tag of an ancestor"
    linked = block.link_chars > _LINKED * len(block.text)
    if linked:
        return (kind, 0.5, "links under a heading") if kind else (Label.OTHER, 0.6, "mostly links")
    if distance > 0 and len(block.text) >= _PROSE and _SENTENCE.search(block.text):
        return Label.BODY, 0.6, "prose behind the headline"
    if distance > 0 and block.tag in _TAGS:
        return Label.OTHER, 0.4, "a heading"
    return Label.OTHER, 0.4, "neither prose nor a list"
