"""Names in bylines: "By JANE DOE and John Roe, Associated Press" names two people and an agency.

A line may contain `CUT` where inline elements cut it into pieces. In scripts without capitals a name is recognised by
the words before or after it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from scraper import vocabulary
from scraper.fields import dates
from scraper.vocabulary import AGENCIES, CITIES, NO_AUTHORS, NO_NAMES, OFFICES

__all__ = ["CUT", "declared", "handle", "is_brand", "is_office", "is_opening", "is_person", "names", "opens"]

CUT = "¦"
"""The mark in a line at the start or end of an inline element."""
_LONG_LINE, _LONG_NAME, _LONG_OPENING = 1_000, 80, 30


def _either(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_MARK = rf"\s*(?:[:：/／=＝●▪]|-\s|{CUT})[\s:：{CUT}]*"
_BY = (
    rf"(?:(?:{_either(vocabulary.BYLINE_WORDS)})(?:{_MARK}|\s+)|(?:{_either(vocabulary.BYLINE_NOUNS)}){_MARK}"
    rf"|(?:{_either(vocabulary.BYLINE_PREFIXES)})(?:{_MARK}|[\s・|]*))"
)
_LEADS = rf"(?:(?:{_either(vocabulary.BYLINE_LEADS)})\b[\s{CUT}]*){{0,3}}"
_OPENS = re.compile(
    rf"(?:^|[{CUT}|·•–—/,(（【\[]\s*|\d\.?,?\s+|\b(?:{_either(vocabulary.BYLINE_LEADS)})\s+){_LEADS}{_BY}(?=\S)"
    rf"|\b(?:by|von|par|por|door|av|af)\s*{CUT}\s*(?=\S)",
    re.IGNORECASE,
)
_LONE = re.compile(rf"{_LEADS}(?:{_either(vocabulary.BYLINE_WORDS)})\s*[:：]?", re.IGNORECASE)
_OTHER = rf"(?:{_either(vocabulary.OTHER_ROLES)})(?=[\s:：/／＝=・{CUT}]|$)"
_OTHER_FIRST = re.compile(rf"^[\s{CUT}]*{_OTHER}", re.IGNORECASE)
_MONTH = (
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mär|Mai|Okt|Dez|[Ee]ne|[Aa]br|[Aa]go|[Dd]ic)\w{0,7}\.?\s+\d"
)
_STOP = re.compile(
    rf"[\s{CUT},]*+(?:[|•·»«›(（【\[\]）】<>→←…+]|(?<=\s)(?:[-–—]\s|//)|[–—]|(?<![^\W_])\d|\b{_MONTH}"
    rf"|(?<=[\s{CUT}])(?:in|on|at|am|um|im|vom|unter|under|dans|em|sur)(?=[\s{CUT}])|(?<={CUT})(?:In|On|At|Am|Um|Im)\b"
    r"|\b(?:[Ff]or|für|pour|para|per)\s|\b(?i:updated|published|posted|last|follow|read|share|shares|leave|comments?"
    r"|kategorien?|veröffentlicht|aktualisiert|publié|publicado|pubblicato|filed|tags|USA TODAY)\b"
    rf"|(?:(?<=[\s{CUT},])|(?<=^))(?i:{_OTHER})).*$",
    re.DOTALL,
)
_SMALL_END = re.compile(r"(?:\s+(?:le|el|il|op|den|on|the|de|du|dem|del|à|um|at|and|und|et|y|e|from|bei))+$")
_AND = r"\b(?:and|und|et|y|og|och|en|ja|with|mit|avec|e|dan|și|oraz|ve|και|и|та|और|และ)\b"
_SPLIT = re.compile(
    rf"[\s{CUT}]*[;、，・/／{CUT}][\s{CUT}]*(?:{_AND}[\s{CUT}]+)?|[\s{CUT}]*,[\s{CUT}]*(?:{_AND}[\s{CUT}]+)?"
    rf"|[\s{CUT}]+(?:[&+]|{_AND})[\s{CUT}]+|\s*،\s*|\s+و\s+"
)
_COMMA = re.compile(r"[;,、/]")
_MARKUP = re.compile(r"<[^<>]*>")
_PLACEHOLDER = re.compile(r"[{}$%<>]|^\w+(?:\.\w+){3,}$")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S*|[^\s@¦]{1,64}(?:@|\[at\]|\(at\))[^\s¦]+|(?<!\w)@\w+", re.IGNORECASE)
_ABOUT = re.compile(
    r"^(?:(?:view|see) all (?:posts|articles|stories) (?:by|from)|(?:more|posts|articles|stories) (?:from|by)"
    r"|(?:zeige )?alle (?:beiträge|artikel) von|mehr (?:von|über)|about|über|à propos de|sobre)\s+",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\b(?:written|reviewed|edited|says|said|head of|table of|use case|log ?in|gardener|founder)\b"
    r"|[#?:=+*<>→←»«›‹|©®\"“”\d]",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[A-Z]{2,6}®?")
_PARTICLES = frozenset("de da do dos das del della di du van von der den ten ter la le el al bin ibn y e of st".split())
_ARTICLES = frozenset("the die das der les los las".split())
_SUFFIXES = frozenset("jr sr jr. sr. ii iii iv md phd ph.d. m.d. esq. rd mba rn".split())
_AGENCY = frozenset(name.casefold() for name in AGENCIES)
_NOBODY = _AGENCY | NO_AUTHORS | frozenset(map(str.casefold, (*vocabulary.BYLINE_WORDS, *vocabulary.BYLINE_PREFIXES)))
_PLACES = frozenset(name.casefold() for name in CITIES)
_BEHIND = re.compile(rf"\s*(?:{_either(vocabulary.BYLINE_SUFFIXES)})$")
_CHINESE_LIST = re.compile(r"[\u4e00-\u9fff]{2,4}(?:\s+[\u4e00-\u9fff]{2,4})+")
_CHINESE_LEAD = re.compile(r"(?:记者|通讯员|作者|采写)\s*[:：]?\s*$")


# ---------------------------------------------------------------- what a page declares


def declared(raw: Iterable[str]) -> tuple[str, ...]:
    """Return the declared authors, each once and in order, without agencies."""
    return _unique(name for line in raw for name in _declared(line[:_LONG_LINE]))


def _declared(line: str) -> Iterator[str]:
    line = _ADDRESS.sub("", _MARKUP.sub(" ", line)).strip(" |-–—•:")
    match = _OPENS.match(line)
    line = line[match.end() :] if match else line
    first, _, rest = line.partition(" | ")
    line = first if rest and is_person(first) else line
    parts = [] if line.startswith(",") or _PLACEHOLDER.search(line) or _OTHER_FIRST.match(line) else _parts(line)
    if len(parts) > 1 and not _COMMA.search(line) and not is_person(parts[0]) and parts[0].casefold() not in _AGENCY:
        parts = [" ".join(line.split())]  # "Centre for Food and Health", "Jane & John"
    elif parts and is_person(_head(parts[0])):
        parts = _parts(_head(line))
    for number, name in enumerate(parts):
        is_affix = number > 0 and is_person(parts[0]) and _is_affix(name)
        if 1 < len(name) <= _LONG_NAME and name.casefold() not in _NOBODY and not is_affix:
            yield name


def _head(text: str) -> str:
    """Return the text before a translator, a newspaper ("for The Post") or a date."""
    return _SMALL_END.sub("", _STOP.sub("", text))


def _is_affix(name: str) -> bool:
    """Return whether the part after a person is an office, a place or a degree, and not a second author."""
    return (
        bool(_LETTERS.fullmatch(name))
        or is_office(name)
        or name.casefold() in _PLACES
        or name.split(maxsplit=1)[0].casefold() in _ARTICLES
        or (not is_person(name) and len(name.split()) > 3)
    )


# ---------------------------------------------------------------- what a page shows


def names(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the people in visible bylines, each once and in order, without agencies, roles and URLs."""
    return _unique(name for line in lines for name in _people(line[:_LONG_LINE]))


