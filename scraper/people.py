"""Names out of bylines: "By JANE DOE and John Roe, Associated Press" names two people and an agency."""

import re
from collections.abc import Iterable

from scraper.vocabulary import AGENCIES

__all__ = ["names"]

_LEAD = re.compile(
    r"^(?:(?:written|reported|story|words|text|posted|published|edited)\s+)?(?:by|von|par|por|di|da|door|av|af)\b[:\s]+"
    r"|^(?:author|autor|auteur|作者|记者|文)\s*[:：|/]\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?:[|•·–—]|\s-\s|\(|\bfor\b|\bUpdated\b|\bPublished\b).*$")
_SPLIT = re.compile(r"\s*(?:[,;&、]|\band\b|\bund\b|\bet\b|\by\b|\be\b|\bwith\b)\s+|[;、]")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+|@\w+")
_AGENCY = frozenset(name.casefold() for name in AGENCIES)
_ROLE = re.compile(
    r"(?i)\b(?:staff|writer|reporter|correspondent|editor|editorial|press|news|agency|times|post|team|desk|contributor|"
    r"redaktion|rédaction|redacción|agencies|bureau|columnist|journalist|associated|reuters)\b"
)


def names(raw: Iterable[str]) -> tuple[str, ...]:
    """Give the people in bylines, each once, in order; agencies, roles and addresses are left out."""
    found: dict[str, str] = {}
    for line in raw:
        for part in _SPLIT.split(_TAIL.sub("", _LEAD.sub("", _ADDRESS.sub("", line).strip()))):
            name = " ".join(part.strip(" .:|-–—•").split())
            if _is_name(name):
                found.setdefault(name.casefold(), name)
    return tuple(found.values())


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= 60 or name.casefold() in _AGENCY or _ROLE.search(name):
        return False
    return not any(c.isdigit() for c in name) and len(name.split()) <= 6 and name != name.lower()
