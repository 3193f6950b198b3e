"""What one story is: its id, when two records are one story, and which record is written at all.

`judge` is the one rule for a crawl and for the archive of a crawl. It looks at what is known through a `Known`: a file,
a shared store, or a `Memory`.
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
"""Why a record is left out: the same URL has given the same text before."""
DUPLICATE = "duplicates"
"""Why a record is left out: another URL has given the same headline and the same body."""

_OTHERWISE_NAMED = 0.9  # the similarity from which a story under another headline is taken for a copy
_LEFT_OUT = "-"  # before the digest of a story that was left out: no record has its id
_TAIL = 4096  # bytes at the end of a page, where its closing tag is
_SPOKEN = re.compile(r"\w+")
_COUNTED = re.compile(r"\s*[(（]\d+[)）]$")  # what the page of a later part adds to the headline


def _spoken(text: str) -> str:
    return " ".join(_SPOKEN.findall(text.casefold()))


def _digest(*texts: str) -> str:
    return blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()


def story_id(url: str) -> str:
    """Return the 16 hexadecimal digits that identify a URL; http and https, tracked or not, are the same."""
    return _digest(dedup_key(url))


class Story(NamedTuple):
    """What is remembered of a record."""

    id: str
    digest: str
    """Of the text, to tell whether it has changed."""
    keys: Sequence[str] = ()
    """What it shares with records of the same story: a key for headline and body, and for the headline alone."""
    signature: bytes | None = None
    bands: Collection[int] = ()
    """Under what it is compared with near copies; nothing for a copy, as copies are compared with the first only."""


class Known(Protocol):
    """The stories met so far."""

    def digest(self, story: str) -> str | None:
        """Return the digest that is remembered under an id."""

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band."""


class Verdict(NamedTuple):
    """What becomes of a record."""

    story: Story | None
    """What is to be remembered; None where nothing has changed."""
    left_out: str | None = None
    """`ALREADY_THERE` or `DUPLICATE`, of a record that is not written."""
    original: str | None = None
    """The id of the story that it repeats."""
    more: Mapping[str, Any] = MappingProxyType({})
    """What the record says besides: `replaces` or `duplicate_of`."""


def remembered(article: Article) -> Story:
    """Return what is remembered of an article; one without an id is known by its text."""
    digest, signature = text_digest(article), near_duplicates.signature(article.body)
    bands = near_duplicates.bands(signature) if signature is not None and article.duplicate_of is None else ()
    headline = _spoken(article.headline)
    keys = (_digest("story", headline, b" ".join(words(article.body)).decode()), _digest("headline", headline))
    return Story(article.id or digest, digest, keys, signature, bands)


def judge(story: Story, stories: Known) -> Verdict:
    """Decide whether a record is written, and what it says besides.

    The same text at the same URL is left out, another text there replaces the first. Elsewhere a record is left out
    only where headline and body are the same: a URL that the page names as its own proves nothing, as some sites
    name one URL on every page. A near copy is written, and names what it is a copy of.
    """
    digest = stories.digest(story.id)
    if digest is not None and digest.removeprefix(_LEFT_OUT) == story.digest:
        return Verdict(None, ALREADY_THERE, story.id)
    if digest is not None and not digest.startswith(_LEFT_OUT):
        return Verdict(story, more={"replaces": story.id})
    if (first := stories.sharing(story.keys[:1])) is not None:
        return Verdict(Story(story.id, _LEFT_OUT + story.digest), DUPLICATE, first)
    if (first := _copied(story, stories)) is not None:
        return Verdict(story._replace(bands=()), original=first, more={"duplicate_of": first})
    return Verdict(story)


def _copied(story: Story, stories: Known) -> str | None:
    """Return the id of the story of which this one is a near copy; the first of several that are equally near.

    Stories under other headlines may have passages in common, such as two instructions that begin alike: they must
    share more.
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
    return id if likeness >= _OTHERWISE_NAMED or stories.sharing(story.keys[1:]) == id else None


class Memory:
    """A `Known` that lasts as long as its process: about 4.5 kB a story."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._signatures: dict[str, tuple[int, bytes]] = {}
        self._filed: dict[int, list[str]] = {}

    def digest(self, story: str) -> str | None:
        """Return the digest that is remembered under an id."""
        return self._digests.get(story)

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""
        return next((self._keys[key] for key in keys if key in self._keys), None)

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band, in the order in which they came."""
        ids = {id for band in bands for id in self._filed.get(band, ())}
        return ((id, self._signatures[id][1]) for id in sorted(ids, key=lambda id: self._signatures[id][0]))

    def remember(self, story: Story) -> None:
        """Store a new or changed story."""
        self._digests[story.id] = story.digest
        for key in story.keys:
            self._keys.setdefault(key, story.id)
        if story.signature is not None and story.bands:
            self._signatures.setdefault(story.id, (len(self._signatures), story.signature))
        for band in story.bands:
            self._filed.setdefault(band, []).append(story.id)


def same_headline(first: str, later: str) -> bool:
    """Return whether a later page carries the headline of a story's first, maybe with its number added."""
    opening, headline = _spoken(first), _spoken(_COUNTED.sub("", later))
    return opening.startswith(headline) or headline.startswith(opening)


def text_digest(article: Article) -> str:
    """Return what changes when a story's headline or body does."""
    return _digest(article.headline, *article.body)


def body_digest(article: Article) -> str:
    """Return the digest of an article's body."""
    return _digest(*article.body)


def cut_short(page: bytes) -> bool:
    """Return whether a page stops before its end: a server that counts wrongly cuts it, and nobody says so."""
    if b"</html" in page[-_TAIL:].lower():  # as nearly all do
        return False
    lower = page.lower()
    return b"<html" in lower and b"</html" not in lower


def truncated(story: Article) -> Article:
    """Return the record with the warning that a part of the story is missing."""
    warnings = tuple(dict.fromkeys((*story.extraction.warnings, "truncated")))
    return dataclasses.replace(story, extraction=dataclasses.replace(story.extraction, warnings=warnings))
