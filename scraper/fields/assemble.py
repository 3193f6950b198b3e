"""Assembly of a record from labelled blocks and the page's declarations.

For a known template the visible lines take precedence; elsewhere the declarations do, since they are typed. A field
that neither has stays None.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urljoin

from scraper.article import Article, BodyType, Dateline, Extraction, Image, Link, Sidebar
from scraper.block import Block, Claims, Document, Labelled, Reading
from scraper.fields import (
    authors,
    body_types,
    dateline,
    dates,
    headline,
    images,
    keyword_stuffing,
    paywall,
    person_names,
    publication,
)
from scraper.fields.embedded import embedded_body
from scraper.label import LISTS, STORY, Label
from scraper.templates import Profile
from scraper.version import __version__

__all__ = ["assemble", "join"]

_HOME = re.compile(r"^[^:：]{1,20}[:：]\s*(?:Home|网站首页|首页)")
_OPENING = 3  # leading paragraphs that are searched for a dateline
_EDGES = " -|·,【】"
_LEAST_LINKED = 3  # at least a third of an entry's text is link text
_RANK = re.compile(r"(\d{1,2})(?:[.)、]\s*|\s+)(?=\S)")
_SUMMARY = re.compile(r"^(?:简介|摘要|导读|Summary|Abstract)\s*[:：]?\s*(?=\S)")


class _Story(list[Labelled]):
    """The labelled blocks of a page, with access by label."""

    def __init__(self, labelled: Sequence[Labelled]) -> None:
        super().__init__(labelled)
        self.by: dict[Label, list[Labelled]] = {}
        for item in labelled:
            self.by.setdefault(item.label, []).append(item)

    def texts(self, *labels: Label) -> list[str]:
        return [item.block.text for label in labels for item in self.by.get(label, ())]


def assemble(document: Document, reading: Reading, claims: Claims, profile: Profile | None = None) -> Article:
    """Return the record of an article's page."""
    labelled = reading.labelled
    story = _Story(labelled)
    title = _headline(document, story, claims, profile)
    title, body, warnings = _read_body(document, story, claims, profile, title)
    raw, published = _published(document, story, claims, profile)
    lines = story.texts(Label.BYLINE, Label.DATE)
    lead = _absolute(claims.image, document.url)
    pictures = images.of_story(document, labelled, lead)
    return Article(
        headline=title,
        url=document.url,
        canonical_url=document.head.canonical,
        site_name=_site_name(document, story, claims, profile, title),
        section=_section(story, claims, profile),
        description=claims.description,
        dateline=body.dateline,
        date_published=published,
        date_published_raw=raw,
        date_modified=publication.modified(document, story, claims),
        authors=_authors(document, story, claims, profile),
        body=body.texts,
        body_types=body.types,
        sidebar=Sidebar({str(kind): _links(story, kind) for kind in LISTS if kind in story.by}),
        like_count=_count(profile, "like_count", story.texts(Label.LIKE)),
        view_count=_count(profile, "view_count", lines),
        image=lead or (pictures[0].url if pictures else None),
        images=pictures,
        language=claims.language,
        keywords=claims.keywords,
        extraction=Extraction(
            profile.name if profile else "generic",
            _confidence(story, reading),
            (*warnings, *reading.warnings, *paywall.shortened(document, body.texts, claims)),
            __version__,
        ),
    )


def join(parts: Sequence[Article]) -> Article:
    """Return one record of a story that is split over pages: the first page's fields, body and images of all.

    A dateline of a later part is restored to its text.
    """
    first, *later = parts
    warnings = (warning for part in parts for warning in part.extraction.warnings)
    pictures: dict[str, Image] = {}
    for image in (image for part in parts for image in part.images):
        pictures.setdefault(image.url, image)
    return dataclasses.replace(
        first,
        body=(*first.body, *(text for part in later for text in part.paragraphs)),
        body_types=tuple(kind for part in parts for kind in part.body_types),
        images=tuple(pictures.values()),
        extraction=dataclasses.replace(first.extraction, warnings=tuple(dict.fromkeys(warnings))),
    )


def _absolute(address: str | None, base: str | None) -> str | None:
    try:
        return urljoin(base, address) if address and base else address
    except ValueError:
        return None


# ---------------------------------------------------------------- headline and body


