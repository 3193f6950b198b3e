"""Datelines: the place and agency from which a story was filed, split from its first paragraph.

A dateline consists of a place, a date and an agency, each optional, and a mark: a dash of any kind, a colon, or the
agency's closing bracket. The paragraph is tried at each of its first marks: agency and date are removed from the end
of the text before the mark, and the rest is the place. These rules then decide:

* with a known agency (in brackets, between slashes, or bare as it writes itself) any text like a place is a dateline;
* otherwise the text after the mark must begin a sentence ("NATO — the alliance" does not), and the place must be known,
  be followed by its country or state, carry a full date, or be in capitals and plausible as a place (`_is_plausible`);
* title case without agency or region is accepted for known cities only; after a colon or a full stop a whole sentence
  must follow ("Berlin. Der Wirkstoff hilft nur wenigen Kranken.");
* a correspondent may precede the place ("DAL NOSTRO INVIATO PARIGI - "), which must then be known or in capitals;
* words of labels ("UPDATE"), organisations and titles are not places except in a known name ("KEY WEST, Fla.").
"""

import dataclasses
import functools
import itertools
import re
from typing import NamedTuple

from scraper import vocabulary
from scraper.article import Dateline
from scraper.fields.dates import fold, month

__all__ = ["lone", "split"]

_REACH = 200  # characters of a paragraph that are read
_LONGEST = 130  # characters of an opening; those of press releases have about 100
_TRIES = 8  # marks that are tried

_AGENCIES = frozenset(vocabulary.AGENCIES)
_BARE_AGENCIES = frozenset(vocabulary.BARE_AGENCIES)
_FOLDED_AGENCIES = frozenset(map(fold, (*vocabulary.AGENCIES, *vocabulary.EASTERN_AGENCIES)))
_CITIES = frozenset(map(fold, vocabulary.CITIES))
_REGIONS = frozenset(map(fold, vocabulary.REGIONS))
_DATE_LINKS = frozenset(("de", "of", "del", "г", "года", "року", "р"))
_SMALL_WORDS = vocabulary.PLACE_LINKS | _DATE_LINKS
_STOPS = frozenset(map(fold, vocabulary.NOT_PLACES))

# A mark with the spaces around it. It is optional after a closing bracket. A full stop is a mark after a bare agency. A
# hyphen or underscore needs a space beside it, or "Wilkes-Barre" would be cut. A slash ends the wire's "/ DATE /".
_MARK = re.compile(
    r"(?<=[)\]）】/])[.:：]?\s*[—–−―‒_-]*\s*"
    r"|\s*(?:[—–−―‒]+|--+)\s*"
    r"|\s+[-_]+\s*|-\s+"
    r"|[:：]\s+"
    r"|\.\s+"
    r"|(?<=\d)\s+/\s+"
)
_DASH = re.compile(r"[—–−―‒_-]")
_JOINING = frozenset("–−‒-")  # without spaces these may be part of a name: "Minneapolis–St. Paul"
_BRACKETED = re.compile(r"[(\[（【]([^()\[\]（）【】]{2,60})[)\]）】]$|(?:^|(?<=\s))/\s?([^/]{2,40}?)\s?/$")
_STATION = re.compile(r"[KW][A-Z]{2,3}(?:[ -](?:TV|FM|AM))?")
_JOINED = re.compile(r"\s*[/;,&+|]\s*(?:(?:and|und|et)\s+)?|\s+(?:and|und|et)\s+")
_NOT_IN_NAMES = re.compile(r"[\d_!?\"“”«»…%$€£#@=<>{}*+:：\\^~|—―\x00-\x1f]|--|\s[-–]\s")
_NAME_MARKS = re.compile(r"\s*(,|;|/|&|\s(?:and|und|et|y|e|и)\s)\s*(?:(?<=[,;]\s)(?:and|und|et|y|e|и)\s+)?")
_ASIDE = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_SMALL = re.compile(r"(?:d|l|dell|all|s|al|el|ad|as|at|ash|an|ul|t)['’‘-]|['’‘]")  # "d'Ivoire", "al-Tanf"
_NUMERIC_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d{4})?|\d{4}-\d{1,2}-\d{1,2}")
_OPENS = re.compile(r"""["'“”„«»‘’‹›¿¡$€£#「『…\s]*(?:(?:al|el|d|l)[-'’])?[^\W_]""")


