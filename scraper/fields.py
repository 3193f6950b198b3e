"""Authors of a page of no known template, and what is missing from a page.

The authors have an order of attempts; the first that gives something decides. Declarations are typed and come first
where they are of the right kind.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from urllib.parse import urlsplit

from scraper import people
from scraper.block import Block, Claims, Document, Label, Labelled
from scraper.headline import position

__all__ = ["authors", "shortened"]

_BYLINE_CLASS = re.compile(r"byline|author|autor|writer|contributor|redakteur|verfasser|auteur|firma")
_BYLINE_TEXT = re.compile(r"(?:Written |Posted |Story )?(?:By|BY|Von|Por|Par|Di|Door|Av|Af|Oleh)\b[ :]+[^\W\d_]")
_AUTHOR_PATH = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|profiles?|people|staff|contributors?|by|writers?|journalists?|reporters?"
    r"|redaktion|team|users?|members?)/[^/?#]",
    re.IGNORECASE,
)
_SLOT = re.compile(
    r"(?:.{0,60}(?:[·|•–—,]|\d)\s*)?(?:(?:Written|Posted|Story|Created) )?(?:[Bb]y|BY|Von|Por|Par)\b"
    r"[ :]*([^|•·,–—]{2,30}?)"
    r"\s*(?:[|•·–—,].*|\b(?:on|in)\b.*|\d.*)?$"
)
_NAME = re.compile(r"(?=.{4,30}$)[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){1,3}")
_BYLINE_LABELS = frozenset((Label.BYLINE, Label.DATE, Label.OTHER))
_FEW = 15
_LONG_BYLINE, _NEAR, _ABOVE = 150, 40, 3
_NOT_OURS = frozenset(
    (Label.COMMENT, Label.CAPTION, Label.RELATED, Label.LATEST, Label.MORE, Label.LIST_HEADING, Label.RANKING)
)
_SHORT_STORY, _LINE = 1_500, 300
_WALL = re.compile(
    r"(?:subscribe|log ?in|sign ?in|register) (?:now )?to (?:continue|read|keep)|for subscribers|subscribers? only"
    r"|weiterlesen mit|um weiterzulesen|jetzt testen|nur für abonnenten|réservé aux abonnés|pour lire la suite"
    r"|suscr[ií]bete para|exclusivo para suscriptores|riservato agli abbonati|alleen voor abonnees",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])$")


# ---------------------------------------------------------------- authors


def authors(document: Document, labelled: Sequence[Labelled], claims: Claims) -> tuple[str, ...]:
    """Give declared people; else those of the first byline that names any; else a declared brand, or a shown one.

    Where a brand is declared, a byline far from the headline is another story's.
    """
    declared = people.declared(claims.authors)
    host = _host(document.url or document.head.canonical or "")
    persons = _without_brand(declared, claims, host)
    if persons:
        return persons
    start = max(0, position(document, labelled, claims) - _ABOVE)
    near, far = labelled[start : start + _NEAR], (*labelled[start + _NEAR :], *labelled[:start])
    found = chain(
        _byline_people(document, near),
        () if declared else _byline_people(document, far),
        (declared,),
        _linked_people((*near, *far)),
        _slots(document, near),
    )
    shown = next(filter(None, found), ())
    return _without_brand(shown, claims, host) or shown


def _without_brand(names: tuple[str, ...], claims: Claims, host: str) -> tuple[str, ...]:
    return tuple(name for name in names if not people.is_brand(name, claims.site_name, host))


def _byline_people(document: Document, labelled: Sequence[Labelled]) -> Iterator[tuple[str, ...]]:
    return (people.names(lines) for block in _bylines(document, labelled) for lines in _readings(block))


def _linked_people(labelled: Sequence[Labelled]) -> Iterator[tuple[str, ...]]:
    """Give who is linked to by an address of the kind under which sites keep their authors."""
    for each in labelled:
        if each.label not in _NOT_OURS and len(each.block.text) <= _LONG_BYLINE:
            yield people.names(link.text for link in each.block.links if _AUTHOR_PATH.search(link.url or ""))


def _slots(document: Document, labelled: Sequence[Labelled]) -> Iterator[tuple[str, ...]]:
    """Give what stands where a byline may, though it is no one's full name: after "By", by a date, in its class."""
    shown = [each for each in labelled[:_FEW] if each.label in _BYLINE_LABELS and not each.block.hidden]
    lines = [each for each in shown if len(each.block.text) <= _LONG_BYLINE]
    for each in lines:
        if found := _SLOT.match(each.block.text):
            yield people.declared((found[1],))
    for each in lines:
        if each.label is Label.DATE:
            yield people.names(each.block.pieces)
        if _NAME.fullmatch(each.block.text) and _BYLINE_CLASS.search(_names(document, each.block)):
            yield people.declared((each.block.text,))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # the caller's address may be none
        return ""


def _bylines(document: Document, labelled: Sequence[Labelled]) -> Iterator[Block]:
    """Give what says that it is a byline, by its first word or its class; then what is labelled one."""
    short = [
        each
        for each in labelled
        if each.label not in _NOT_OURS and len(each.block.text) <= _LONG_BYLINE and not each.block.hidden
    ]
    for each in short:
        if _BYLINE_TEXT.match(each.block.text) or _BYLINE_CLASS.search(_names(document, each.block)):
            yield each.block
    yield from (each.block for each in short if each.label is Label.BYLINE)


def _names(document: Document, block: Block) -> str:
    if block.element < 0:
        return block.inline
    element = document.elements[block.element]
    around = document.elements[element.parent].names if element.parent >= 0 else ""
    return element.names + around + block.inline


def _readings(block: Block) -> tuple[tuple[str, ...], ...]:
    """A byline cut at its inline elements, which may stand without a space between them; then whole; then its links."""
    return block.pieces, (block.text,), tuple(link.text for link in block.links)


# ---------------------------------------------------------------- what is missing


def shortened(document: Document, body: Sequence[str], claims: Claims) -> Iterator[str]:
    """Give "paywalled" and "truncated", each when two signals or a sure one say that the page holds a part only.

    Sites declare stories as not free that they show whole, and phrases of walls stand on free pages too: so no signal
    of a wall counts alone. A declared text much longer than the body, or a last paragraph that breaks off, is sure.
    """
    told = sum(map(len, body))
    signals = (claims.free is False) + any("paywall" in names for names in document.names)
    if signals > 1 or (signals and told < _SHORT_STORY and _has_wall(document)):
        yield "paywalled"
    if body and (_BROKEN_OFF.search(body[-1]) or len(claims.text or "") > 1.5 * told + _LINE):
        yield "truncated"


def _has_wall(document: Document) -> bool:
    return any(_WALL.search(block.text) for block in document.blocks if len(block.text) < _LINE)