class _Body(NamedTuple):
    """The entries of a body, their types, and the dateline that was split off."""

    texts: tuple[str, ...]
    types: tuple[BodyType, ...]
    dateline: Dateline | None


def _read_body(
    document: Document, story: _Story, claims: Claims, profile: Profile | None, title: str
) -> tuple[str, _Body, tuple[str, ...]]:
    """Return the headline without an injected keyword, the body, and warnings.

    An entry that repeats the headline is dropped: a labeller may take it for the first line of the story.
    """
    entries = [entry for entry in story if entry.label in STORY and entry.block.text != title]
    types: tuple[BodyType, ...] = body_types.body_types(document, entries)
    texts = list(map(_text, entries, types))
    warnings: tuple[str, ...] = ()
    if profile is not None:
        title, texts, warnings = _clean(title, texts)
    elif embedded := embedded_body(document, claims, texts):
        types = tuple("paragraph" for _ in embedded)
        texts, warnings = embedded, ("embedded_text",)
    else:
        texts = paywall.without_offer(texts, claims)
    opening, rest = _dateline(texts)
    if opening is not None and len(rest) < len(texts):  # the dateline was a separate entry
        types = (*types[: opening.paragraph], *types[opening.paragraph + 1 :])
    return title, _Body(tuple(rest), types[: len(rest)], opening), warnings


def _clean(title: str, body: list[str]) -> tuple[str, list[str], tuple[str, ...]]:
    """Remove the keyword that portals of a known family inject into their copies."""
    keyword = keyword_stuffing.find_keyword(title, body)
    if keyword is None:
        return title, body, ()
    return *keyword_stuffing.without_keyword(title, body, keyword), ("injected_keyword",)


def _headline(document: Document, story: _Story, claims: Claims, profile: Profile | None) -> str:
    if profile is None:
        return headline.headline(document, story, claims)
    headlines = story.texts(Label.HEADLINE)
    return headlines[0] if headlines else claims.headline or profile.site_tail.sub("", document.head.title)


def _text(entry: Labelled, kind: BodyType) -> str:
    """Return the text of an entry: code with its line breaks, a standfirst without "Summary:"."""
    if kind == "code":
        return entry.block.preformatted or entry.block.text
    return _SUMMARY.sub("", entry.block.text) if entry.label is Label.STANDFIRST else entry.block.text


def _dateline(body: list[str]) -> tuple[Dateline | None, list[str]]:
    """Split the dateline off the first paragraph, or off one that follows a standfirst or a key point.

    A dateline that is a separate paragraph belongs to the next one, and its entry is removed.
    """
    for index, paragraph in enumerate(body[:_OPENING]):
        if index + 1 < len(body) and (alone := dateline.lone(paragraph, body[index + 1])):
            return dataclasses.replace(alone, paragraph=index), [*body[:index], *body[index + 1 :]]
        opening, rest = dateline.split(paragraph)
        if opening is not None:
            return dataclasses.replace(opening, paragraph=index), [*body[:index], rest, *body[index + 1 :]]
    return None, body


# ---------------------------------------------------------------- the fields around it


def _field(profile: Profile | None, name: str, lines: Iterable[str]) -> str | None:
    """Return the first non-empty group of the template's pattern for a field, in the first line that has it."""
    pattern = profile.fields.get(name) if profile else None
    matches = (match for line in lines if pattern and (match := pattern.search(line)))
    return next((group.strip() for match in matches for group in match.groups() if group), None)


def _count(profile: Profile | None, name: str, lines: Iterable[str]) -> int | None:
    digits = _field(profile, name, lines)
    return int(digits.replace(",", "")[:15]) if digits else None


def _published(
    document: Document, story: _Story, claims: Claims, profile: Profile | None
) -> tuple[str | None, datetime | None]:
    lines = story.texts(Label.DATE, Label.BYLINE)
    if (raw := _field(profile, "date", lines)) and (moment := dates.parse(raw)):
        return raw, moment
    return publication.published(document, story, claims)