class _Opening(NamedTuple):
    """The parts of the text before a mark."""

    place: str
    agency: str
    is_known: bool
    """Whether the agency is in the vocabulary."""
    bare: bool
    """Whether the agency has no brackets."""
    dated: bool
    year: bool
    aside: bool
    """Whether the place is in brackets: "(Ottawa) "."""


class _Place(NamedTuple):
    names: tuple[str, ...]
    regioned: bool
    """Whether a country or state follows a name."""
    caps: bool
    is_known: bool


def split(paragraph: str) -> tuple[Dateline | None, str]:
    """Return the paragraph's dateline and the rest, which is never blank; `dateline.raw + rest` is the paragraph.

    Without a dateline: None and the paragraph itself. Only the first 200 characters are read.
    """
    head = paragraph[:_REACH]
    dateline = (None if head.isascii() else _match_eastern(head)) or _match_western(head)
    if dateline is None or not paragraph.startswith(dateline.raw):  # a lone surrogate in it was replaced
        return None, paragraph
    rest = paragraph[len(dateline.raw) :]
    return (None, paragraph) if not rest or rest.isspace() else (dateline, rest)


def lone(paragraph: str, following: str) -> Dateline | None:
    """Return the dateline that is a separate paragraph before its text ("SEOUL, South Korea (AP)"), or None.

    Its `raw` is the paragraph and a space.
    """
    if len(paragraph) > _LONGEST or not following or following.isspace():
        return None
    dateline, _ = split(f"{paragraph} {following}")
    if dateline and dateline.raw == f"{paragraph} ":
        return dateline
    dateline, _ = split(f"{paragraph} - {following}")
    if dateline is None or dateline.raw != f"{paragraph} - ":
        return None
    place = _parse_place(dateline.place) if dateline.place else None
    return dataclasses.replace(dateline, raw=f"{paragraph} ") if place and (place.is_known or place.regioned) else None


# --- Words first, then a mark ----------------------------------------------------------------------------------------


def _match_western(head: str) -> Dateline | None:
    """Match one opening, or two complementary ones: "(ANSA) - ROMA, 26 OTT - ", "OSLO--(BUSINESS WIRE)--"."""
    reporter = _REPORTER.match(head)
    lead = reporter.end() if reporter else 0
    first = _match_opening(head[lead:], None)
    if first is None or (reporter and not first[1].place):
        return None
    size, opening = first[0] + lead, first[1]
    second = None if opening.place and opening.agency else _match_opening(head[size:], opening)
    if second:
        size += second[0]
        opening = opening._replace(place=opening.place or second[1].place, agency=opening.agency or second[1].agency)
    return Dateline(head[:size], opening.place or None, opening.agency or None)


_REPORTER = re.compile(
    r"(?:dall?[ao]?l?[’' ]?\s?(?:nostr[oa] )?(?:inviat[oa]|corrispondente)(?: speciale)?(?: (?:a|da|in))?"
    r"|d(?:e notre|e l[’']un de nos) (?:correspondante?|envoyée? spéciale?)(?: (?:à|en|au))?"
    r"|(?:de|por) nuestr[oa] (?:corresponsal|enviad[oa] especial)(?: en)?"
    r"|d[oa] (?:noss[oa] )?(?:correspondente|enviad[oa] especial)(?: em)?"
    r"|von unsere[mr] (?:korrespondent(?:en|in)|reporter(?:in)?)(?: (?:aus|in))?"
    r"|(?:from |by )?our (?:own |special |staff )?(?:correspondent|reporter)(?: in)?)(?:,\s*|\s+)(?=[^\W\d_])",
    re.IGNORECASE,
)


