"""How many records have which field: what tells that a site has changed its pages, when it falls."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping

from scraper.article import SIDEBAR_KINDS, Article

__all__ = ["coverage", "fallen"]

_POINTS, _PART = 0.05, 0.1
# What says something about the crawl, not about the page.
_LEFT_OUT = frozenset(("extraction", "id", "fetched_at", "duplicate_of", "replaces", "schema_version", "sidebar"))
_FIELDS = tuple(field.name for field in dataclasses.fields(Article) if field.name not in _LEFT_OUT)


def coverage(records: Iterable[Article]) -> dict[str, float]:
    """Give by field the share of records, 0 to 1, in which it is filled; "sidebar.related" and its like, too."""
    found: Counter[str] = Counter()
    number = 0
    for record in records:
        number += 1
        found.update(name for name in _FIELDS if getattr(record, name) not in (None, "", ()))
        found.update(f"sidebar.{kind}" for kind, links in record.sidebar.items() if links)
    lists = {f"sidebar.{kind}" for kind in SIDEBAR_KINDS} | found.keys() - set(_FIELDS)
    return {name: found[name] / number if number else 0.0 for name in (*_FIELDS, *sorted(lists))}


def fallen(old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    """Name the fields whose share fell by more than 5 points and by more than 10 % of what it was."""
    falls = {name: share - new.get(name, 0.0) for name, share in old.items()}
    return [name for name, fall in falls.items() if fall > _POINTS and fall > _PART * old[name]]
