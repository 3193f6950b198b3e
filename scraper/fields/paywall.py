"""Paywalls: the warnings "paywalled" and "truncated", and subscription offers at the end of the visible text."""

import re
from collections.abc import Iterator, Sequence

from scraper.block import Claims, Document

__all__ = ["is_offer", "shortened", "without_offer"]

_SHORT_STORY, _LINE, _LONG_OFFER, _SHORT_OFFER = 1_500, 300, 80, 1_000
_WALL = re.compile(
    r"(?:subscribe|log ?in|sign ?in|register) (?:now )?to (?:continue|read|keep)|for subscribers|subscribers? only"
    r"|weiterlesen mit|um weiterzulesen|jetzt testen|nur für abonnenten|réservé aux abonnés|pour lire la suite"
    r"|suscr[ií]bete para|exclusivo para suscriptores|riservato agli abbonati|alleen voor abonnees",
    re.IGNORECASE,
)
_PERIOD = (
    "(?:week|month|year|woche|monat|jahr|semaine|mois|an|année|semana|mes|año|settimana|mese|anno|mês|ano|maand|jaar)"
)
_SUM = r"(?:[€$£¥]\s?[\d.,]+|[\d.,]+\s?(?:[€$£¥]|euros?|pounds?|dollars?|eur|usd|gbp|chf|franken|cents?|kr)\.?)"
_OFFER = re.compile(
    rf"{_SUM}\s?(?:/|an? |per |pro |im |par |al |por |a la |alla |ogni )\s?{_PERIOD}\b"
    r"|\bcancel (?:at )?any ?time|jederzeit kündbar|sans engagement|cancela cuando quieras|disdici quando vuoi"
    r"|cancele quando quiser|opzeggen wanneer"
    r"|\b(?:free trial|probeabo|probemonat|essai gratuit|prueba gratis|prova gratuita)\b"
    rf"|\b(?:first|erste[nr]?|premiers?|première|primer[oa]?s?|primi|prime|eerste) (?:\w+ )?{_PERIOD}\w*"
    r" (?:for|free|gratis|cost|kosten|pour|por|per|voor)",
    re.IGNORECASE,
)
_READER = re.compile(
    r"\b(?:you|your|sie|ihre?[nmr]?|dein|vous|votre|te|tu|tus|usted|suo|tuo|você|seu|je|uw|u)\b"
    r"|subscri|su[sc]*rí?b|abonn|abbona|assin[ea]",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])$")


def shortened(document: Document, body: Sequence[str], claims: Claims) -> Iterator[str]:
    """Yield the warnings "paywalled" and "truncated" if the page has only a part of the story.

    A paywall needs two signals: sites declare stories as not free that they show in full, and free pages contain
    phrases of paywalls too. Markup for search engines states which text is paid; if it surrounds most of the body, the
    text is present. For "truncated" one signal is enough: a declared text much longer than the body, or a last
    paragraph that breaks off.
    """
    length = sum(map(len, body))
    walled = _walled(document, body)
    is_inside = walled is not None and 2 * walled >= length
    signals = (claims.free is False) + (walled is not None)
    if not is_inside and (signals > 1 or (signals and length < _SHORT_STORY and _has_words_of_wall(document, body))):
        yield "paywalled"
    if body and (_BROKEN_OFF.search(body[-1]) or len(claims.text or "") > 1.5 * length + _LINE):
        yield "truncated"


def without_offer(body: list[str], claims: Claims) -> list[str]:
    """Remove a subscription offer and its heading from the end of a story that is not free."""
    if claims.free is not False:
        return body
    start = next((i for i, text in enumerate(body) if i and is_offer(text)), len(body))
    if sum(map(len, body[start:])) > _SHORT_OFFER:
        return body
    while start > 1 and start < len(body) and _is_heading(body[start - 1]):
        start -= 1
    return body[:start]


def is_offer(text: str) -> bool:
    """Return whether a text is a subscription offer; a longer one must address the reader."""
    is_offered = len(text) < _LINE and bool(_OFFER.search(text) or _WALL.search(text))
    return is_offered and (len(text) < _LONG_OFFER or _READER.search(text) is not None)


def _is_heading(text: str) -> bool:
    return len(text) < _LINE / 4 and text[-1:] not in '.!?…”"»'


def _walled(document: Document, body: Sequence[str]) -> int | None:
    """Return the number of characters of the body inside paywall elements; None if the page has none."""
    if not any("paywall" in names for names in document.names):
        return None
    walled = [False] * len(document.elements)
    for index, element in enumerate(document.elements):  # ancestors come first
        walled[index] = "paywall" in element.names or (element.parent >= 0 and walled[element.parent])
    shown = set(body)
    return sum(
        len(block.text)
        for block in document.blocks
        if block.element >= 0 and walled[block.element] and block.text in shown
    )


def _has_words_of_wall(document: Document, body: Sequence[str]) -> bool:
    shown = set(body)
    return any(is_offer(block.text) and block.text not in shown for block in document.blocks)