def _people(line: str) -> Iterator[str]:
    for name in _read_names(line):
        if is_person(name):
            yield name


def opens(line: str) -> bool:
    """Return whether a line has words that introduce or follow an author's name."""
    return _text_after_opening(line) is not None or (_is_caseless(line[-1:]) and bool(_BEHIND.search(line)))


def is_opening(line: str) -> bool:
    """Return whether a line consists only of words that introduce an author's name: "Written by"."""
    return len(line) <= _LONG_OPENING and _LONE.fullmatch(line) is not None


def handle(line: str) -> str | None:
    """Return the single partial name in an author slot, or None: "Katie", "c1ph4"."""
    line = line[:_LONG_LINE]
    if _OTHER_FIRST.match(line):
        return None
    text = _ABOUT.sub("", _text_after_opening(line) or line)
    name = next(iter(_parts(_head(_ADDRESS.sub("", text)))), "") or next(iter(_parts(text)), "")
    words = name.casefold().split()
    plain = 1 < len(name) <= 40 and len(words) <= 4 and not _CREDIT.search(re.sub(r"\d", "", name))
    dated = bool(words) and len(words) <= 2 and dates.month(words[0]) is not None and not words[-1].isalpha()
    return name if plain and not dated and name.casefold() not in _NOBODY and not NO_NAMES & set(words) else None


