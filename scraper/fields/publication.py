"""The dates of publication and of the last change: the declared ones, checked against the visible ones.

`published` and `modified` state their sources in order; the first one with a date decides. A word, a class name or a
declaration next to a visible date gives it a role: publication or change. Dates of comments and other stories are
ignored.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from itertools import chain, islice
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper import vocabulary
from scraper.block import Block, Claims, Document, Element, Labelled
from scraper.fields import dates
from scraper.fields.headline import position
from scraper.label import LISTS, STORY, Label

__all__ = ["modified", "published"]

_Dated = tuple[str | None, datetime | None]
"""A date as written, and its value."""

_DAY = timedelta(days=1)
_LONG_LINE = 160  # a longer text is not a line of dates
_NEAR, _BELOW, _ABOVE = 15, 3, 3  # blocks from the headline on, right below it, above it
_OTHERS = frozenset(
    (
        *LISTS, Label.COMMENT, Label.LISTING, Label.LIST_HEADING, Label.PROMO,
    )
)  # fmt: skip
_OWN = frozenset((Label.DATE, Label.BYLINE))
_NOTE, _SHORT_NOTE, _LONG_NOTE = 60, 25, 100  # characters next to a date: names, a section, the reading time
_NAMING = 30  # the longest label of the date after it
_MOST_IN_STATE = 20
_IN_STATE = re.compile(
    r"""\\?["'](?:date|first|original|article)?[_-]?(?:publish(?:ed)?|publication|posted)(?:[_-]?(?:date|time|at|on))?\\?["']"""
    r"""\s?:\s?\\?["']([^"'\\,}]{8,40})""",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"(?<![a-z])comment[-_]*(?:meta|author|date|time|body|content|item|text|info|head)"
    r"|comments?[-_]*(?:list|area|thread)| comment "
)