def _match_opening(head: str, previous: _Opening | None) -> tuple[int, _Opening] | None:
    """Return the length and parts of the opening at the start of `head`; `previous` is the preceding opening."""
    first = None
    for mark in itertools.islice(_MARK.finditer(head, 0, _prose_start(head)), _TRIES):
        sign = _sign(mark[0])
        opening = _parse_opening(head[: mark.start()])
        if opening is None or not _fits(opening, sign, head[mark.end() :], previous):
            continue
        if sign in _FINAL:
            return mark.end(), opening
        first = first or (mark.end(), opening)  # a date and a dash may follow the bracket: "(PRWEB) May 5, 2024 --"
    return first


def _prose_start(head: str) -> int:
    """Return the start of the first word that no opening contains: in lower case, but no "de" and no month."""
    at = 0
    for word in head[:_LONGEST].split(" "):
        if word.islower() and word.isalpha() and word not in _SMALL_WORDS and not month(word):
            return at
        at += len(word) + 1
    return at


_FINAL = ("-", "–", "– ", "/")


def _sign(mark: str) -> str:
    """Return "-" for a dash, "–" or "– " for one that may be part of a name, else ":", ".", "/" or ""."""
    if mark[:1] in _JOINING and not mark.startswith("--"):
        return "– " if mark[-1].isspace() else "–"
    return "-" if _DASH.search(mark) else mark.strip()[-1:]


def _parse_opening(opening: str) -> _Opening | None:
    rest, agency, bare, dated, year = opening.strip(), "", False, False, False
    for _ in range(3):
        if not agency and (bracket := _split_bracket(rest)):
            rest, agency = bracket
            if _date_start(agency) == 0:
                agency, dated, year = "", True, _has_year(agency)
        elif not dated and (start := _date_start(rest, agency != "")) is not None:
            rest, dated, year = rest[:start], True, _has_year(rest[start:])
        elif not agency and (name := _split_bare_agency(rest)):
            rest, agency, bare = *name, True
        else:
            break
        rest = _trim(rest)
    if not rest and not agency:
        return None
    aside = rest[:1] in ("(", "[") and rest[-1] in ")]"
    return _Opening(rest[1:-1] if aside else rest, agency, _is_agency(agency), bare, dated, year, aside)


def _trim(rest: str) -> str:
    """Return the text without separators at the end; the full stop of "Va." stays."""
    rest = rest.rstrip(" \t\xa0,-–—")
    last = rest.rpartition(", ")[2] if rest.endswith(".") else ""
    return rest[:-1] if last and fold(last) not in _REGIONS else rest


def _split_bracket(rest: str) -> tuple[str, str] | None:
    match = _BRACKETED.search(rest) if rest.endswith((")", "]", "）", "】", "/")) else None
    if match is None:
        return None
    name = (match[1] or match[2]).strip().partition(" - ")[0]  # "(Newsfile Corp. - March 5, 2024)"
    if fold(name) in _REGIONS and len(name) > 2:  # "New Delhi [India]"
        return None
    if not match.start() and fold(name.partition(",")[0]) in _CITIES:  # "(Ottawa) Le ministre": the place in brackets
        return None
    return rest[: match.start()], name


def _split_bare_agency(rest: str) -> tuple[str, str] | None:
    """Split off an agency without brackets: "CNN", "JAKARTA, KOMPAS.com", "TEMPO.CO, Jakarta"."""
    if rest in _BARE_AGENCIES:
        return "", rest
    for mark in (", ", ". "):
        place, _, last = rest.rpartition(mark)
        if last in _BARE_AGENCIES and place:
            return place, last
        first, _, place = rest.partition(mark)
        if first in _BARE_AGENCIES and place:
            return place, first
    return None


def _is_agency(name: str) -> bool:
    if not name:
        return False
    parts = (name, *_JOINED.split(name))
    if any(part in _AGENCIES or (not part.islower() and fold(part) in _FOLDED_AGENCIES) for part in parts):
        return True
    return _STATION.fullmatch(name) is not None