def _read_names(line: str) -> list[str]:
    line = _ADDRESS.sub("", line).strip(f" |-–—•:,{CUT}")
    if _OTHER_FIRST.match(line):
        return []
    text_after = _text_after_opening(line)
    text = _ABOUT.sub("", line if text_after is None else text_after)
    lead = line[: len(line) - len(text)]
    head = _head(text).strip()
    if _CHINESE_LEAD.search(lead) and _CHINESE_LIST.fullmatch(head):
        return head.split()
    return _parts(head)


def _text_after_opening(line: str) -> str | None:
    match = _OPENS.search(line[:_LONG_LINE])
    return line[match.end() :] if match else None


# ---------------------------------------------------------------- names


def is_brand(name: str, site_name: str | None, host: str) -> bool:
    """Return whether a declared author is the site itself."""
    folded = re.sub(r"\W+", "", name.casefold())
    site = re.sub(r"\W+", "", (site_name or "").casefold())
    plain_host = re.sub(r"\W+", "", host.casefold())
    return bool(folded) and ((bool(site) and (folded in site or site in folded)) or folded in plain_host)


def is_office(name: str) -> bool:
    """Return whether a name denotes an office, an organisation or a button."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return bool(OFFICES & set(words) or NO_NAMES & set(words) or _CREDIT.search(name))


def is_person(name: str) -> bool:
    """Return whether a name looks like a person's full name."""
    words = name.split()
    if not 2 <= len(name) <= 40 or not words or len(words) > 5 or is_office(name) or name.casefold() in _AGENCY:
        return False
    if _is_caseless(name):
        return len(name) >= (2 if len(words) > 1 or not name.isascii() else 4) and not (
            len(words) == 1 and len(name) > 12
        )
    if len(words) < 2 or len(name) < 4 or words[0].casefold() in _ARTICLES:
        return False
    return all(word[0].isupper() or word.casefold() in _PARTICLES or not word[0].isalpha() for word in words)


def _is_caseless(name: str) -> bool:
    """Return whether all letters of a name are of scripts without capitals."""
    letters = [character for character in name if not character.isspace() and character not in "'’.-‐·"]
    return bool(letters) and all(
        unicodedata.category(character)[0] in "LM" and character.lower() == character.upper() for character in letters
    )


def _parts(line: str) -> list[str]:
    """Cut a line at commas and words for "and"; "John Roe, Jr." and "Jane Doe, PhD" stay whole."""
    parts: list[str] = []
    for part in _SPLIT.split(line):
        name = " ".join(part.split()).strip(f" .:|-–—•*{CUT}") if part.split() else ""
        if name.casefold() in _SUFFIXES or part.strip().casefold() in _SUFFIXES:
            continue
        if name and _is_caseless(name):
            name = _BEHIND.sub("", name)
        if name:
            parts.append(name)
    return parts


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple({name.casefold(): name for name in reversed(list(names))}.values())[::-1]
