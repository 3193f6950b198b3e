"""Stories as a crawl counts them: one under many addresses is one, and a record's id is that of its address."""

import dataclasses
import re
from hashlib import blake2b

from scraper.addresses import identity
from scraper.article import Article
from scraper.copies import words

__all__ = ["cut_short", "keys", "same_headline", "story_id", "text_digest", "truncated"]

_SHORT = 200  # characters: shorter bodies ("Photos of the week") may be shared by different stories
_TAIL = 4096  # bytes at the end of a page, where its closing tag stands
_SPOKEN = re.compile(r"\w+")
_COUNTED = re.compile(r"\s*[(（]\d+[)）]$")  # what the page of a later part adds to the headline


def _spoken(text: str) -> str:
    return " ".join(_SPOKEN.findall(text.casefold()))


def _digest(*texts: str) -> str:
    return blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()


def story_id(url: str) -> str:
    """Give the 16 hexadecimal digits that stand for an address; http and https, tracked or not, are the same."""
    return _digest(identity(url))


def keys(article: Article) -> frozenset[str]:
    """Give what two pages of the same story share at least one of: the words of the body, the named address.

    The named (canonical) address counts together with the headline, as some sites name one address on every page.
    """
    headline, body = _spoken(article.headline), b" ".join(words(article.body)).decode()
    found = {_digest("body", body) if len(body) >= _SHORT else _digest("short", headline, body)}
    for url in filter(None, (article.url, article.canonical_url)):
        found.add(_digest("address", identity(url), headline))
    return frozenset(found)


def same_headline(first: Article, later: Article) -> bool:
    """Tell whether a later page carries the headline of a story's first, maybe with its number added."""
    one, other = _spoken(first.headline), _spoken(_COUNTED.sub("", later.headline))
    return one.startswith(other) or other.startswith(one)


def text_digest(article: Article) -> str:
    """Give what changes when a story's headline or body does."""
    return _digest(article.headline, *article.body)


def cut_short(page: bytes) -> bool:
    """Tell whether a page stops before its end: a server that counts wrongly cuts it, and nobody says so."""
    if b"</html" in page[-_TAIL:].lower():  # as nearly all do
        return False
    lower = page.lower()
    return b"<html" in lower and b"</html" not in lower


def truncated(story: Article) -> Article:
    """Say in a record's warnings that a part of the story is missing."""
    warnings = tuple(dict.fromkeys((*story.extraction.warnings, "truncated")))
    return dataclasses.replace(story, extraction=dataclasses.replace(story.extraction, warnings=warnings))
