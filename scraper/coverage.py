"""The coverage of record fields: the share of records in which each is filled, and significant drops.

When a portal changes its template, a crawl does not fail, but fields become empty. Coverage reveals this, and so does
the familiarity of its pages.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from scraper.article import PAGE_FIELDS, Article

__all__ = ["FIELDS", "LEAST_FAMILIARITY", "coverage", "fallen"]

FIELDS = tuple(name for name in PAGE_FIELDS if name != "body_types")
"""The fields that a page may fill, without `body_types`, which is filled if `body` is."""
LEAST_FAMILIARITY = 0.5
"""Pages fit what was learned of their site if at least this share of their words is at known element paths."""

_POINTS, _PART = 0.05, 0.10  # a field has fallen if its share dropped by more than 5 points and by more than a tenth


def coverage(records: Iterable[Article]) -> dict[str, float]:
    """Return the share, 0 to 1, of records in which each field is filled; an empty dict without records.

    The number 0 counts as filled, a sidebar without links does not. `records` may be an iterator.
    """
    filled: Counter[str] = Counter()
    number = 0
    for number, record in enumerate(records, 1):  # noqa: B007 - the last number is the number of records
        filled.update(name for name in FIELDS if _is_filled(getattr(record, name)))
    return {name: round(filled[name] / number, 4) for name in FIELDS} if number else {}


def fallen(old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    """Return the fields whose share fell by more than 5 points and by more than 10 %, in the order of `old`."""
    return [name for name in old if name in new and _fell(old[name], new[name])]


def _fell(old: float, new: float) -> bool:
    drop = round(old - new, 6)
    return drop > _POINTS and drop > round(_PART * old, 6)


def _is_filled(value: Any) -> bool:
    return any(value.values()) if isinstance(value, Mapping) else value not in (None, "", ())
