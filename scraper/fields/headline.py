"""The headline of a page without a known template, chosen by agreement of visible and declared headlines.

`headline` states the order. Visible headlines come first, since declared ones are written for search engines and
contain the site's name. A visible one that no declaration confirms may be the site's banner or the heading of a box.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from scraper.block import HEADING_TAGS, Block, Claims, Document, Labelled
from scraper.fields import dates
from scraper.label import Label

__all__ = ["headline", "position", "site_name", "without_site"]

_WORDS = re.compile(r"\w+")
_PARTS = re.compile(r"\s+[-–—|_·»›•:/]+\s+|\s*[|»•│]\s*")
_LONGEST, _MOST = 400, 50  # characters of a headline; candidates of each kind
_SHORT = 8  # a shorter text occurs in titles by chance
_FEW_WORDS = 3
_ALIKE = 0.2  # the least share of common words of two wordings of a title
_KICKER_MARKS = ":/|–—-·"
_ANCHOR = re.compile(r"(?:\s*[¶§🔗⚓])+$|^(?:[¶§🔗⚓]\s*)+|\s+#$")


def headline(document: Document, labelled: Sequence[Labelled], claims: Claims) -> str:
    """Return the story's headline, without the site's name.

    Visible headlines are those labelled so and `h1` elements; declared ones include the title. In order: a visible one
    equal to a declared one; a declared one that ends a visible one, after a kicker; a visible one that is the greater
    part of a declared one; another heading equal to a declared one; a visible one that shares words with a declared
    one; the labelled one, or a sole `h1`; a visible one that is a small part of a declared one; the declared one; the
    visible one. In flattened text: the labelled line if it has several words; the line above the date or byline; the
    line above the story.
    """
    declared = _declared(document, claims)
    if not (declared or document.elements):
        return next(chain(_lines(labelled), (item.block.text for item in labelled if item.label is Label.HEADLINE)), "")
    site = _plain(claims.site_name or "")
    blocks = [block for block in _candidates(document, labelled) if not site or _plain(block.text) not in site]
    shown = [_text(block) for block in blocks]
    attempts = chain(
        _equal(shown, declared),
        _without_kicker(blocks, declared),
        _contained(shown, declared, 0.5),
        _equal(_headings(document), declared),
        _similar(shown, declared),
        shown if _has_certain_headline(document, labelled) else (),
        _contained(shown, declared, 0),
        declared,
        shown,
    )
    return _without_known_site(next(attempts, ""), claims.site_name)


def position(document: Document, labelled: Sequence[Labelled], claims: Claims) -> int:
    """Return the index of the headline among the blocks: as labelled, the first `h1`, or the visible title."""
    titles = {_plain(text) for text in _declared(document, claims) or islice(_lines(labelled), 1)}
    signs = (
        (item.label is Label.HEADLINE for item in labelled),
        (item.block.tag == "h1" for item in labelled),
        (_plain(_text(item.block)) in titles for item in labelled),
    )
    indices = (next((i for i, matches in enumerate(sign) if matches), None) for sign in signs)
    return next((i for i in indices if i is not None), 0)


# ---------------------------------------------------------------- candidates


def _declared(document: Document, claims: Claims) -> list[str]:
    """Return the declared headlines, best first, without the site's name."""
    meta = document.head.meta
    texts = (claims.headline, meta.get("og:title"), meta.get("twitter:title"), document.head.title)
    return list(dict.fromkeys(without_site(text[:_LONGEST], claims.site_name) for text in texts if text))


def _candidates(document: Document, labelled: Sequence[Labelled]) -> list[Block]:
    """Return the blocks labelled as the headline, then the `h1` elements."""
    headlines = [item.block for item in labelled if item.label is Label.HEADLINE]
    return [block for block in (*headlines[:_MOST], *_first_headings(document)[:_MOST]) if _text(block)]


def _first_headings(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.tag == "h1" and not block.hidden]


def _headings(document: Document) -> list[str]:
    headings = [block for block in document.blocks if block.tag in HEADING_TAGS and not block.hidden]
    return list(filter(None, map(_text, headings[:_MOST])))


def _text(block: Block) -> str:
    """Return the text of a heading without its permalink sign; empty if it is too long for a headline."""
    return _ANCHOR.sub("", block.text) if len(block.text) <= _LONGEST else ""


def _has_certain_headline(document: Document, labelled: Sequence[Labelled]) -> bool:
    """Return whether a block is labelled as the headline, or there is a single `h1`."""
    return any(item.label is Label.HEADLINE for item in labelled) or len(_first_headings(document)) == 1


# ---------------------------------------------------------------- flattened text