def _site_name(document: Document, story: _Story, claims: Claims, profile: Profile | None, title: str) -> str | None:
    """Return the text after the headline in the breadcrumb or the title, else the declared name."""
    if profile is None:
        return headline.site_name(claims, title)
    headlines = story.texts(Label.HEADLINE)
    for line in (*story.texts(Label.BREADCRUMB), document.head.title):
        _, prefix, tail = line.rpartition(headlines[0]) if headlines else ("", "", line)
        if match := profile.site_tail.search(tail if prefix else line):
            return next(filter(None, match.groups()), "").strip() or None
    return claims.site_name


def _section(story: _Story, claims: Claims, profile: Profile | None) -> str | None:
    """Return the last step of the breadcrumb; in flattened text the headline is attached to it."""
    for item in story.by.get(Label.BREADCRUMB, ()) if profile else ():
        steps = _steps(item, story.texts(Label.HEADLINE))
        if len(steps) > 1:
            return steps[-1]
    named = story.texts(Label.SECTION)
    return (
        next(iter(named), None) or _field(profile, "section", story.texts(Label.BYLINE, Label.DATE)) or claims.section
    )


def _steps(breadcrumb: Labelled, headlines: list[str]) -> list[str]:
    links = [link.text for link in breadcrumb.block.links]
    if len(links) > 1:
        return links
    trail = breadcrumb.block.text
    if headlines:
        trail = trail.partition(headlines[0])[0]
    return [step for part in re.split("[>»›]", _HOME.sub("Home >", trail)) if (step := part.strip())]


def _authors(document: Document, story: _Story, claims: Claims, profile: Profile | None) -> tuple[str, ...]:
    """Return the names in the author slot unchanged, then the people named by bylines in the story."""
    if profile is None:
        return authors.authors(document, story, claims)
    section = _section(story, claims, profile)
    names, bylines = [], []
    for item in (*story.by.get(Label.BYLINE, ()), *story.by.get(Label.DATE, ())):
        if item.block.text.startswith("By "):
            bylines.append(item.block.text)
        else:
            names += [name for name in _slot(item.block, profile) if name != section]
    return tuple(dict.fromkeys((*names, *person_names.names(bylines))))


def _slot(block: Block, profile: Profile) -> Iterator[str]:
    """Yield the names in the author slot of a line with author, date and counts."""
    if named := _field(profile, "author", [block.text]):
        yield named
        return
    pieces = [profile.noise.sub("", piece).strip(_EDGES) for piece in block.pieces]
    if not pieces or all(pieces):  # no piece is noise only, so a name may be cut
        pieces = [profile.noise.sub("", block.text).strip(_EDGES)]
    yield from (piece for piece in pieces if piece and not piece.isdigit())


# ---------------------------------------------------------------- lists


def _links(story: _Story, kind: Label) -> list[Link]:
    """Return one entry a block; an image link and a title link to the same story are one entry.

    If a list has links, a block with little link text is a summary or a date and is dropped.
    """
    blocks = [item.block for item in story.by.get(kind, ())]
    linked = [block for block in blocks if block.links and _LEAST_LINKED * block.link_chars >= len(block.text)]
    entries: list[Link] = []
    for block in linked or blocks:
        entry = max(block.links, key=lambda link: len(link.text)) if block.links else Link(block.text)
        if not entries or entry.url is None or entries[-1].url != entry.url:
            entries.append(entry)
        elif len(entry.text) > len(entries[-1].text):
            entries[-1] = entry
    return _without_ranks(entries)


def _without_ranks(entries: list[Link]) -> list[Link]:
    """Remove the numbers before the titles of a ranking if they count up from 1."""
    matches = [_RANK.match(entry.text) for entry in entries]
    if len(entries) > 1 and all(match and int(match[1]) == i for i, match in enumerate(matches, 1)):
        return [
            Link(entry.text[match.end() :], entry.url) for entry, match in zip(entries, matches, strict=True) if match
        ]
    return entries


def _confidence(story: _Story, reading: Reading) -> float:
    """Return the confidence, 0 to 1: for a template by the parts on the page, else as the model expects."""
    if reading.confidence is not None:
        return round(reading.confidence, 2)
    parts = ((Label.HEADLINE,), (Label.BODY,), (Label.DATE, Label.BYLINE), (Label.LIKE, Label.NAVIGATION, *LISTS))
    weights = (0.3, 0.35, 0.15, 0.15)
    return round(0.05 + sum(w for w, labels in zip(weights, parts, strict=True) if story.texts(*labels)), 2)
