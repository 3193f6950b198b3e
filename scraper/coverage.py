"""How full records are: the share of them in which each field is filled, and where it fell.

A portal that changes its template breaks no crawl; it empties a field. That is seen here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from scraper.article import PAGE_FIELDS, Article

__all__ = ["FIELDS", "coverage", "fallen"]

FIELDS = tuple(name for name in PAGE_FIELDS if name != "body_types")
"""What a page may tell; `body_types` is filled wherever `body` is."""

_POINTS, _PART = 0.05, 0.10  # a field fell if its share did by more than both: 5 points, and a tenth of what it was


def coverage(records: Iterable[Article]) -> dict[str, float]:
    """Return the share, 0 to 1, of records in which each field is filled; nothing of no records.

    A number that is 0 is filled, a sidebar without a link is not. The records are read once and not kept.
    """
    filled: Counter[str] = Counter()
    number = 0
    for number, record in enumerate(records, 1):  # noqa: B007 - the last number is how many there were
        filled.update(name for name in FIELDS if _is_filled(getattr(record, name)))
    return {name: round(filled[name] / number, 4) for name in FIELDS} if number else {}


def fallen(old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    """Name the fields whose share fell by more than 5 points and by more than 10 %, in the order of `old`."""
    return [name for name in old if name in new and _fell(old[name], new[name])]


def _fell(old: float, new: float) -> bool:
    drop = round(old - new, 6)
    return drop > _POINTS and drop > round(_PART * old, 6)


def _is_filled(value: Any) -> bool:
    return any(value.values()) if isinstance(value, Mapping) else value not in (None, "", ())
