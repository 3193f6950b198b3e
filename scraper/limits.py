"""What a page may hold before the parser sees it: the parser's time grows with the square of some counts.

Cheap counts decide whether a page can be dangerous at all; only then is it read tag by tag, in one linear pass.
"""

import re
from collections import Counter
from collections.abc import Iterator

from scraper.errors import ScraperError

__all__ = ["MAX_ATTRIBUTES", "MAX_BLOCKS", "MAX_CHARACTERS", "MAX_DEPTH", "MAX_FORMATTING", "check", "check_blocks"]

MAX_CHARACTERS = 32 * 2**20
MAX_BLOCKS = 30_000
"""Blocks of text; pages made by people stay below 5,000."""
MAX_DEPTH = 4_000
"""Elements inside each other; pages made by people stay below 100."""
MAX_ATTRIBUTES = 4_000
"""Attributes on one tag."""
MAX_FORMATTING = 500
"""Formatting elements left open: the parser opens each of them again in every paragraph that follows."""

# Below these counts the worst page costs the parser about as much as an ordinary large one.
_FEW_TAGS, _MANY_TAGS, _LONG_RUN = 3_000, 20_000, 64_000

_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# These close themselves when the next one opens, so an unclosed run of them is flat.
_FLAT = frozenset("p li dt dd option optgroup tr td th thead tbody tfoot rt rp".split())
_UNNESTED = _VOID | _FLAT
_RAW = re.compile(r"</(?:script|style|textarea|title|xmp|iframe|noembed|noframes)", re.IGNORECASE)
_IS_RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())

# The look ahead spares most tags the slow comparison without regard to case.
_FORMATTING_TAG = re.compile(
    r"</?(?:[abisuABISU]|(?=[bcefnstBCEFNST])(?i:big|code|em|font|nobr|small|strike|strong|tt))[\s/>]"
)
# A tag as a tokenizer reads it: a quote opens a value only behind "=". The pattern matches at every "<x" and ends at
# the latest with the page, so that a scan is linear.
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)|<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+)(?:>|\Z)""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""[^\s/=>]++(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+""")


def check_blocks(number: int) -> None:
    """Raise `ScraperError` for more blocks than can be labelled in reasonable time."""
    if number > MAX_BLOCKS:
        raise ScraperError(f"page of {number} blocks of text; the limit is {MAX_BLOCKS}")


def check(html: str) -> None:
    """Raise `ScraperError` when parsing this page would not end in reasonable time."""
    if len(html) > MAX_CHARACTERS:
        raise ScraperError(f"page of {len(html)} characters; the limit is {MAX_CHARACTERS}")
    tags = html.count("<")
    if tags > _MANY_TAGS or any(map(_may_be_long_tag, _long_runs(html))):
        _scan(html)
    elif tags > _FEW_TAGS:
        tags_of_formatting = "".join(_FORMATTING_TAG.findall(html))
        _check_formatting(tags_of_formatting.count("<") - 2 * tags_of_formatting.count("</"))


def _long_runs(html: str) -> Iterator[str]:
    """Give the long stretches without a "<", in few looks: the last "<" of each window is where the next begins."""
    start = 0
    while start + _LONG_RUN < len(html):
        last = html.rfind("<", start, start + _LONG_RUN)
        if last >= 0:
            start = last + 1
            continue
        end = html.find("<", start + _LONG_RUN)
        yield html[start : end if end >= 0 else len(html)]
        start = end + 1 if end >= 0 else len(html)


def _may_be_long_tag(run: str) -> bool:
    """Tell whether what stands between two "<" has room for thousands of attributes, wherever in a tag it began."""
    return sum(map(run.count, " \n\t\r\f/=")) > 3 * MAX_ATTRIBUTES


def _check_formatting(left_open: int) -> None:
    if left_open > MAX_FORMATTING:
        raise ScraperError("too many formatting elements left open")


def _scan(html: str) -> None:
    """Follow the tags as the parser would, with a stack of names and no tree."""
    stack: list[str] = []
    opened: Counter[str] = Counter()
    position = formatting = 0
    while found := _TAG.search(html, position):
        position, name = found.end(), (found[2] or "").lower()
        if name in _FORMATTING:
            formatting += -1 if found[1] else 1
        if found[1]:
            _close(name, stack, opened)
            continue
        _check_tag(name, found[3] or "")
        if name in _IS_RAW:
            end = _RAW.search(html, position)
            position = end.start() if end else len(html)
        elif name and name not in _UNNESTED:
            stack.append(name)
            opened[name] += 1
            if len(stack) > MAX_DEPTH:
                raise ScraperError("elements nested too deeply")
    _check_formatting(formatting)


def _close(name: str, stack: list[str], opened: Counter[str]) -> None:
    """A closing tag closes what was opened behind its element too; without such an element it closes nothing."""
    while opened[name]:
        last = stack.pop()
        opened[last] -= 1
        if last == name:
            break


def _check_tag(name: str, attributes: str) -> None:
    if len(attributes) > 2 * MAX_ATTRIBUTES and sum(1 for _ in _ATTRIBUTE.finditer(attributes)) > MAX_ATTRIBUTES:
        raise ScraperError(f"too many attributes on a <{name[:20]}>")
