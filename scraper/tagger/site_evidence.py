"""What the other pages of a site say about the blocks of a page, as numbers for the site layer.

Two facts count: how the labeller reads the blocks at the same element path on the other pages, and which texts the
other pages have too. The page itself, and copies of it under other URLs, are left out, so that no page confirms itself.
Where a site has several templates, the pages of other templates are left out, too.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Document, is_link
from scraper.tagger.network import KINDS
from scraper.tagger.page_summary import PageSummary, page_digest, path_keys, text_keys

__all__ = ["EVIDENCE_COLUMNS", "LEVELS", "Evidence", "SiteIndex", "evidence", "index_pages"]

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

_LEVEL_NAMES = ("path", "elements", "element")
"""How blocks are grouped: by the whole path, by the names of the innermost elements, by that of the innermost one."""
LEVELS = len(_LEVEL_NAMES)
_LEVEL_COLUMNS = (
    "known",
    "share of pages",
    "pages",
    "blocks",
    "blocks a page",
    "story",
    "story by words",
    "repeated",
    "is repeated",
)
EVIDENCE_COLUMNS = (
    "text: share of stories",
    "text: pages",
    "text: repeated",
    *(f"{level}: {column}" for level in _LEVEL_NAMES for column in _LEVEL_COLUMNS),
    "page: share of known paths",
    "page: share of known elements",
    "page: share of known element",
    "site: pages",
    "site: few pages",
)
_STATISTICS = 4
"""Columns before the labels in the statistics of a path: blocks, words, story blocks, story words."""
_COPY_TEXTS, _COPY_SHARE = 3, 0.6
"""A page that shares so many long texts of the story, and this share of them, is a copy."""
_COMMON = 3
"""A text on more pages than this is part of the frame, and says nothing about copies."""
_COMMON_PATH, _LEAST_DISTINCTIVE, _ALIKE, _LEAST_PAGES = 0.8, 0.2, 0.5, 2
"""A path on a smaller share of the pages is distinctive of a template. The most similar page must have this share of
the words of a page at distinctive paths, a page of the same template this share of those; and so many must be left."""
_BLOCK_DOUBT, _WORD_DOUBT, _LABEL_DOUBT = 0.3, 2.0, 1.0
"""Blocks and words that are added to both sides of a ratio, so that few observations say little."""


class SiteIndex(NamedTuple):
    """The summaries of the pages of a site, as arrays: a row is an element path of a page, an entry a text of a row."""

    digests: tuple[str, ...]
    statistics: Floats
    """rows x (blocks, words, story blocks, story words, then blocks by label)."""
    page_of_row: Ints
    levels: tuple["_Level", ...]
    """The rows, grouped at each level."""
    texts: dict[str, int]
    row_of_entry: Ints
    text_of_entry: Ints
    first_on_page: NDArray[np.bool_]
    """For each entry, whether no earlier entry of its page has the text."""
    is_list: NDArray[np.bool_]
    """For each page, whether it is a list of stories: the openings of stories there are no part of the frame."""
    story_texts: tuple[Ints, ...]
    """For each page, its long texts that belong to the story."""


class _Level(NamedTuple):
    """Rows in groups of equal paths."""

    numbers: dict[Any, int]
    groups: Ints
    """The number of the group of each row."""
    order: Ints
    starts: Ints
    first_on_page: NDArray[np.bool_]
    """For each row in this order, whether it is the first of its page in its group."""


class Evidence(NamedTuple):
    """What the other pages of the site say about the n blocks of a page."""

    columns: Floats
    """n x EVIDENCE_COLUMNS."""
    labels: Floats
    """LEVELS x n x KINDS: the logarithms of how often each label occurs in the group of a block at each level, beside
    an even distribution; zeros where nothing is known."""
    known: NDArray[np.bool_]
    """Whether the other pages say anything about a block: they have its text, or its group at one of the levels."""
    stories: int
    """The number of other pages that are no lists of stories, at least 1."""
    pages: int
    """The number of other pages."""


def index_pages(pages: Sequence[PageSummary]) -> SiteIndex:
    """Return the summaries of the pages of a site as arrays."""
    rows = [(number, path) for number, page in enumerate(pages) for path in page.paths]
    page_of_row = np.array([number for number, _ in rows], np.int64)
    statistics = np.zeros((len(rows), _STATISTICS + len(KINDS)))
    column = {str(label): _STATISTICS + number for number, label in enumerate(KINDS)}
    texts: dict[str, int] = {}
    entries: list[tuple[int, int]] = []
    for index, (_, path) in enumerate(rows):
        statistics[index, :_STATISTICS] = path.blocks, path.words, path.story, path.story_words
        for label, number in path.labels.items():
            if label in column:
                statistics[index, column[label]] = number
        entries += [(index, texts.setdefault(text, len(texts))) for text in path.texts]
    row_of_entry, text_of_entry = np.array(entries, np.int64).reshape(-1, 2).T
    keys = _level_keys([path.key for _, path in rows], [path.path for _, path in rows])
    levels = tuple(_level(own, page_of_row) for own in keys)
    return SiteIndex(
        digests=tuple(page.digest for page in pages),
        statistics=statistics,
        page_of_row=page_of_row,
        levels=levels,
        texts=texts,
        row_of_entry=row_of_entry,
        text_of_entry=text_of_entry,
        first_on_page=_firsts(page_of_row[row_of_entry] * len(texts) + text_of_entry),
        is_list=np.array([page.is_list for page in pages], bool),
        story_texts=tuple(np.array(sorted({texts[text] for text in _story_texts(page)}), np.int64) for page in pages),
    )


def _story_texts(page: PageSummary) -> Iterable[str]:
    return (text for path in page.paths if 2 * path.story >= path.blocks for text in path.texts if "…" in text)


def _level_keys(paths: Sequence[int], names: Sequence[str]) -> tuple[Sequence[Any], ...]:
    """Return what identifies the group of a block at each level."""
    return paths, names, [_innermost(name) for name in names]


def _innermost(names: str) -> str:
    """Return the innermost of some elements, with its parent if it has no class words."""
    *_, parent, element = "", *names.split(" > ")
    return element if "." in element else f"{parent} > {element}"


def _level(keys: Sequence[Any], page_of_row: Ints) -> _Level:
    numbers: dict[Any, int] = {}
    groups = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    pages = int(page_of_row.max(initial=0)) + 1
    return _Level(numbers, groups, order, starts, _firsts(groups[order] * pages + page_of_row[order]))


def _firsts(values: Ints) -> NDArray[np.bool_]:
    """Return for each value whether it has not occurred before."""
    first = np.zeros(len(values), bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first


def evidence(document: Document, words: Floats, site: SiteIndex) -> Evidence | None:
    """Return what the other pages of the site say about a page of n blocks with so many words; None without others."""
    keys, names = path_keys(document)
    shown = text_keys(document)
    text = np.array([site.texts.get(key, -1) for key in shown], np.int64)
    is_long = np.array(["…" in key for key in shown], bool)
    used = _others(page_digest(document), text[is_long], site)
    if not used.any():
        return None
    groups = [
        np.array([level.numbers.get(path, -1) for path in own], np.int64)
        for level, own in zip(site.levels, _level_keys(keys.tolist(), names), strict=True)
    ]
    is_text = np.array([not is_link(block.text, block.link_chars) for block in document.blocks])
    used = _of_same_template(used, groups[0], words * is_text, site)
    pages = int(used.sum())
    row_used = used[site.page_of_row]
    counted = row_used[site.row_of_entry] & site.first_on_page & ~site.is_list[site.page_of_row[site.row_of_entry]]
    counts = np.bincount(site.text_of_entry[counted], minlength=len(site.texts) + 1)
    on_pages = counts[text]  # index -1 is the last count, which is 0
    repeated = _repeated_share(site, counts, text)
    stories = max(int((used & ~site.is_list).sum()), 1)
    columns = [on_pages / stories, np.log1p(on_pages), np.minimum(on_pages, 2) / 2]
    labels, known_shares, any_known = [], [], on_pages > 0
    weights = words + 1.0
    for level, group in zip(site.levels, groups, strict=True):
        sums = _sums(site, level, row_used, repeated)[group]
        known = sums[:, 0] > 0
        any_known |= known
        columns += _level_columns(sums, known, on_pages, pages)
        labels.append(_label_evidence(sums[:, _STATISTICS : _STATISTICS + len(KINDS)], sums[:, 0], known))
        known_shares.append(float((known * weights).sum() / weights.sum()))
    whole = np.array([*known_shares, np.log(pages) / 2, 1 / pages])
    matrix = np.concatenate([np.stack(columns, axis=1), np.broadcast_to(whole, (len(words), len(whole)))], axis=1)
    return Evidence(matrix.astype(np.float32), np.stack(labels).astype(np.float32), any_known, stories, pages)


def _others(digest: str, long_texts: Ints, site: SiteIndex) -> NDArray[np.bool_]:
    """Mark the pages that are neither the page of a digest nor a copy of it, as its long texts show."""
    pages_of_text = np.bincount(site.text_of_entry[site.first_on_page], minlength=len(site.texts) + 1)
    own = np.unique(long_texts[long_texts >= 0])
    own = own[pages_of_text[own] <= _COMMON]
    used = np.array([other != digest for other in site.digests], bool)
    for number, texts in enumerate(site.story_texts):
        rare = texts[pages_of_text[texts] <= _COMMON]
        shared = len(np.intersect1d(own, rare, assume_unique=True))
        if shared >= _COPY_TEXTS and shared >= _COPY_SHARE * len(rare):
            used[number] = False
    return used


def _of_same_template(used: NDArray[np.bool_], groups: Ints, words: Floats, site: SiteIndex) -> NDArray[np.bool_]:
    """Mark the pages of the template of a page; all of them if it is that of few, or if they do not differ much.

    `groups` are the groups of the blocks of the page by their whole paths, and `words` the words of its texts.
    Templates are distinguished by the paths that some pages have and others have not.
    """
    of_rows, size = site.levels[0].groups, len(site.levels[0].numbers)
    on_pages = np.bincount(of_rows[used[site.page_of_row]], minlength=size)
    known = groups >= 0
    weights = np.bincount(groups[known], words[known], size) * (on_pages < _COMMON_PATH * used.sum())
    shared = np.bincount(site.page_of_row, weights[of_rows], len(used)) * used
    most = shared.max()
    same: NDArray[np.bool_] = used & (shared >= _ALIKE * most)
    is_distinct = most >= _LEAST_DISTINCTIVE * words.sum() and same.sum() >= _LEAST_PAGES
    return same if is_distinct else used


def _repeated_share(site: SiteIndex, counts: Ints, own: Ints) -> Floats:
    """Return for each row the share of its texts that another page has too, be it the page that is read."""
    total = counts.copy()
    total[np.unique(own[own >= 0])] += 1
    rows = len(site.page_of_row)
    is_repeated = total[site.text_of_entry] > 1
    number = np.bincount(site.row_of_entry, minlength=rows)
    share: Floats = np.bincount(site.row_of_entry, is_repeated, rows) / np.maximum(number, 1)
    return share


def _sums(site: SiteIndex, level: _Level, used: NDArray[np.bool_], repeated: Floats) -> Floats:
    """Return for each group the sums of its statistics, its repeated blocks, and its pages; then a row of zeros."""
    values = np.concatenate([site.statistics, (repeated * site.statistics[:, 0])[:, None]], axis=1)
    values = np.concatenate([values[level.order], level.first_on_page[:, None]], axis=1) * used[level.order, None]
    sums = np.add.reduceat(values, level.starts, axis=0)
    return np.concatenate([sums, np.zeros((1, sums.shape[1]))])


def _level_columns(sums: Floats, known: NDArray[np.bool_], on_pages: Ints, pages: int) -> list[Floats]:
    blocks, words, story, story_words = sums[:, :_STATISTICS].T
    repeated, own_pages = sums[:, -2], sums[:, -1]
    return [
        known,
        own_pages / pages,
        np.log1p(own_pages) / 2,
        np.log1p(blocks) / 3,
        np.log1p(blocks / np.maximum(own_pages, 1)) / 2,
        known * _log_odds(story, blocks, _BLOCK_DOUBT),
        known * _log_odds(story_words, words, _WORD_DOUBT),
        repeated / np.maximum(blocks, 1),
        known & (on_pages > 0),
    ]


def _log_odds(part: Floats, whole: Floats, doubt: float) -> Floats:
    odds: Floats = np.log((part + doubt) / (np.maximum(whole - part, 0) + doubt)) / 2
    return odds


def _label_evidence(labels: Floats, blocks: Floats, known: NDArray[np.bool_]) -> Floats:
    share = (labels + _LABEL_DOUBT / len(KINDS)) / (blocks + _LABEL_DOUBT)[:, None]
    logs: Floats = np.log(share * len(KINDS)) * known[:, None]
    return logs
