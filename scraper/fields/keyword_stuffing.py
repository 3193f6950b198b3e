"""Keywords injected by a portal into copied stories: "Brand:Title", and the brand again in the first paragraph.

Genuine titles may also lack the space after a colon, bar or hyphen ("Cold number:This ball …"). A keyword is therefore
recognised only if it is in both places, and in the paragraph right after the first comma or glued to the front of a
word.
"""

import re
from collections.abc import Iterator, Sequence

__all__ = ["find_keyword", "without_keyword"]

_MARK = re.compile(r"[:|：-](?=[^\s:|：-])")
_MIN_KEYWORD, _SHORT, _LONG, _MAX_KEYWORD = 3, 4, 8, 60
_MIN_WORD, _FIRST = 3, 4
_ENDINGS = frozenset(
    "able age ans ant ary ate based born cide cracy crat crats ene ent ers ese esque ess est ette ful fuls hood ial ian"
    " ians ible ics ides ified ify ine ing ings ion ions ise ised ish ism isms ist ists ita ite ites ity ive ize ized"
    " less let like ling lings ment ments ness nik niks ors ous phile phobia proof ship ships som some style ward wards"
    " ware wide wise".split()
)
_COMMON = frozenset(
    "a about after all also an and are as at be been before but by can could day days did do eight even every few"
    " first five for four from get go good had has have he her here his how if in into is it its just last less like"
    " made many may men million months more most much must nearly new next nine no not now of off officials on one"
    " only or other others our out over own part people percent police recent say says second set seven several she"
    " six so some state still such ten than that the their them then there these they this those three time to top two"
    " under up was we week weeks were what when where which while who why will with women world would year years you"
    " your".split()
)


def find_keyword(headline: str, paragraphs: Sequence[str]) -> str | None:
    """Return the keyword before the mark in the headline that one of the first paragraphs repeats, or None."""
    for mark in _MARK.finditer(headline):
        keyword, rest = headline[: mark.start()], headline[mark.end() :]
        if len(keyword) > _MAX_KEYWORD:
            return None
        if len(keyword) >= _MIN_KEYWORD and not rest[0].islower() and _place(keyword, rest, paragraphs):
            return keyword
    return None


def without_keyword(headline: str, paragraphs: Sequence[str], keyword: str) -> tuple[str, list[str]]:
    """Return headline and paragraphs without a keyword returned by `find_keyword`."""
    rest = headline[len(keyword) + 1 :].lstrip()
    place = _place(keyword, rest, paragraphs)
    clean = list(paragraphs)
    if place is not None:
        index, start, end = place
        clean[index] = clean[index][:start] + clean[index][end:]
    return rest, clean


def _place(keyword: str, headline: str, paragraphs: Sequence[str]) -> tuple[int, int, int] | None:
    """Return the index of the paragraph and the span of the injected keyword in it, or None.

    An injected keyword occurs exactly once; the topic of a story occurs more often.
    """
    standing = [index for index, paragraph in enumerate(paragraphs) if keyword in paragraph]
    if len(standing) != 1 or standing[0] >= _FIRST or paragraphs[standing[0]].count(keyword) != 1:
        return None
    paragraph = paragraphs[standing[0]]
    text = " ".join((headline, *paragraphs))
    spots = (*_after_comma(keyword, paragraph), *_glued(keyword, paragraph, text))
    return next(((standing[0], start, end) for start, end in spots), None)


def _after_comma(keyword: str, paragraph: str) -> Iterator[tuple[int, int]]:
    comma = re.search("[,，]", paragraph)
    if comma and re.match(re.escape(keyword) + r"(?=[\s,.，])", paragraph[comma.end() :]):
        yield comma.end(), comma.end() + len(keyword)


def _glued(keyword: str, paragraph: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of a keyword glued to a word: "Sunday" does not contain the keyword "Sun"."""
    for match in re.finditer(rf"(?<!\w){re.escape(keyword)}(?=[^\W_])", paragraph):
        rest = re.match(r"\w+", paragraph[match.end() :])
        if rest and _is_word(rest[0], keyword, text):
            yield match.span()


def _is_word(rest: str, keyword: str, text: str) -> bool:
    """Return whether the text after a glued keyword is a separate word and not an ending of the keyword."""
    if not rest[0].islower():
        return True
    if len(keyword) <= _SHORT or len(rest) < _MIN_WORD or rest in _ENDINGS:
        return False
    odd = " " in keyword or len(keyword) >= _LONG or not keyword[1:].islower()
    return odd or rest in _COMMON or bool(re.search(rf"\b{re.escape(rest)}\b", text))
