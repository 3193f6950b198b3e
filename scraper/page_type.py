"""The type of a page: whether it is an article, and the reason if it is not."""

import re
from collections.abc import Sequence

from scraper.block import Claims, Document, Labelled, Reading, is_title
from scraper.errors import Reason
from scraper.fields.embedded import embedded_body
from scraper.label import LISTS, Label

__all__ = ["refusal"]

_NO_COUNT = r"\b(?!\s*(?:million|billion|people|killed|dead|days|years|jobs|arrest))"
_ERROR = re.compile(
    rf"^\W*(?:error\W*)?(?:4\d\d|5\d\d){_NO_COUNT}|(?<![\w$€£])404{_NO_COUNT}"
    r"|\b(?:page|file|article) (?:was |is |could )?not (?:be )?found\b|\bnot found\W*$|\bpage (?:is )?unavailable\b"
    r"|\bpage (?:does not|doesn[’']t) exist\b|\bno longer available\b"
    r"|\b(?:internal server|bad gateway|service (?:temporarily )?unavailable)\b|页面不存在|找不到"
    r"|\bseite (?:\w+ ){0,2}nicht (?:gefunden|vorhanden)|\bpage (?:introuvable|non trouvée|n[’']existe pas)"
    r"|\bp[áa]gina n(?:o|ão) (?:encontrada|existe)|\bpagina (?:non trovata|niet gevonden)"
    r"|\bstrona nie (?:istnieje|została znaleziona)|\bстраница не (?:найдена|существует)|ページが(?:見つか|存在し)",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"just a moment|attention required|access (?:to this page )?(?:has been |is )?denied"
    r"|verify(?:ing)? (?:that )?you(?:'re| are) (?:a )?human|are you a (?:human|robot)|captcha"
    r"|enable (?:javascript|cookies) (?:and|to)|(?:please )?(?:log|sign) ?in to (?:continue|read|view)"
    r"|you (?:must be|have not|are not) logged in|members only|subscribers only|unusual traffic|forbidden|请登录",
    re.IGNORECASE,
)
_FEW_CHARACTERS, _FEW_WORDS, _SHORT_PAGE = 20, 200, 700
_PROSE = frozenset((Label.BODY, Label.STANDFIRST))
_FRAME = frozenset((Label.NAVIGATION, Label.FOOTER, Label.BREADCRUMB))
_TITLE, _PARAGRAPH, _SOME, _MANY = 20, 80, 3, 5
_SOME_PROSE, _BARE = 100, 18
_LIKELY_LISTING, _POSSIBLE_LISTING, _UNLIKELY_LISTING = 0.6, 0.15, 0.01
_LINE, _LINES, _LEAST_LINKS, _LEAST_LINES = 100, 40, 4, 15
_SENTENCE = re.compile(r"[.!?…。！？؟।][\"'”’»）)]?\s*$")
_BUTTON = re.compile(
    r"(?:read|learn|see|view) more$|continue reading|read on$|full story|阅读更多|阅读全文|weiterlesen|mehr lesen"
    r"|lire la suite"
    r"|leer m[aá]s|continua a leggere|leggi tutto|lees verder|leia mais",
    re.IGNORECASE,
)
_ARTICLE = re.compile("rticle|Posting|Report")


def refusal(document: Document, reading: Reading, claims: Claims) -> Reason | None:
    """Return the reason why a page is not an article, or None if it is one."""
    visible = [item for item in reading.labelled if item.label is not Label.HIDDEN]
    length = sum([len(item.block.text) for item in visible if item.label in _PROSE])
    if length < _SHORT_PAGE:
        texts = [item.block.text for item in visible if item.label in _PROSE]
        if embedded_body(document, claims, texts):
            return None
        if reason := _short_page(document, visible, claims):
            return reason
    is_article = _ARTICLE.search(claims.kind or "") is not None
    if length < 3 * _FEW_CHARACTERS and sum([_is_title(item) for item in visible]) < _SOME:
        return "empty" if length < _least_prose(visible, is_article) else None
    if not (is_article and length >= _SOME_PROSE) and _is_listing(document, reading, visible, length):
        return "listing"
    return None if length >= _least_prose(visible, is_article) else "empty"


def _least_prose(visible: Sequence[Labelled], is_article: bool) -> int:
    """Return the least characters of prose of a story: fewer with a date, a byline or a declaration of an article."""
    dated = any(item.label in (Label.DATE, Label.BYLINE) for item in visible)
    return _FEW_CHARACTERS if dated or is_article else 3 * _FEW_CHARACTERS