def _word_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of the words: at the start of a word, except before "by" as in "edited by"."""
    longest = sorted(words, key=len, reverse=True)
    parted = "|".join(re.escape(word) for word in longest if word[0] < "\u2e80")
    joined = "|".join(re.escape(word) for word in longest if word[0] >= "\u2e80")
    return re.compile(rf"(?:(?<![^\W\d_])(?:{parted})(?!\s+(?:by|von|par|por|da)\b)|{joined})", re.IGNORECASE)


_PUBLISHED, _UPDATED = _word_pattern(vocabulary.PUBLISHED), _word_pattern(vocabulary.UPDATED)
_PUBLISHED_CLASS = re.compile(r"publi|posted|creat|(?:entry|post)[-_]?date")
_UPDATED_CLASS = re.compile(r"updat|modif|changed")


class _ShownDate(NamedTuple):
    """A date in the visible text."""

    raw: str
    moment: datetime
    updated: bool | None
    """The role: True for a change, False for publication, None if unknown."""
    alone: bool
    """Whether the line has little else than the date."""
    at: int
    """The distance of the line below the headline, in blocks."""


def published(document: Document, labelled: Sequence[Labelled], claims: Claims) -> _Dated:
    """Return the date of publication as written and its value.

    In order: the declared date, corrected by the dates near the headline; a date alone in its line near the headline; a
    date of publication further away; the day in the URL; a date of change near the headline; a date alone in its line
    further away; eight digits in the URL; a date among other words near the headline; a declared change; any visible
    date; a date in the state of scripts.
    """
    page = _Page(document, labelled, claims)
    declared = [(raw, moment) for raw in claims.published if (moment := page.parse(raw))]
    if declared:
        return _correct(declared, page)
    address = document.url or document.head.canonical or ""
    day = dates.from_url(address)
    attempts: Iterator[_Dated] = chain(
        _publications(page.near, day),
        (candidate[:2] for candidate in page.far if candidate.updated is False),
        [(address, day)],
        (candidate[:2] for candidate in page.near if candidate.updated),
        _publications(page.far, day),
        [(address, dates.from_url(address, numbers=True))],
        (candidate[:2] for candidate in page.near),
        ((raw, page.parse(raw)) for raw in claims.modified),
        (candidate[:2] for candidate in page.far),
        page.scripted(),
    )
    return next((pair for pair in attempts if pair[1]), (next(iter(claims.published), None), None))


def modified(document: Document, labelled: Sequence[Labelled], claims: Claims) -> datetime | None:
    """Return the date of the last change: the declared one, else the visible one nearest to the headline."""
    page = _Page(document, labelled, claims)
    declared = (moment for raw in claims.modified if (moment := page.parse(raw)))
    updates = (candidate.moment for candidate in chain(page.near, page.far) if candidate.updated)
    return next(chain(declared, updates), None)


# ---------------------------------------------------------------- what is shown


def _publications(candidates: Sequence[_ShownDate], day: datetime | None) -> Iterator[_Dated]:
    """Yield the dates alone in their lines: first those of publication, then of the day in the URL, then all."""
    lines = [candidate for candidate in candidates if candidate.alone and not candidate.updated]
    yield from (candidate[:2] for candidate in lines if candidate.updated is False)
    if day:
        yield from (candidate[:2] for candidate in lines if abs(_naive(candidate.moment).date() - day.date()) <= _DAY)
    yield from (candidate[:2] for candidate in lines)


class _Page:
    """The visible dates of a page, read lazily."""

    def __init__(self, document: Document, labelled: Sequence[Labelled], claims: Claims) -> None:
        self.document, self.labelled, self.claims = document, labelled, claims

    def parse(self, raw: str) -> datetime | None:
        return dates.parse(raw, self.languages)

    def scripted(self) -> Iterator[_Dated]:
        """Yield the dates of publication in the page state of scripts."""
        for state in self.document.head.state:
            for match in islice(_IN_STATE.finditer(state), _MOST_IN_STATE):
                yield match[1], self.parse(match[1])

    @functools.cached_property
    def languages(self) -> tuple[str, ...]:
        """The language tags that order day and month: the page's language, else its other dates and its host."""
        declared = (self.claims.language,) if self.claims.language else ()
        if declared and declared != ("en",):
            return declared
        order = dates.numeric_order(block.text for block in self.document.blocks)
        return (*declared, *((order,) if order else ()), *_country(self.document.url or ""))

    @functools.cached_property
    def _headline_index(self) -> int:
        return position(self.document, self.labelled, self.claims)

    @functools.cached_property
    def _line_indices(self) -> list[int]:
        """The indices of short lines: from the headline on, nearest first, then those above it."""
        at, blocks = self._headline_index, [item.block for item in self.labelled]
        short = (i for i, block in enumerate(blocks) if len(block.text) < _LONG_LINE and not block.hidden)
        return sorted(short, key=lambda i: (i < at - _ABOVE, abs(i - at)))

    @functools.cached_property
    def near(self) -> tuple[_ShownDate, ...]:
        return tuple(chain.from_iterable(map(self._read_line, self._line_indices[:_NEAR])))

    @functools.cached_property
    def far(self) -> tuple[_ShownDate, ...]:
        lines = ((i, self.labelled[i].block) for i in self._line_indices[_NEAR:])
        dated = (i for i, block in lines if block.datetime or dates.has_year(block.text))
        return tuple(chain.from_iterable(map(self._read_line, dated)))

    def _read_line(self, index: int) -> list[_ShownDate]:
        """Return the dates of a line with their roles."""
        block = self.labelled[index].block
        matches = list(dates.find_all(block.text, self.languages))
        machine = self.parse(block.datetime) if block.datetime else None
        if not (matches or machine) or self._is_other(index):
            return []
        names, at = self._names(block), index - self._headline_index
        if not matches and machine:
            return [_ShownDate(block.datetime or "", machine, self._role(index, names), True, at)]
        rest = len(block.text) - sum(len(match.raw) for match in matches)
        note, roles = self._max_rest(index), self._roles(index, names, matches)
        candidates = [
            _ShownDate(match.raw, match.moment, role, rest <= (note if role is None else _LONG_NOTE), at)
            for match, role in zip(matches, roles, strict=True)
        ]
        return _with_roles([_with_machine_value(candidate, block.datetime, machine) for candidate in candidates])

    def _is_other(self, index: int) -> bool:
        """Return whether a line belongs to a comment, a quoted post, or another story not right below the headline."""
        item = self.labelled[index]
        if item.label in _OTHERS and not 0 < index - self._headline_index <= _BELOW:
            return True
        tags = {element.tag for element in self._ancestors(item.block, 4)}
        return "blockquote" in tags or _COMMENT.search(self._names(item.block)) is not None or "(@" in item.block.text

    def _max_rest(self, index: int) -> int:
        """Return how many other characters the line of a date may have: fewer in prose, none in a headline."""
        item = self.labelled[index]
        if item.label is Label.HEADLINE or item.block.tag == "h1":
            return 0
        if item.label is Label.CAPTION or item.block.tag == "figcaption":
            return _SHORT_NOTE
        prose = item.label in STORY and not -1 <= index - self._headline_index <= _BELOW
        return _SHORT_NOTE if prose else _LONG_NOTE if item.label in _OWN else _NOTE

    def _ancestors(self, block: Block, count: int) -> Iterator[Element]:
        element = block.element
        while element >= 0 and count:
            yield self.document.elements[element]
            element, count = self.document.elements[element].parent, count - 1

    def _names(self, block: Block) -> str:
        return block.inline + "".join(element.names for element in self._ancestors(block, 2))

    def _roles(self, index: int, names: str, matches: Sequence[dates.DateMatch]) -> Iterator[bool | None]:
        text = self.labelled[index].block.text
        ends = (0, *(match.end for match in matches))
        for number, match in enumerate(matches):
            role = _announced_role(text[ends[number] : match.start])
            if role is None and number + 1 == len(matches) and len(text) - match.end <= _NAMING:
                role = _announced_role(text[match.end :])
            yield self._role(index, names) if role is None and len(matches) == 1 else role

    def _role(self, index: int, names: str) -> bool | None:
        """Return the role of the only date of a line: by its words, the line before, a declaration, or its class."""
        block = self.labelled[index].block
        previous = self.labelled[index - 1].block.text if index else ""
        role = _announced_role(block.text) if block.datetime else None
        if role is None and len(previous) <= _NAMING:
            role = _announced_role(previous)
        if role is None and block.datetime and block.datetime in self.claims.modified:
            role = True
        if role is None and _UPDATED_CLASS.search(names) and not _PUBLISHED_CLASS.search(names):
            role = True
        return role


