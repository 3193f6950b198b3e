"""What a template is: data, read by the one engine in `engine.py`."""

import re
from collections.abc import Mapping

import msgspec

from scraper.label import Label

__all__ = ["NEVER", "PHOTO_CREDIT", "Line", "Profile", "Table", "line", "table"]

NEVER = re.compile(r"(?!)")
PHOTO_CREDIT = re.compile(r"\([^()]{0,60}(?:\b[Pp]hotos?\b|\bvia\b|Getty Images|\bPool\b)[^()]{0,60}\)$")


class Table(msgspec.Struct, frozen=True):
    """Patterns in order, each with the label of the blocks whose text it matches from the start; the first decides."""

    pattern: re.Pattern[str]
    labels: Mapping[str, Label]


class Line(msgspec.Struct, frozen=True):
    """A line of a page's text that speaks for a template."""

    weight: int
    """How strongly."""
    words: tuple[str, ...]
    """One of these is in it: a quick look before the pattern's."""
    pattern: re.Pattern[str]
    """What is found in lines that each have a line break before them."""


def line(weight: int, words: str, pattern: str) -> Line:
    """Return a signal: its weight, the words of which it has one, and what is found in the line.

    A pattern for a line's beginning opens with "^". It is sought as the line break before, which takes a tenth of the
    time.
    """
    return Line(weight, tuple(words.split()), re.compile(re.sub(r"\A\^", r"\\n", pattern), re.MULTILINE))


def table(*rows: tuple[Label, str]) -> Table:
    """Join the rows into one pattern, since every block of a page is held against it."""
    joined = "|".join(f"(?P<row{number}>{pattern})" for number, (_, pattern) in enumerate(rows)) or "(?!)"
    return Table(re.compile(joined, re.IGNORECASE), {f"row{number}": label for number, (label, _) in enumerate(rows)})


class Profile(msgspec.Struct, frozen=True):
    """A template that many portals share: how to know it, and what its parts are.

    No part is trusted alone. Class words, lines of text and headings all point at the same parts, so that a page with
    other class names, or with none, is read as well.
    """

    name: str
    threshold: int
    """The sum of signals from which on a page is taken for one of this template."""
    classes: Mapping[str, int] = {}
    """Class words that speak for the template, and how strongly."""
    lines: tuple[Line, ...] = ()
    """Lines of text that speak for it, and how strongly."""
    regions: Mapping[str, Label] = {}
    """Class or id words of an element, and what the blocks in it are; the nearest element decides."""
    headings: Mapping[str, Label] = {}
    """Headings in lower case, and the list that each opens."""
    own: Table = table()
    """Blocks known by their own text, wherever they stand."""
    caption: re.Pattern[str] = PHOTO_CREDIT
    """What a picture's caption holds: the photographer or agency in brackets at its end."""
    end: re.Pattern[str] = NEVER
    """The line that ends the story."""
    summary: re.Pattern[str] | None = None
    """In flattened text: a line of a list that tells of the title above it."""
    tail: Table = table()
    """Blocks known by their own text when nothing of the story follows them."""
    noise: re.Pattern[str] = NEVER
    """What is beside the author in a line of author, date and counts: without it, little but a name is left."""
    fields: Mapping[str, re.Pattern[str]] = {}
    """Values in a line's text: the groups of `date`, `like_count`, `view_count`, `author`, `section`."""
    site_tail: re.Pattern[str] = NEVER
    """The site's name behind the headline, in a page's title or in the breadcrumb line: the group `site`."""