_SPACE = re.compile(r"\s")  # no-break spaces among them
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def _has_year(date: str) -> bool:
    return _YEAR.search(date) is not None


def _date_start(text: str, day_alone: bool = False) -> int | None:
    """Return the start of the date at the end of a text: day and month, numbers, or a day if that is enough."""
    text = _SPACE.sub(" ", text)
    start, named, day = len(text), False, False
    while start:
        at = text.rfind(" ", 0, start - 1) + 1
        word = text[at:start].strip(" .,()")
        digits = word.rstrip("stndrhº°")
        if digits.isdigit() and len(digits) in (1, 2, 4):
            day = day or len(digits) < 3
        elif month(word):
            if named:
                break
            named = True
        elif _NUMERIC_DATE.fullmatch(text[at:start].strip(" ,()")):
            return at
        elif word not in _DATE_LINKS:
            break
        start = at
    return start if start < len(text) and day and (named or day_alone) else None


# --- The evidence ----------------------------------------------------------------------------------------------------


def _fits(opening: _Opening, sign: str, rest: str, previous: _Opening | None) -> bool:
    """Return whether the text before the mark is a dateline, or the missing part of one."""
    opens_sentence = _opens_sentence(rest)
    if not opening.place:
        is_missing = previous is None or previous.place != ""
        return is_missing and _fits_as_agency(opening, sign, opens_sentence, previous is not None)
    place = _parse_place(opening.place)
    if place is None:
        return False
    if previous:
        is_certain = place.is_known or place.regioned or opening.dated
        return not previous.place and not opening.agency and is_certain and sign in _FINAL
    if opening.agency:
        return _fits_with_agency(opening, place, sign, opens_sentence)
    if opening.aside:
        return place.is_known and opens_sentence
    return _fits_without_agency(opening, place, sign, rest)


def _fits_as_agency(opening: _Opening, sign: str, opens_sentence: bool, second: bool) -> bool:
    """Return whether an agency alone is a dateline: "(Reuters) - ", "CNN — ", "— РИА Новости. "."""
    if not opening.bare:
        return opening.is_known and (opens_sentence or sign in _FINAL)
    return opens_sentence and (sign == "-" or (sign == "." and (opening.dated or second)))


def _fits_with_agency(opening: _Opening, place: _Place, sign: str, opens_sentence: bool) -> bool:
    """Return whether a place with an agency is a dateline; an unknown agency needs a certain place and a mark."""
    marked = sign in (*_FINAL, ":")
    is_certain = place.is_known or place.regioned or opening.dated
    if not opening.is_known:
        return is_certain and marked and not _has_stop_word(place) and _is_agency_like(opening.agency)
    if not is_certain and (_is_label(place) or _is_abbreviation(opening.place, opening.agency)):
        return False
    is_certain = is_certain or place.caps
    if opening.bare:
        return opens_sentence and is_certain and sign in ("-", ".")
    return marked or (opens_sentence and is_certain)


def _is_label(place: _Place) -> bool:
    """Return whether the place is a label before an agency: "UPDATE (AP)", but not "ABOARD THE PAPAL PLANE (AP)"."""
    if not place.caps:
        return _has_stop_word(place)
    return all(word in _STOPS for name in place.names for word in fold(name).split())


def _is_abbreviation(place: str, agency: str) -> bool:
    """Return whether the agency is the abbreviation of the place: "British Petroleum (BP)"."""
    return "".join(word[0] for word in place.split()).casefold() == agency.casefold()


