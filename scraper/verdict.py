"""Whether a page is an article at all, and what it is when it is not."""

import re
from collections.abc import Sequence

from scraper.block import Document, Label, Labelled
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
    r"|you must be logged in|members only|subscribers only|unusual traffic|forbidden|请登录",
    re.IGNORECASE,
)
_FEW_CHARACTERS, _SHORT_PAGE = 20, 700
_FRAME = frozenset((Label.NAVIGATION, Label.FOOTER, Label.BREADCRUMB))
_TITLE, _MANY_TITLES = 20, 5


def refusal(document: Document, labelled: Sequence[Labelled]) -> Reason | None:
    """Give the reason for which a page is no article, or None."""
    visible = [each for each in labelled if each.label is not Label.HIDDEN]
    body = sum(len(each.block.text) for each in visible if each.label in (Label.BODY, Label.STANDFIRST))
    shown = sum(len(each.block.text) for each in visible)
    heads = [document.head.title, *(each.block.text for each in visible if each.label is Label.HEADLINE)]
    if not visible or shown < _FEW_CHARACTERS:
        return "empty"
    lines = [each.block.text for each in visible if each.label not in _FRAME and len(each.block.text) < 100]
    if body < _SHORT_PAGE and any(map(_ERROR.search, heads if body > 3 * _FEW_CHARACTERS else heads + lines[:10])):
        return "error page"
    text = " ".join(each.block.text for each in visible)[:2000]
    if body < _SHORT_PAGE and (any(map(_BLOCKED.search, heads)) or (shown < _SHORT_PAGE and _BLOCKED.search(text))):
        return "blocked"
    return _no_story(visible, body)


def _no_story(visible: Sequence[Labelled], body: int) -> Reason | None:
    titles = sum(len(link.text) >= _TITLE for each in visible if each.label not in _FRAME for link in each.block.links)
    listed = sum(len(each.block.text) for each in visible if each.label is Label.LISTING)
    if listed > body or (not body and titles >= _MANY_TITLES):
        return "listing"
    dated = any(each.label is Label.DATE for each in visible)
    return None if body >= (_FEW_CHARACTERS if dated else 3 * _FEW_CHARACTERS) else "empty"
