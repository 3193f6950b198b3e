"""Headline, authors and date of a page of no known template: what it declares, held against what it shows.

Each field has an order of attempts; the first that gives something decides. Declarations are typed and come first where
they are of the right kind; what is shown comes first for the headline, since declared ones carry the site's name.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from urllib.parse import urlsplit

from scraper import dates, people
from scraper.block import Block, Claims, Document, Label, Labelled

__all__ = ["authors", "first_date", "headline", "published", "shortened", "without_site"]

_WORDS = re.compile(r"\w+")
_PARTS = re.compile(r"\s+[-–—|_·»›•:/]+\s+|\s*[|»•]\s*")
_BYLINE_CLASS = re.compile(r"byline|author|autor|writer|contributor|redakteur|verfasser|auteur|firma")
_BYLINE_TEXT = re.compile(r"(?:Written |Posted |Story )?(?:By|BY|Von|Por|Par|Di|Door|Av|Af|Oleh)\b[ :]+[^\W\d_]")
_LONG_BYLINE, _LONG_DATE, _NEAR = 150, 160, 40
_SHORT_STORY, _LINE = 1_500, 300
_WALL = re.compile(
    r"(?:subscribe|log ?in|sign ?in|register) (?:now )?to (?:continue|read|keep)|for subscribers|subscribers? only"
    r"|weiterlesen mit|um weiterzulesen|jetzt testen|nur für abonnenten|réservé aux abonnés|pour lire la suite"
    r"|suscr[ií]bete para|exclusivo para suscriptores|riservato agli abbonati|alleen voor abonnees",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])$")


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))


# ---------------------------------------------------------------- headline


def headline(document: Document, labelled: Sequence[Labelled], claims: Claims) -> str:
    """Give the shown headline that the page's title or declarations bear out; else what they declare."""
    told = _plain(" \n ".join(filter(None, (document.head.title, claims.headline))))
    chosen = [each.block for each in labelled if each.label is Label.HEADLINE]
    firsts = [block for block in document.blocks if block.tag == "h1" and not block.hidden]
    shown = [*chosen, *firsts]
    named = [block.text for block in shown if len(_plain(block.text)) > 8 and _plain(block.text) in told]
    if named:
        return named[0]
    if chosen or len(firsts) == 1:
        return shown[0].text
    return without_site(claims.headline or document.head.title, claims.site_name)


def without_site(title: str, site_name: str | None) -> str:
    """Leave out the site's name at a title's end: a known name, or the shorter side of the last dividing mark."""
    parts = list(_PARTS.finditer(title))
    if not parts:
        return title
    last = parts[-1]
    head, tail = title[: last.start()], title[last.end() :]
    if site_name and _plain(title[: parts[0].start()]) == _plain(site_name):
        return title[parts[0].end() :]
    known = bool(site_name) and (_plain(tail) in _plain(site_name or "") or _plain(site_name or "") in _plain(tail))
    return head if known or (len(tail) < 40 and 2 * len(tail) < len(head)) else title


# ---------------------------------------------------------------- authors


def authors(document: Document, labelled: Sequence[Labelled], claims: Claims) -> tuple[str, ...]:
    """Give declared people; else those of the first byline that names any; else a declared brand."""
    declared = people.declared(claims.authors)
    host = _host(document.url or document.head.canonical or "")
    persons = [name for name in declared if not people.is_brand(name, claims.site_name, host)]
    if persons:
        return tuple(persons)
    bylines = (people.names(lines) for block in _bylines(document, labelled) for lines in _readings(block))
    return next(filter(None, bylines), declared)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # the caller's address may be none
        return ""


def _bylines(document: Document, labelled: Sequence[Labelled]) -> Iterator[Block]:
    """Give what says that it is a byline, by its first word or its class; then what is labelled one."""
    short = [each for each in labelled if len(each.block.text) <= _LONG_BYLINE and not each.block.hidden]
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


# ---------------------------------------------------------------- date


def published(document: Document, labelled: Sequence[Labelled], claims: Claims) -> tuple[str | None, datetime | None]:
    """Give the date as it stood and its value: declared, machine-readable, shown near the headline, in the address."""
    languages = (claims.language,) if claims.language else ()
    declared = first_date(claims.published, languages)
    if declared[1]:
        return declared
    around = _by_distance(labelled)
    attempts = chain(
        _machine_dates(around, languages),
        _shown_dates(around[:_NEAR], languages),
        _address_date(document),
        _modified(claims, languages),
        _shown_dates(around[_NEAR:], languages),
    )
    return next((found for found in attempts if found[1]), declared)


def first_date(candidates: Iterable[str], languages: tuple[str, ...]) -> tuple[str | None, datetime | None]:
    """Give the first candidate that is a date; where none is, the first as it stands and None."""
    raw = None
    for candidate in candidates:
        raw = raw or candidate
        if found := dates.parse(candidate, languages):
            return candidate, found
    return raw, None


def _by_distance(labelled: Sequence[Labelled]) -> list[Block]:
    """Give the page's short blocks from the headline on, the nearest first, then those above it."""
    at = next((i for i, each in enumerate(labelled) if each.label is Label.HEADLINE), None)
    if at is None:
        at = next((i for i, each in enumerate(labelled) if each.block.tag == "h1"), 0)
    around = sorted(range(len(labelled)), key=lambda i: (i < at - 3, abs(i - at)))
    blocks = (labelled[i].block for i in around)
    return [block for block in blocks if not block.hidden and len(block.text) < _LONG_DATE]


def _machine_dates(blocks: Sequence[Block], languages: tuple[str, ...]) -> Iterator[tuple[str | None, datetime | None]]:
    for block in blocks:
        if block.datetime:
            yield block.datetime, dates.parse(block.datetime, languages)


def _shown_dates(blocks: Sequence[Block], languages: tuple[str, ...]) -> Iterator[tuple[str | None, datetime | None]]:
    yield from (found for block in blocks if (found := dates.find(block.text, languages)))


def _modified(claims: Claims, languages: tuple[str, ...]) -> Iterator[tuple[str | None, datetime | None]]:
    yield first_date(claims.modified, languages)


def _address_date(document: Document) -> Iterator[tuple[str | None, datetime | None]]:
    url = document.url or document.head.canonical
    if url:
        yield url, dates.from_url(url)


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