def _lines(labelled: Sequence[Labelled]) -> Iterator[str]:
    """Yield the lines of flattened text that may be its headline, best first."""
    start = _story_at(labelled)
    candidates = range(max(0, start - _HEAD), start)
    titles = [i for i in candidates if _is_title(labelled[i].block.text)]
    signed = (i for i in candidates if _is_signed(labelled[i].block.text))
    indices = chain((_last_between(titles, sign - _CLOSE, sign) for sign in signed), [_last_between(titles, 0, start)])
    yield from (
        item.block.text
        for item in labelled
        if item.label is Label.HEADLINE and len(item.block.text.split()) >= _TITLE_WORDS.start
    )
    yield from (labelled[i].block.text for i in indices if i is not None)


def _last_between(places: Sequence[int], first: int, end: int) -> int | None:
    return next((i for i in reversed(places) if first <= i < end), None)


def _story_at(labelled: Sequence[Labelled]) -> int:
    """Return the index of the first long line of the story that is soon followed by another."""
    long = [len(item.block.text) >= _LINE for item in labelled]
    story = [item.label in (Label.BODY, Label.STANDFIRST) for item in labelled]
    starts = (i for i in range(len(labelled)) if long[i] and story[i] and any(long[i + 1 : i + 4]))
    return next(starts, next((i for i, is_long in enumerate(long) if is_long), len(labelled)))


def _is_title(text: str) -> bool:
    if len(text) > 2 * _LINE or text[-1] in ".,:;" or _BYLINE.match(text):
        return False
    return len(text.split()) in _TITLE_WORDS and dates.find(text) is None


def _is_signed(text: str) -> bool:
    """Return whether a line has the date or the author of the story."""
    return len(text) < _LINE and (_BYLINE.match(text) is not None or dates.find(text) is not None)


_HEAD, _CLOSE = 25, 5  # lines above a story that may be its headline; lines above its date
_LINE = 100  # the least characters of a line of the story
_TITLE_WORDS = range(4, 31)
_BYLINE = re.compile(
    r"(?:by|von|par|por|di|da|door|posted|published|updated|photo|foto|image|credit|share|advert|listen|read)\b",
    re.IGNORECASE,
)


# ---------------------------------------------------------------- agreement


def _equal(shown: Sequence[str], declared: Sequence[str]) -> Iterator[str]:
    titles = {_plain(text) for text in declared}
    return (text for text in shown if len(_plain(text)) > _SHORT and _plain(text) in titles)


def _without_kicker(shown: Sequence[Block], declared: Sequence[str]) -> Iterator[str]:
    """Yield the declared headlines that a visible one has after a kicker or a date."""
    for block in shown:
        text = _text(block)
        for title in declared:
            kicker = text[: -len(title)]
            if len(_plain(title).split()) >= _FEW_WORDS and text.endswith(title) and _is_kicker(kicker, block):
                yield title


def _is_kicker(text: str, block: Block) -> bool:
    """Return whether words before a headline are a kicker: several, or separated by a mark or by markup."""
    if text[-1:].isalpha():
        return False
    marked = text.rstrip()[-1:] in tuple(_KICKER_MARKS) or text[-1:].isdigit()
    return marked or len(text.split()) > 1 or text.strip() in block.pieces


def _contained(shown: Sequence[str], declared: Sequence[str], share: float) -> Iterator[str]:
    """Yield the visible headlines that are part of a declared one, and more than the given share of it."""
    titles = [_plain(text) for text in declared]
    for text in shown:
        plain = _plain(text)
        if len(plain) > _SHORT and any(plain in title and len(plain) > share * len(title) for title in titles):
            yield text


def _similar(shown: Sequence[str], declared: Sequence[str]) -> Iterator[str]:
    """Return the visible headlines that share enough words with a declared one to be another wording."""
    titles = [set(_plain(text).split()) for text in declared]
    return (text for text in shown if _likeness(text, titles) >= _ALIKE)


def _likeness(text: str, titles: Sequence[set[str]]) -> float:
    words = set(_plain(text).split())
    return max((len(words & title) / (len(words | title) or 1) for title in titles), default=0.0)


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))


# ---------------------------------------------------------------- the site's name


def site_name(claims: Claims, title: str) -> str | None:
    """Return the declared name of the site; None if it is the story's headline."""
    return claims.site_name if _plain(claims.site_name or "") != _plain(title) else None


def _without_known_site(title: str, site_name: str | None) -> str:
    """Remove the site name only if the page declares it; the last part of another title stays."""
    return without_site(title, site_name) if site_name and _plain(title).endswith(_plain(site_name)) else title


def without_site(title: str, site_name: str | None) -> str:
    """Remove the site name from a title: a known name, or the short part after the last separator."""
    parts = list(_PARTS.finditer(title))
    if not parts:
        return title
    last = parts[-1]
    head, tail = title[: last.start()], title[last.end() :]
    if site_name and _plain(title[: parts[0].start()]) == _plain(site_name):
        return title[parts[0].end() :]
    is_known = bool(site_name) and (_plain(tail) in _plain(site_name or "") or _plain(site_name or "") in _plain(tail))
    return head if is_known or (len(tail) < 40 and 2 * len(tail) < len(head)) else title