def _fits_without_agency(opening: _Opening, place: _Place, sign: str, rest: str) -> bool:
    """Return whether a place without an agency is a dateline."""
    opens_sentence = _opens_sentence(rest)
    is_certain = place.regioned and (place.caps or _is_town(place))
    if opening.dated and (place.caps or (opening.year and len(place.names) == 1)) and not _has_stop_word(place):
        is_certain = True
    if sign in (":", "."):
        return opens_sentence and _fits_before_sentence(opening, place, sign, is_certain, rest)
    if sign not in _FINAL or not (opens_sentence or (place.caps and is_certain)):
        return False
    if is_certain or (place.is_known and sign != "–"):
        return True
    return sign == "-" and place.caps and all(map(_is_plausible, place.names))


def _fits_before_sentence(opening: _Opening, place: _Place, sign: str, is_certain: bool, rest: str) -> bool:
    """Return whether a place before a colon or a full stop is a dateline."""
    if sign == ":" and place.caps and (place.is_known or is_certain):
        return True
    is_city = place.is_known and all(fold(name) in _CITIES for name in place.names) and not opening.dated
    if sign == ":" and any(fold(name) in vocabulary.GIVEN_NAMES for name in place.names):
        is_city = False
    sentence = _SENTENCE.match(rest)
    return sentence is not None and (is_city or (sign == ":" and is_certain))


# At least seven words before the first full stop: not "Paris. Milan. Tokyo." or "Paris: A History".
_SENTENCE = re.compile(r"(?:[^\s.!?…]+[,;:]?\s+){6,}[^\s.!?…]+(?:[.!?…]|$|\s)")


def _is_town(place: _Place) -> bool:
    """Return whether no name before a region is a region itself: "Ukraine, Russia" is a list."""
    return not _has_stop_word(place) and not any(fold(name) in _REGIONS for name in place.names)


def _opens_sentence(rest: str) -> bool:
    """Return whether a text can begin a sentence: a capital, a digit, a script without capitals, "iPhone"."""
    match = _OPENS.match(rest)
    if match is None:
        return False
    last = match.end() - 1
    return not rest[last].islower() or rest[last + 1 : last + 2].isupper()


def _is_agency_like(agency: str) -> bool:
    """Return whether a text looks like the name or short form of an agency: "Daily Lantern", "dpo", "red/ots"."""
    words = agency.split()
    if _SHORT_FORM.fullmatch(agency):
        return not _NOT_SHORT_FORMS.intersection(agency.split("/"))
    return len(words) <= 4 and not _NOT_IN_NAMES.search(agency.replace("2", "")) and words[0][0].isupper()


_SHORT_FORM = re.compile(r"[^\W\d_]{2,5}(?:/[^\W\d_]{2,5})*")
_NOT_SHORT_FORMS = frozenset(
    "sic old new map see via left right top city pop town then now also here alt neu bild foto video west ost nord süd"
    " links sud nord est ouest beta live".split()
)


def _parse_place(text: str) -> _Place | None:
    """Parse a place into its names; return None for text that is not written like a place."""
    if _NOT_IN_NAMES.search(text):
        return None
    text = _ASIDE.sub(r", \1", text).lstrip(" ,") if text[-1] in ")]" or "(" in text else text
    first, comma, tail = text.partition(",")
    if comma and fold(tail.strip()) in _REGIONS:  # "Bosnia and Herzegovina" whole
        parts = ["", first, ",", tail.strip()]
    else:
        parts = ["", *_NAME_MARKS.split(text)]
    pairs = list(zip(parts[::2], parts[1::2], strict=True))
    if len(pairs) > 8 or not all(_is_written_as_name(part) for _, part in pairs):
        return None
    names = tuple(part for i, (mark, part) in enumerate(pairs) if not (i and mark == "," and _is_region(part)))
    caps = names[0].isupper()
    return _Place(names, len(names) < len(pairs), caps, all(_is_known(name) for name in names))


def _is_written_as_name(part: str) -> bool:
    words = part.split()
    if not 1 <= len(words) <= 6 or (words[0][0].islower() and not _SMALL.match(words[0])):
        return False
    if not words[0][0].isalpha() and words[0][0] not in "'’‘ʻ":
        return False
    for word in words:
        if word[0].islower() and word not in vocabulary.PLACE_LINKS and not _SMALL.match(word):
            return False
        if word[-1] == "." and len(word) - max(word.rfind("-"), word.rfind("–")) > 7:
            return False
    return True


