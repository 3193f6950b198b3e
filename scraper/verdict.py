"""Whether a page is an article at all, and what it is when it is not."""

import re
from collections.abc import Sequence

from scraper.block import Block, Claims, Document, Label, Labelled
from scraper.errors import Reason

__all__ = ["refusal"]

_NO_COUNT = r"\b(?!\s*(?:million|billion|people|killed|dead|days|years|jobs|arrest))"
_ERROR = re.compile(
    rf"^\W*(?:error\W*)?(?:4\d\d|5\d\d){_NO_COUNT}|(?<![\w$€£])404{_NO_COUNT}"
    r"|\b(?:page|file|article) (?:was |is |could )?not (?:be )?found\b|\bnot found\W*$|\bpage (?:is )?unavailable\b"
    r"|\bpage (?:does not|doesn[’']t) exist\b|\bno longer available\b"
    r"|\b(?:internal server|bad gateway|service (?:temporarily )?unavailable)\b|页面不存在|找不到",
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
_SIDEBAR = frozenset((Label.RELATED, Label.RANKING, Label.RECOMMENDATION, Label.LATEST, Label.MORE))
_TITLE, _PARAGRAPH, _SOME, _MANY = 20, 80, 3, 5
_BUTTON = re.compile(
    r"(?:read|learn|see|view) more$|continue reading|read on$|full story|阅读更多|阅读全文|weiterlesen|mehr lesen"
    r"|lire la suite"
    r"|leer m[aá]s|continua a leggere|leggi tutto|lees verder|leia mais",
    re.IGNORECASE,
)
_ARTICLE = re.compile("rticle|Posting|Report")


def refusal(document: Document, labelled: Sequence[Labelled], claims: Claims) -> Reason | None:
    """Give the reason for which a page is no article, or None."""
    visible = [each for each in labelled if each.label is not Label.HIDDEN]
    told = sum([len(each.block.text) for each in visible if each.label in _PROSE])
    if told < _SHORT_PAGE and (reason := _short_page(document, visible, told)):
        return reason
    if not _ARTICLE.search(claims.kind or "") and _is_listing(document, visible, told):
        return "listing"
    dated = any(each.label in (Label.DATE, Label.BYLINE) for each in visible)
    return None if told >= (_FEW_CHARACTERS if dated else 3 * _FEW_CHARACTERS) else "empty"


def _short_page(document: Document, visible: Sequence[Labelled], told: int) -> Reason | None:
    """Errors and walls say what they are in their title, or in one of few lines."""
    shown = sum([len(each.block.text) for each in visible])
    if shown < _FEW_CHARACTERS:
        return "empty"
    heads = [document.head.title, *(each.block.text for each in visible if each.label is Label.HEADLINE)]
    lines = [each.block.text for each in visible if not each.block.links and len(each.block.text) < 100]
    if any(map(_ERROR.search, heads if told > _FEW_WORDS else heads + lines[:40])):
        return "error page"
    text = " ".join(each.block.text for each in visible)[:2000]
    blocked = any(map(_BLOCKED.search, heads)) or (shown < _SHORT_PAGE and _BLOCKED.search(text))
    return "blocked" if blocked else None


def _is_listing(document: Document, visible: Sequence[Labelled], told: int) -> bool:
    """A list of stories: links where the prose should be, titles of others amid it, or more of them than of prose."""
    prose = [each.block for each in visible if each.label in _PROSE]
    listed = sum([len(each.block.text) for each in visible if each.label is Label.LISTING])
    linked = sum([block.link_chars for block in prose])
    if listed > told or 2 * linked > told:
        return True
    subheadings = [each.block.link_chars > 0 for each in visible if each.label is Label.SUBHEADING]
    if sum(subheadings) >= _SOME and all(subheadings):
        return True  # the subheadings of a story are no links
    titles = sum([_is_title(each.block) for each in visible if each.label not in _FRAME and each.label not in _SIDEBAR])
    if titles >= _MANY and told < (_FEW_CHARACTERS if prose else 1):
        return True
    return _is_interrupted(visible, told) or (not document.elements and _is_repetitive(visible))


def _is_interrupted(visible: Sequence[Labelled], told: int) -> bool:
    """Half as many titles as paragraphs stand between them, the first and last of the prose left out."""
    titles = paragraphs = so_far = 0
    for each in visible:
        if each.label in _PROSE:
            so_far += len(each.block.text)
            paragraphs += len(each.block.text) >= _PARAGRAPH
            if so_far > 0.9 * told:
                break
        elif so_far > 0.05 * told:
            titles += _is_title(each.block)
    return titles >= _MANY and 2 * titles >= paragraphs


def _is_repetitive(visible: Sequence[Labelled]) -> bool:
    """In flattened text "Read more" stands after each summary of a list."""
    return sum([len(each.block.text) < _TITLE and bool(_BUTTON.match(each.block.text)) for each in visible]) >= _MANY


def _is_title(block: Block) -> bool:
    return block.link_chars > 0 and len(block.text) >= _TITLE and block.link_chars * 5 >= len(block.text) * 4
