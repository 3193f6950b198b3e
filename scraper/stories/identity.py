"""The identity of a story: its id, when two records are the same story, and which records are written.

`judge` is the only rule, for a crawl and for the archive of a crawl. It reads the stored stories through `Known`: a
file, a shared store, or a `Memory`.
"""

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from scraper.article import Article
from scraper.stories import near_duplicates
from scraper.stories.near_duplicates import words
from scraper.stories.urls import dedup_key

__all__ = [
    "ALREADY_THERE",
    "DUPLICATE",
    "Known",
    "Memory",
    "Story",
    "Verdict",
    "body_digest",
    "cut_short",
    "judge",
    "remembered",
]
__all__ += ["same_headline", "story_id", "text_digest", "truncated"]

ALREADY_THERE = "already_there"
"""The reason to omit a record: its URL has already given the same text."""
DUPLICATE = "duplicates"
"""The reason to omit a record: another URL has given the same headline and body."""

_OTHER_HEADLINE = 0.9  # the least similarity of a copy under another headline
_LEFT_OUT = "-"  # prefix of the digest of an omitted story: no record has its id
_TAIL = 4096  # bytes at the end of a page that hold its closing tag
_WORD = re.compile(r"\w+")
_PART_NUMBER = re.compile(r"\s*[(（]\d+[)）]$")  # the number that a later part adds to the headline


def _normalised(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _digest(*texts: str) -> str:
    return blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()


def story_id(url: str) -> str:
    """Return the 16 hexadecimal digits that identify a URL; http and https, tracked or not, are the same."""
    return _digest(dedup_key(url))


class Story(NamedTuple):
    """The stored part of a record."""

    id: str
    digest: str
    """The digest of the text, which changes when the text does."""
    keys: Sequence[str] = ()
    """Two keys shared by records of the same story: of headline and body, and of the headline alone."""
    signature: bytes | None = None
    bands: Collection[int] = ()
    """The bands that near copies share; empty for a copy, since copies are compared with the original only."""


class Known(Protocol):
    """A store of the stories seen so far."""

    def digest(self, story: str) -> str | None:
        """Return the digest stored under an id, or None."""

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of the keys, or None."""

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band."""


class Verdict(NamedTuple):
    """The decision about a record."""

    story: Story | None
    """The story to store; None if nothing has changed."""
    left_out: str | None = None
    """`ALREADY_THERE` or `DUPLICATE` for a record that is not written."""
    original: str | None = None
    """The id of the story that it repeats."""
    more: Mapping[str, Any] = MappingProxyType({})
    """The fields to add to the record: `replaces` or `duplicate_of`."""


def remembered(article: Article) -> Story:
    """Return the story to store for an article; without an id, its text identifies it."""
    digest, signature = text_digest(article), near_duplicates.signature(article.body)
    bands = near_duplicates.bands(signature) if signature is not None and article.duplicate_of is None else ()
    headline = _normalised(article.headline)
    keys = (_digest("story", headline, b" ".join(words(article.body)).decode()), _digest("headline", headline))
    return Story(article.id or digest, digest, keys, signature, bands)


def judge(story: Story, stories: Known) -> Verdict:
    """Return whether a record is written, and with which additional fields.

    The same text at the same URL is omitted; a different text there replaces the first. At another URL a record is
    omitted only if headline and body are the same. The canonical URL is no evidence, since some sites declare the same
    one on every page. A near copy is written with the id of its original.
    """
    digest = stories.digest(story.id)
    if digest is not None and digest.removeprefix(_LEFT_OUT) == story.digest:
        return Verdict(None, ALREADY_THERE, story.id)
    if digest is not None and not digest.startswith(_LEFT_OUT):
        return Verdict(story, more={"replaces": story.id})
    if (first := stories.sharing(story.keys[:1])) is not None:
        return Verdict(Story(story.id, _LEFT_OUT + story.digest), DUPLICATE, first)
    if (first := _original(story, stories)) is not None:
        return Verdict(story._replace(bands=()), original=first, more={"duplicate_of": first})
    return Verdict(story)


def _original(story: Story, stories: Known) -> str | None:
    """Return the id of the story of which this one is a near copy, the first of equally similar ones, or None.

    Stories under different headlines may share passages, as two instructions with the same beginning do, so they must
    be more similar.
    """
    signature = story.signature
    if signature is None or not story.bands:
        return None
    scored = (
        (near_duplicates.similarity(signature, other), id) for id, other in stories.near(story.bands) if id != story.id
    )
    likeness, id = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    if likeness < near_duplicates.THRESHOLD:
        return None
    return id if likeness >= _OTHER_HEADLINE or stories.sharing(story.keys[1:]) == id else None


class Memory:
    """A `Known` in the memory of the process: about 4.5 kB a story."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._signatures: dict[str, tuple[int, bytes]] = {}
        self._by_band: dict[int, list[str]] = {}

    def digest(self, story: str) -> str | None:
        """Return the digest stored under an id, or None."""
        return self._digests.get(story)

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of the keys, or None."""
        return next((self._keys[key] for key in keys if key in self._keys), None)

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band, in the order in which they came."""
        ids = {id for band in bands for id in self._by_band.get(band, ())}
        return ((id, self._signatures[id][1]) for id in sorted(ids, key=lambda id: self._signatures[id][0]))

    def remember(self, story: Story) -> None:
        """Store a new or changed story."""
        self._digests[story.id] = story.digest
        for key in story.keys:
            self._keys.setdefault(key, story.id)
        if story.signature is not None and story.bands:
            self._signatures.setdefault(story.id, (len(self._signatures), story.signature))
        for band in story.bands:
            self._by_band.setdefault(band, []).append(story.id)


def same_headline(first: str, later: str) -> bool:
    """Return whether a later page has the headline of the first, possibly followed by its number."""
    opening, headline = _normalised(first), _normalised(_PART_NUMBER.sub("", later))
    return opening.startswith(headline) or headline.startswith(opening)


def text_digest(article: Article) -> str:
    """Return a digest that changes when the headline or the body does."""
    return _digest(article.headline, *article.body)


def body_digest(article: Article) -> str:
    """Return the digest of an article's body."""
    return _digest(*article.body)


def cut_short(page: bytes) -> bool:
    """Return whether a page lacks its end: a server with a wrong content length cuts it without any error."""
    if b"</html" in page[-_TAIL:].lower():  # true of nearly all pages
        return False
    lower = page.lower()
    return b"<html" in lower and b"</html" not in lower


def truncated(story: Article) -> Article:
    """Return the record with the warning that a part of the story is missing."""
    warnings = tuple(dict.fromkeys((*story.extraction.warnings, "truncated")))
    return dataclasses.replace(story, extraction=dataclasses.replace(story.extraction, warnings=warnings))
