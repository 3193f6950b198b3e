"""Whether a page is an article at all, and what it is when it is not."""

import re
from collections import Counter
from collections.abc import Sequence

from scraper.block import Block, Document, Label, Labelled
from scraper.errors import Reason

__all__ = ["refusal"]

_ERROR = re.compile(
    r"^\W*(?:error\W*)?(?:4\d\d|5\d\d)\b(?!\s*(?:million|billion|people|killed|dead|days|years|jobs|arrest))"
    r"|\b(?:page|file|article) (?:was |is |could )?not (?:be )?found\b|\bnot found\W*$|\bpage (?:is )?unavailable\b"
    r"|\bpage (?:does not|doesn[’']t) exist\b|\bno longer available\b"
    r"|\b(?:internal server|bad gateway|service (?:temporarily )?unavailable)\b|页面不存在|找不到|404",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"just a moment|attention required|access (?:to this page )?(?:has been |is )?denied"
    r"|verify(?:ing)? (?:that )?you(?:'re| are) (?:a )?human|are you a (?:human|robot)|captcha"
    r"|enable (?:javascript|cookies) (?:and|to)|(?:please )?(?:log|sign) ?in to (?:continue|read|view)"
    r"|you (?:must be|have not|are not) logged in|members only|subscribers only|unusual traffic|forbidden|请登录",
    re.IGNORECASE,
)
_FEW_CHARACTERS, _SHORT_PAGE = 20, 700
_PROSE = frozenset((Label.BODY, Label.STANDFIRST))
_FRAME = frozenset((Label.NAVIGATION, Label.FOOTER, Label.BREADCRUMB))
_TITLE, _MANY = 20, 5


def refusal(document: Document, labelled: Sequence[Labelled]) -> Reason | None:
    """Give the reason for which a page is no article, or None."""
    visible = [each for each in labelled if each.label is not Label.HIDDEN]
    body = [each.block for each in visible if each.label in _PROSE]
    told = sum([len(block.text) for block in body])
    if told < _SHORT_PAGE and (reason := _short_page(document, visible, told)):
        return reason
    if _is_listing(visible, told):
        return "listing"
    dated = any(each.label in (Label.DATE, Label.BYLINE) for each in visible)
    return None if told >= (_FEW_CHARACTERS if dated else 3 * _FEW_CHARACTERS) else "empty"


def _short_page(document: Document, visible: Sequence[Labelled], told: int) -> Reason | None:
    """Errors and walls say what they are in their title, or in one of few lines."""
    shown = sum([len(each.block.text) for each in visible])
    if shown < _FEW_CHARACTERS:
        return "empty"
    heads = [document.head.title, *(each.block.text for each in visible if each.label is Label.HEADLINE)]
    lines = [each.block.text for each in visible if each.label not in _FRAME and len(each.block.text) < 100]
    if any(map(_ERROR.search, heads if told > 3 * _FEW_CHARACTERS else heads + lines[:10])):
        return "error page"
    text = " ".join(each.block.text for each in visible)[:2000]
    blocked = any(map(_BLOCKED.search, heads)) or (shown < _SHORT_PAGE and _BLOCKED.search(text))
    return "blocked" if blocked else None


def _is_listing(visible: Sequence[Labelled], told: int) -> bool:
    """A list of stories: more of it than of prose, titles of others among the prose, or "Read more" after each."""
    listed = sum([len(each.block.text) for each in visible if each.label is Label.LISTING])
    if listed > told:
        return True
    body = [index for index, each in enumerate(visible) if each.label in _PROSE]
    if not body:
        return sum([_is_title(each.block) for each in visible if each.label is Label.OTHER]) >= _MANY
    span = [each.block for each in visible[body[0] : body[-1] + 1]]
    titles = sum(map(_is_title, span))
    again = Counter(block.text for block in span if len(block.text) < _TITLE).most_common(1)
    return (titles >= _MANY and 3 * titles >= 2 * len(body)) or bool(again and again[0][1] >= _MANY)


def _is_title(block: Block) -> bool:
    return block.link_chars > 0 and len(block.text) >= _TITLE and block.link_chars * 5 >= len(block.text) * 4