def _announced_role(text: str) -> bool | None:
    """Return the role that the last word for publication or change in a text announces."""
    last = {True: -1, False: -1}
    for updated, words in ((False, _PUBLISHED), (True, _UPDATED)):
        for match in words.finditer(text):
            last[updated] = match.start()
    return None if max(last.values()) < 0 else last[True] >= last[False]


def _with_machine_value(candidate: _ShownDate, raw: str | None, machine: datetime | None) -> _ShownDate:
    """Return the date with the machine-readable value of the same day, which has a time and a zone."""
    if machine is None or abs(_naive(machine) - _naive(candidate.moment)) > _DAY:
        return candidate
    return candidate._replace(raw=raw or "", moment=machine)


def _with_roles(candidates: list[_ShownDate]) -> list[_ShownDate]:
    """Return the dates of a line with roles: of those without, all but the earliest are changes."""
    roleless = [candidate for candidate in candidates if candidate.updated is None and candidate.alone]
    first = min(roleless, key=lambda candidate: _naive(candidate.moment), default=None)
    return [
        candidate._replace(updated=True) if candidate in roleless and candidate != first else candidate
        for candidate in candidates
    ]


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _country(url: str) -> tuple[str, ...]:
    """Return the tag of English in the host's country, which orders "3/4/2023"."""
    try:
        ending = (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:  # the caller's URL may be malformed
        return ()
    return (f"en-{ending.upper()}",) if len(ending) == 2 and ending.isascii() else ()


# ---------------------------------------------------------------- what is declared


def _correct(declared: list[tuple[str, datetime]], page: _Page) -> _Dated:
    """Return the declared date that a visible one confirms, or a visible one that is more reliable."""
    first = declared[0]
    if not page.near or any(candidate.moment.date() == first[1].date() for candidate in page.near):
        return _with_zone(first, declared, page.near)
    candidates = [
        candidate for candidate in page.near if candidate.alone and not candidate.updated and candidate.at >= -1
    ]
    days = {candidate.moment.date() for candidate in candidates}
    readings = ((raw, dates.swapped(raw, moment)) for raw, moment in declared)
    other_days = (pair for pair in declared if abs(_naive(pair[1]) - _naive(first[1])) >= _DAY)
    for raw, moment in chain(other_days, readings):
        if moment and moment.date() in days:
            return raw, moment
    modified_days = {moment.date() for raw in page.claims.modified if (moment := page.parse(raw))}
    unmodified = [candidate for candidate in candidates if candidate.moment.date() not in modified_days]
    return _local_day(first, unmodified) or _republished(first, unmodified, modified_days) or first


def _with_zone(
    first: tuple[str, datetime], declared: Sequence[tuple[str, datetime]], near: Sequence[_ShownDate]
) -> _Dated:
    """Return the declared time in the zone in which the page also shows or declares it, if any."""
    if not _is_utc(first[1]):
        return first
    zoned = (pair for pair in (*declared, *(pair[:2] for pair in near)) if pair[1].utcoffset())
    return next((pair for pair in zoned if abs(pair[1] - first[1]) <= _MINUTE), first)


_MINUTE, _QUARTER = timedelta(minutes=1), timedelta(minutes=15)
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


def _is_utc(moment: datetime) -> bool:
    return moment.utcoffset() == timedelta(0)


def _local_day(first: tuple[str, datetime], candidates: Sequence[_ShownDate]) -> _Dated | None:
    """Return the visible day, with the time if known, if the declared UTC time is on another day at the portal."""
    if not _is_utc(first[1]):
        return None
    moment = _naive(first[1])
    for candidate in candidates:
        difference = _naive(candidate.moment) - moment
        offset = round(difference / _QUARTER) * _QUARTER
        if _WEST <= offset <= _EAST and abs(difference - offset) <= _MINUTE:
            return candidate.raw, first[1].astimezone(timezone(offset))
        if (moment + _WEST).date() <= candidate.moment.date() <= (moment + _EAST).date():
            return candidate[:2]
    return None


def _republished(first: tuple[str, datetime], candidates: Sequence[_ShownDate], changes: set[date]) -> _Dated | None:
    """Return a visible date of publication if the declared one may be that of an import or a change, or None.

    It is earlier and has the role of publication, or is the only one right below the headline, or is earlier than a
    declared date of publication that is also that of the last change.
    """
    earlier = [candidate for candidate in candidates if _naive(first[1]) - _naive(candidate.moment) > _DAY]
    right_below = [candidate for candidate in candidates if 0 < candidate.at <= _BELOW]
    is_modification = any(abs(day - first[1].date()) <= _DAY for day in changes)
    surer = chain(
        (candidate for candidate in earlier if candidate.updated is False),
        right_below if len(right_below) == 1 else (),
        earlier if is_modification and len(earlier) == len(candidates) else (),
    )
    return next((candidate[:2] for candidate in surer if not _is_swapped(candidate, first[1])), None)


def _is_swapped(candidate: _ShownDate, declared: datetime) -> bool:
    """Return whether the visible date is the declared one with day and month swapped."""
    reading = dates.swapped(candidate.raw, candidate.moment)
    return reading is not None and reading.date() == declared.date()
