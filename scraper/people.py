"""Names out of bylines: "By JANE DOE and John Roe, Associated Press" names two people and an agency."""

import re
from collections.abc import Iterable, Iterator

from scraper.vocabulary import AGENCIES

__all__ = ["declared", "is_brand", "names"]

_BY = (
    "by|von|par|por|di|da|door|av|af|od|autor|autora|autore|auteur|author|authors|text|tekst|redaktion|oleh|yazan|автор"
    "|作者|记者|文"
)
_LEAD = re.compile(
    rf"^(?:(?:story|written|reported|reporting|words|posted|published|edited|reviewed|an? \w+ (?:article|post))\s+)?"
    rf"(?:{_BY})(?:\s*[:：|/]\s*|\s+(?={{}}))".replace("{}", r"[^\W\d_]"),
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*(?:[|•·–—»]|\s-\s|\(|\bfor\b|\bUpdated\b|\bPublished\b|\bPosted\b|\bLast\b|\bon\b|\d|\bRead\b|\bFollow\b"
    r"|\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.?\s+\d|USA TODAY).*$"
)
_AND = r"\b(?:and|und|et|y|og|och|en|ja|with|mit|avec)\b"
_SPLIT = re.compile(rf"\s*[;、/]\s*|\s*,\s*(?:{_AND}\s+)?|\s+(?:&|{_AND})\s+")
_COMMA = re.compile(r"[;,、/]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S*|\S+@\S+|(?<!\w)@\w+")
_AGENCY = frozenset(name.casefold() for name in AGENCIES)
_ROLE = re.compile(
    r"\b(?:staff|writer|reporter|correspondent|editor|editors|editorial|press|news|agency|agencies|times|post|team|desk"
    r"|contributor|contributing|senior|guest|bureau|columnist|journalist|associated|reuters|redaktion|redakteurin?|rédaction"
    r"|redacción|redazione|photo|photographer|share|comments?|email|twitter|facebook|subscribe|view|profile|bio|about"
    r"|minutes?|read|updated|published|admin|advertisement|chief|director|ceo|manager|specialist|producer|host|media"
    r"|company|inc|ltd|llc|group|magazine|university|college|institute|blog|website|online|author|authors|contact|more)\b",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\b(?:written|reviewed|edited|says|policy|contents|topics|menu|podcasts?|expert|head of|table of|use case|log ?in"
    r"|gardener|founder)\b|[#?:(]",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[A-Z]{2,6}®?")
_TEAM = re.compile(r"\b(?:team|staff|desk|redaktion|redacción|rédaction|redazione)\b", re.IGNORECASE)
_PARTICLES = frozenset("de da do dos das del della di du van von der den ten ter la le el al bin ibn y e of st".split())
_SUFFIXES = frozenset(
    ("jr", "sr", "jr.", "sr.", "ii", "iii", "iv", "md", "phd", "ph.d.", "m.d.", "esq.", "rd", "mba", "rn")
)


def declared(raw: Iterable[str]) -> tuple[str, ...]:
    """Give the authors that a page declares to machines, each once, in order: as they are, but for agencies."""
    return _unique(name for line in raw for name in _declared(line))


def _declared(line: str) -> Iterator[str]:
    line = _ADDRESS.sub("", _LEAD.sub("", line)).strip(" |-–—•:")
    first, _, rest = line.partition(" | ")
    line = first if rest and _is_person(first) else line
    parts = [] if line.startswith(",") else _parts(line)
    if len(parts) > 1 and not _COMMA.search(line) and not _is_person(parts[0]) and parts[0].casefold() not in _AGENCY:
        parts = [line]  # "Centre for Food and Health", "Jane & John"
    for number, name in enumerate(parts):
        office = number > 0 and _is_person(parts[0]) and _is_beside(name)
        if 1 < len(name) <= 80 and name.casefold() not in _AGENCY and not office:
            yield name


def names(lines: Iterable[str]) -> tuple[str, ...]:
    """Give the people whom visible bylines name, each once, in order; agencies, roles and addresses are left out."""
    return _unique(name for line in lines for name in _people(line))


def _people(line: str) -> Iterator[str]:
    text = _ADDRESS.sub("", line).strip(" |-–—•:,")
    text = _TAIL.sub("", _LEAD.sub("", text))
    for name in _parts(text):
        if _is_person(name):
            yield name


def is_brand(name: str, site_name: str | None, host: str) -> bool:
    """Tell whether a declared author is the site itself."""
    folded = re.sub(r"\W+", "", name.casefold())
    site = re.sub(r"\W+", "", (site_name or "").casefold())
    plain_host = re.sub(r"\W+", "", host.casefold())
    return bool(folded) and ((bool(site) and (folded in site or site in folded)) or folded in plain_host)


def _parts(line: str) -> list[str]:
    """Cut a line at commas and words for "and"; "John Roe, Jr." and "Jane Doe, PhD" stay whole."""
    parts: list[str] = []
    for part in _SPLIT.split(line):
        name = " ".join(part.split()).strip(" .:|-–—•*") if part.split() else ""
        if name.casefold() in _SUFFIXES or part.strip().casefold() in _SUFFIXES:
            continue
        if name:
            parts.append(name)
    return parts


def _is_person(name: str) -> bool:
    words = name.split()
    if not 4 <= len(name) <= 40 or not 1 < len(words) <= 5 or _is_office(name) or name.casefold() in _AGENCY:
        return len(words) == 1 and not name.isascii() and 2 <= len(name) <= 12 and name.isalpha()
    return all(word[0].isupper() or word.casefold() in _PARTICLES or not word[0].isalpha() for word in words)


def _is_beside(name: str) -> bool:
    """Tell whether what follows a person is an office or letters of a degree, and no second author."""
    return bool(_LETTERS.fullmatch(name)) or (_is_office(name) and not _TEAM.search(name))


def _is_office(name: str) -> bool:
    return bool(_ROLE.search(name) or _CREDIT.search(name))


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple({name.casefold(): name for name in reversed(list(found))}.values())[::-1]
