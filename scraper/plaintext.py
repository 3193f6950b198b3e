"""Flattened text to blocks: a line is a block, a bullet makes it a list item.

Flattened text is what a WET file, a text browser or a copied page shows: the visible lines and no markup.
"""

import re

from scraper.block import Block, Document, fold
from scraper.errors import ScraperError
from scraper.limits import MAX_CHARACTERS

__all__ = ["segment_text"]

_BULLET = re.compile(r"[-–•·‣▪◦*]\s+(?=\S)")


def segment_text(text: str, url: str | None = None) -> Document:
    """Cut text into its lines; raise `ScraperError` for more text than a page can hold."""
    if len(text) > MAX_CHARACTERS:
        raise ScraperError(f"text of {len(text)} characters; the limit is {MAX_CHARACTERS}")
    lines = map(fold, text.splitlines())
    return Document(tuple(_block(line) for line in lines if line), url=url)


def _block(line: str) -> Block:
    bullet = _BULLET.match(line)
    return Block(line[bullet.end() :], "li") if bullet else Block(line)