def _is_region(part: str) -> bool:
    return fold(part) in _REGIONS and (len(part) > 2 or part.isupper())


def _is_known(name: str) -> bool:
    folded = fold(name)
    return folded in _CITIES or (folded in _REGIONS and name.isupper() and len(name) > 3)


def _has_stop_word(place: _Place) -> bool:
    return any(word in _STOPS for name in place.names if not _is_known(name) for word in fold(name).split())


def _is_plausible(name: str) -> bool:
    """Return whether an unknown name in capitals looks like a town, and not like a label, an abbreviation or a person.

    A single word needs four letters and a vowel; of two to four words one must be usual in place names ("PORT", "CITY",
    "-VILLE"). No word may be in `vocabulary.NOT_PLACES`. Names after the first may be in title case.
    """
    if _is_known(name):
        return True
    words = fold(name).replace("-", " ").split()
    if any(word in _STOPS for word in words) or len(words) > 4:
        return False
    if len(words) == 1 and words[0].endswith(vocabulary.TOPIC_ENDINGS):
        return False
    if len(words) == 1:
        return len(words[0]) >= 4 and not set("aeiouyаеиоуыэюяії").isdisjoint(words[0])
    return any(word in vocabulary.PLACE_MARKS or word.endswith(vocabulary.PLACE_ENDINGS) for word in words)


# --- Chinese, Japanese, Korean ---------------------------------------------------------------------------------------

_AGENCY = "|".join(sorted(vocabulary.EASTERN_AGENCIES, key=len, reverse=True))
_PLACE_NAMES = "|".join(sorted(vocabulary.EASTERN_PLACES, key=len, reverse=True))
_DAY = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日"
_EASTERN = (
    # 新华社北京10月26日电（记者…） and （中央社記者…台北26日電）
    rf"\s*[（(【]?(?P<agency>{_AGENCY})(?:[记記]者\w{{2,8}}?)?(?P<place>{_PLACE_NAMES})?(?:{_DAY})?[电電]"
    r"[）)】]?(?:\s?[（(][^（()）]{1,40}[)）])?[，,：:]?\s*",
    rf"\s*[（(【](?P<agency>{_AGENCY})[/／](?P<place>{_PLACE_NAMES})(?:{_DAY})?[电電]?[）)】]\s*",
    # 【ワシントン共同】, ［東京　２６日　ロイター］
    rf"\s*[【［](?P<place>[^\W\d_]{{2,12}}?)[ 　]?(?:{_DAY})?[ 　]?(?P<agency>AFP[=＝]?時事|ＡＦＰ時事|{_AGENCY})"
    r"[】］](?:[ 　]*[-－―—]+)?\s*",
    # 【10月26日 AFP】, 【AFP＝時事】
    rf"\s*[【［](?:{_DAY}[ 　])?(?P<place>)(?P<agency>[A-Z]{{2,4}}(?:[=＝]時事|News)?|CNN\.co\.jp)[】］]\s*",
    # (서울=연합뉴스) 홍길동 기자 =
    r"\s*[(\[](?P<place>[가-힣·]{2,12})(?:\s(?:AP|AFP|EPA|로이터|신화))*\s?=\s?(?P<agency>[가-힣A-Za-z0-9]{2,12})[)\]]\s*"
    r"(?:[가-힣·,\s]{2,30}\s?(?:기자|특파원)\s?=\s*)?",
)


@functools.cache
def _eastern_forms() -> tuple[re.Pattern[str], ...]:
    """Return the compiled forms; compiling them at import would double the loading time of this module."""
    return tuple(map(re.compile, _EASTERN))


def _match_eastern(head: str) -> Dateline | None:
    for form in _eastern_forms():
        match = form.match(head)
        if match:
            return Dateline(match[0], match["place"] or None, match["agency"])
    return None