def _short_page(document: Document, visible: Sequence[Labelled], claims: Claims) -> Reason | None:
    """Return why a page with little prose is no article, unless the evidence for a story is stronger, or None."""
    heads = [document.head.title, *(item.block.text for item in visible if item.label is Label.HEADLINE)]
    texts = [item.block.text for item in visible if item.block.text not in heads]
    lines = [item.block.text for item in visible if not item.block.links and item.block.text not in heads]
    story = _story_evidence(visible, claims)
    if _evidence(_ERROR, heads, [line for line in lines if len(line) < _LINE][:_LINES]) > story:
        return "error page"
    length = sum([len(item.block.text) for item in visible])
    if _evidence(_BLOCKED, heads, texts[:_LINES] if length < _SHORT_PAGE else ()) > story:
        return "blocked"
    return "empty" if length < _FEW_CHARACTERS else None


def _story_evidence(visible: Sequence[Labelled], claims: Claims) -> int:
    """Return the evidence for a story: declarations, a visible date or byline, sentences."""
    sentences = [item for item in visible if item.label in _PROSE and _SENTENCE.search(item.block.text[-8:])]
    return (
        2 * (_ARTICLE.search(claims.kind or "") is not None)
        + bool(claims.published or claims.authors)
        + any(item.label in (Label.DATE, Label.BYLINE) for item in visible)
        + (sum([len(item.block.text) for item in sentences]) >= _FEW_WORDS)
    )


def _evidence(pattern: re.Pattern[str], heads: Sequence[str], lines: Sequence[str]) -> int:
    """Return the evidence against a story: heads that match a pattern, more if they have few other words, and lines."""
    matches = [(match, head) for head in heads if (match := pattern.search(head))]
    bare = any(len(head) <= len(match[0]) + _BARE for match, head in matches)
    return 2 * bare + bool(matches) + any(map(pattern.search, lines))


def _is_listing(document: Document, reading: Reading, visible: Sequence[Labelled], length: int) -> bool:
    """Return whether the page is a list of stories: by the model, or for a template by its links."""
    prose = [item.block for item in visible if item.label in _PROSE]
    is_linked = 2 * sum([block.link_chars for block in prose]) > length
    if is_linked and (reading.listing is None or reading.listing > _UNLIKELY_LISTING):
        return True
    if reading.listing is not None:
        if document.elements:
            has_links = len({anchor.url for anchor in document.anchors}) >= _LEAST_LINKS
        else:
            has_links = len(visible) >= _LEAST_LINES
        is_shaped = _is_interrupted(visible, length) if document.elements else _is_repetitive(visible)
        return has_links and reading.listing > (_POSSIBLE_LISTING if is_shaped else _LIKELY_LISTING)
    listed = sum([len(item.block.text) for item in visible if item.label is Label.LISTING])
    if listed > length:
        return True
    subheadings = [item.block.link_chars > 0 for item in visible if item.label is Label.SUBHEADING]
    if len(subheadings) >= _SOME and all(subheadings):
        return True  # the subheadings of a story are not links
    titles = sum([_is_title(item) for item in visible if item.label not in _FRAME and item.label not in LISTS])
    if titles >= _MANY and length < (_FEW_CHARACTERS if prose else 1):
        return True
    return _is_interrupted(visible, length) or (not document.elements and _is_repetitive(visible))


def _is_interrupted(visible: Sequence[Labelled], length: int) -> bool:
    """Return whether there are at least half as many titles between paragraphs as paragraphs."""
    titles = paragraphs = so_far = 0
    for item in visible:
        if item.label in _PROSE:
            so_far += len(item.block.text)
            paragraphs += len(item.block.text) >= _PARAGRAPH
            if so_far > 0.9 * length:
                break
        elif so_far > 0.05 * length:
            titles += _is_title(item)
    return titles >= _MANY and 2 * titles >= paragraphs


def _is_repetitive(visible: Sequence[Labelled]) -> bool:
    """Return whether many lines are "Read more", as after the summaries of a list in flattened text."""
    return sum([len(item.block.text) < _TITLE and bool(_BUTTON.match(item.block.text)) for item in visible]) >= _MANY


def _is_title(item: Labelled) -> bool:
    return is_title(item.block.text, item.block.link_chars)
