"""Flattened text to blocks: a line is a block, a bullet makes it a list item.

Flattened text is what a WET file, a text browser or a copied page shows: the visible lines and no markup.
"""

import re

from scraper.block import Block, Document, fold
from scraper.errors import ScraperError
from scraper.segment import limits

__all__ = ["segment_text"]

_BULLET = re.compile(r"[-–•·‣▪◦*]\s+(?=\S)")


def segment_text(text: str, url: str | None = None) -> Document:
    """Cut text into its lines; raise `ScraperError` for more text than a page can hold."""
    if len(text) > limits.MAX_CHARACTERS:
        raise ScraperError(f"text of {len(text)} characters; the limit is {limits.MAX_CHARACTERS}")
    lines = [line for line in map(fold, text.splitlines()) if line]
    limits.check_blocks(len(lines))
    return Document(tuple(map(_block, lines)), url=url)


def _block(line: str) -> Block:
    bullet = _BULLET.match(line)
    return Block(line[bullet.end() :], "li") if bullet else Block(line)
