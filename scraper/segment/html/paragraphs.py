"""Which lines of text are paragraphs."""

import re
from collections.abc import Sequence

__all__ = ["MIN_SPLIT", "WIDE_PARAGRAPH", "are_paragraphs", "is_sentence"]

_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।:;]\W*\Z")
_PARAGRAPH, _PARAGRAPH_OF_MANY, WIDE_PARAGRAPH, _TWO = 100, 75, 40, 2
"""From these lengths on a line is a paragraph: one of two, one of more, one of wide characters."""
MIN_SPLIT = 2 * WIDE_PARAGRAPH
"""Characters of the shortest text that can be two paragraphs."""


def are_paragraphs(lines: Sequence[str]) -> bool:
    """Return whether at least two lines, half of all, with most of the text, are long and end as a sentence does."""
    lines = [line for line in lines if line]
    least = _PARAGRAPH if len(lines) <= _TWO else _PARAGRAPH_OF_MANY
    long = [line for line in lines if is_sentence(line, least)]
    return len(long) > 1 and 2 * len(long) >= len(lines) and 5 * sum(map(len, long)) >= 4 * sum(map(len, lines))


def is_sentence(text: str, least: int) -> bool:
    """Return whether a text of at least so many characters, fewer of wide ones, ends as a sentence does."""
    wide = len(text) < least and text[:1] >= "\u2e80"
    return (
        len(text) >= (WIDE_PARAGRAPH if wide else least)
        and _SENTENCE_END.search(text, max(0, len(text) - 8)) is not None
    )
