"""Headline and date of a page of no known template: what it declares, held against what it shows.

Each field has an order of attempts; the first that gives something decides. Declarations are typed and come first where
they are of the right kind; what is shown comes first for the headline, since declared ones carry the site's name.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from scraper import dates
from scraper.block import Block, Claims, Document, Label, Labelled

__all__ = ["first_date", "headline", "published", "without_site"]

_WORDS = re.compile(r"\w+")
_PARTS = re.compile(r"\s+[-–—|_·»›•:/]+\s+|\s*[|»•]\s*")
_FEW = 15
_DAY = timedelta(days=1)
_LONG_DATE, _NEAR, _ABOVE = 160, 40, 3
_SHORT_TITLE = 8


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))


# ---------------------------------------------------------------- headline


def headline(document: Document, labelled: Sequence[Labelled], claims: Claims) -> str:
    """Give the shown headline that the page's title or declarations bear out; else what they declare.

    One that is all of a title or declaration comes before one that is a part of it. The site's name is no headline.
    """
    told = _plain(" \n ".join(filter(None, (document.head.title, claims.headline))))
    site = _plain(claims.site_name or "")
    declared = [without_site(text, claims.site_name) for text in (claims.headline, document.head.title) if text]
    whole = {_plain(text) for text in declared}
    chosen = [each.block.text for each in labelled if each.label is Label.HEADLINE]
    firsts = [block.text for block in document.blocks if block.tag == "h1" and not block.hidden]
    shown = [text for text in (*chosen, *firsts) if not site or _plain(text) not in site]
    long = [text for text in shown if len(_plain(text)) > _SHORT_TITLE]
    named = [text for text in long if _plain(text) in whole] or [text for text in long if _plain(text) in told]
    if named:
        return _without_known_site(named[0], claims.site_name)
    return shown[0] if shown and (chosen or len(firsts) == 1) else next(iter(declared), "")


def _without_known_site(title: str, site_name: str | None) -> str:
    """Leave out a name that the page itself declares; a title's own last part stays."""
    return without_site(title, site_name) if site_name and _plain(title).endswith(_plain(site_name)) else title


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


# ---------------------------------------------------------------- date


def published(document: Document, labelled: Sequence[Labelled], claims: Claims) -> tuple[str | None, datetime | None]:
    """Give the date as it stood and its value: declared, machine-readable, shown near the headline, in the address."""
    languages = (claims.language,) if claims.language else ()
    declared = first_date(claims.published, languages)
    if declared[1]:
        return _borne_out(declared, claims.published, labelled, languages)
    around = _by_distance(labelled)
    attempts = chain(
        _machine_dates(around[:_FEW], languages),
        _address_date(document),
        _shown_dates(around[:_FEW], languages),
        _machine_dates(around[_FEW:], languages),
        _shown_dates(around[_FEW:_NEAR], languages),
        _modified(claims, languages),
        _shown_dates(around[_NEAR:], languages),
    )
    return next((found for found in attempts if found[1]), declared)


def _borne_out(
    first: tuple[str | None, datetime | None],
    declared: Iterable[str],
    labelled: Sequence[Labelled],
    languages: tuple[str, ...],
) -> tuple[str | None, datetime | None]:
    """Where declarations differ by a day or more, give the one whose day is shown near the headline; else the first."""
    moments = [(raw, moment) for raw in declared if (moment := dates.parse(raw, languages))]
    naive = [moment.replace(tzinfo=None) for _, moment in moments]
    if all(abs(each - naive[0]) < _DAY for each in naive):
        return first
    shown = {moment.date() for _, moment in _shown_dates(_by_distance(labelled)[:_FEW], languages) if moment}
    return next((found for found in moments if found[1].date() in shown), first)


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
    at = _headline_at(labelled)
    around = sorted(range(len(labelled)), key=lambda i: (i < at - _ABOVE, abs(i - at)))
    blocks = (labelled[i].block for i in around)
    return [block for block in blocks if not block.hidden and len(block.text) < _LONG_DATE]


def _headline_at(labelled: Sequence[Labelled]) -> int:
    at = next((i for i, each in enumerate(labelled) if each.label is Label.HEADLINE), None)
    if at is None:
        at = next((i for i, each in enumerate(labelled) if each.block.tag == "h1"), 0)
    return at


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
