"""Labels that no gold has, by rule: lists by their heading, captions and bylines by tag and class.

They teach the model kinds of blocks on the pages where the rule sees them; the model then knows them by all its features,
where no rule would. A rule here never decides at run time.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scraper import lists
from scraper.block import Block, Document, Label
from scraper.tagger.model import KINDS

__all__ = ["kinds", "kinds_of_lines"]

_CLASSES = (
    (Label.BREADCRUMB, r"breadcrumbs?|crumbs?"),
    (Label.CAPTION, r"\w*caption\w*|credits?|copyright|photographer|bildunterschrift|<figcaption>"),
    (Label.COMMENT, r"\w*comments?|commentlist|respond|disqus\w*|kommentare?|<comment>"),
    (Label.BYLINE, r"\w*byline\w*|\w*authors?|autor\w*|writer"),
    (Label.TAGS, r"tags?|taglist|tagcloud|topics?|keywords?|schlagw\w+"),
    (Label.PROMO, r"newsletters?|subscri\w+|promo\w*|advert\w*|ads?|sponsor\w*|paywall\w*|donat\w+|signup|cookies?|consent|gdpr|cta|banner"),
    (Label.FOOTER, r"\w*footer\w*|<footer>|colophon|impressum"),
    (Label.NAVIGATION, r"nav|navbar|navigation|\w*menu\w*|<nav>|<header>|<menu>|header|share\w*|social\w*|pagination|pager|skip|masthead|toolbar"),
)  # fmt: skip
_BY_CLASS = tuple((label, re.compile(rf" (?:{pattern}) ")) for label, pattern in _CLASSES)
_STANDFIRST = re.compile(
    r" (?:standfirst|\w*dek|lead|lede|\w*intro\w*|subtitle|sub|subhead\w*|subline|summary|excerpt|teaser|chapo|vorspann|abstract|deck|description|kicker|ingress|sommario|bajada) "
)
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d+ (?:hours?|days?|min\w*|weeks?|months?) ago\b")
_BY = re.compile(
    r"(?:by|von|par|por|di|door|av|af|oleh|autor|author|text|story|written by|reporting by)\b[ :]", re.IGNORECASE
)
_FOOT = re.compile(r"©|\(c\) ?20|copyright\b|all rights reserved|alle rechte", re.IGNORECASE)
_STORY = 0.5
_SPLIT = re.compile(r"[^a-z0-9<>]+")


def kinds(document: Document, target: NDArray[np.float32], gold: dict[str, Any]) -> NDArray[np.int64]:
    """Give each block the index of its kind in `KINDS`."""
    blocks = document.blocks
    above = [" "]
    for element in document.elements:
        words = " ".join(_SPLIT.split(f"<{element.tag}> {element.names}"))
        above.append(f"{above[element.parent + 1]} {words} ")
    contexts = [above[block.element + 1] + block.inline for block in blocks]
    found = [_kind(block, context, gold) for block, context in zip(blocks, contexts, strict=True)]
    linked = (lists.is_title(block) and label is Label.OTHER for block, label in zip(blocks, found, strict=True))
    guessed = [Label.RELATED if is_link else label for is_link, label in zip(linked, found, strict=True)]
    found = lists.typed(blocks, guessed, [share >= _STORY for share in target.tolist()])
    _read_headline(blocks, found, target, gold.get("headline") or "")
    _read_body(document, found, target, contexts)
    return np.array([KINDS.index(label) for label in found])


def kinds_of_lines(lines: Document, page: Document, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Carry a page's labels to its flattened lines, by their text; what is found nowhere is `other`."""
    known = dict(zip([block.text for block in page.blocks], labels.tolist(), strict=True))
    other = KINDS.index(Label.OTHER)
    return np.array([known.get(block.text, other) for block in lines.blocks])


def _kind(block: Block, context: str, gold: dict[str, Any]) -> Label:
    text = block.text
    if block.hidden:
        return Label.HIDDEN
    short = len(text) < 100
    if short and (_BY.match(text) or any(author in text for author in gold.get("authors") or ())):
        return Label.BYLINE
    if len(text) < 60 and (block.datetime or _DATE.search(text)) and " <a> " not in context:
        return Label.DATE
    for label, pattern in _BY_CLASS:
        if pattern.search(context) and (short or label is not Label.BYLINE):
            return label
    return Label.FOOTER if _FOOT.search(text) else Label.OTHER


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _read_headline(blocks: Sequence[Block], found: list[Label], target: NDArray[np.float32], headline: str) -> None:
    wanted = _plain(headline)
    same = [i for i, block in enumerate(blocks) if _plain(block.text) == wanted] if wanted else []
    if same:
        best = next((i for i in same if blocks[i].tag == "h1"), same[0])
        found[best] = Label.HEADLINE


def _read_body(document: Document, found: list[Label], target: NDArray[np.float32], contexts: list[str]) -> None:
    described = document.head.meta.get("og:description") or document.head.meta.get("description") or "\0"
    begun = False
    for index, block in enumerate(document.blocks):
        if target[index] < 0.5:
            continue
        named = any(_STANDFIRST.search(f" {words} ") for words in [contexts[index][-80:]])
        if not begun and (named or block.text in described) and 40 <= len(block.text) <= 500:
            found[index] = Label.STANDFIRST
            continue
        if found[index] is Label.HEADLINE:
            continue
        begun = begun or len(block.text) > 100
        found[index] = Label.SUBHEADING if block.tag in _HEADING_TAGS else Label.BODY


_HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
