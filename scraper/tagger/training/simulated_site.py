"""Simulated sites: from one page, summaries of other pages as a crawl of its site would meet them.

Most hosts of the corpus have one page, or pages of several templates. On a simulated site all pages have the template
of the page: its frame is repeated in part, and its story is replaced by other texts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Document
from scraper.label import Label
from scraper.tagger.network import KINDS, Output
from scraper.tagger.page_summary import PageSummary, PathSummary, label_counts, path_keys, text_keys
from scraper.tagger.site_layer import decisions

__all__ = ["Template", "sibling", "template"]

Floats = NDArray[np.floating]

_REPEATED = {
    Label.CAPTION: 0.1, Label.COMMENT: 0.1, Label.DATE: 0.1, Label.RELATED: 0.2, Label.BYLINE: 0.3, Label.KICKER: 0.3,
    Label.TAGS: 0.3, Label.BREADCRUMB: 0.3, Label.AUTHOR_BIO: 0.4, Label.RECOMMENDATION: 0.5, Label.MORE: 0.5,
    Label.SPONSORED: 0.5, Label.LATEST: 0.7, Label.RANKING: 0.8, Label.OTHER: 0.7, Label.PROMO: 0.8, Label.SHARE: 0.9,
    Label.NAVIGATION: 0.9, Label.LIST_HEADING: 0.9, Label.FOOTER: 0.95,
}  # fmt: skip
"""How often the texts at a path are the same on all pages, by their label; the story and the headline never are."""
_MISSING, _LEAST_STORY = 0.1, 0.3
"""How often the blocks at a path of the frame are missing on a page, and the least share of a story that a page has."""
_PATH_NOISE, _BLOCK_NOISE, _LABEL_NOISE = 0.7, 0.7, 0.4
"""The standard deviations of the logits between the pages: of a path, of a block, of each label of a block."""
_RATES = np.array([_REPEATED.get(label, 0.0) for label in KINDS])


class Template(NamedTuple):
    """The blocks of a page, grouped by their paths, and which texts all pages of its site have."""

    keys: NDArray[np.int64]
    """The checksums of the paths."""
    names: list[str]
    group: NDArray[np.int64]
    """The index of the path of each block."""
    texts: list[str]
    words: Floats
    story: NDArray[np.bool_]
    is_repeated: NDArray[np.bool_]
    """Whether the text of each block is on all pages."""


def template(
    document: Document,
    words: Floats,
    story: NDArray[np.bool_],
    kinds: NDArray[np.int64],
    order: np.random.Generator,
) -> Template:
    """Choose the texts that all pages of a site have, none of the story of the page.

    `words` are the numbers of words of its blocks, and `kinds` the indices of their labels in `KINDS`.
    """
    full, shown = path_keys(document)
    keys, first, group = np.unique(full, return_index=True, return_inverse=True)
    is_repeated = order.random(len(keys)) < _RATES[kinds[first]]
    names = [shown[index] for index in first.tolist()]
    return Template(keys, names, group, text_keys(document), words, story, is_repeated[group] & ~story)


def sibling(site: Template, output: Output, order: np.random.Generator, calibration: Floats) -> PageSummary:
    """Return the summary of another page of a site, whose blocks the network reads about as those of the page."""
    n, paths = len(site.group), len(site.keys)
    noise = _PATH_NOISE * order.standard_normal(paths)[site.group] + _BLOCK_NOISE * order.standard_normal(n)
    kinds = output.kinds + _LABEL_NOISE * order.standard_normal(output.kinds.shape)
    story, shares = decisions(Output(output.story + noise / calibration[0], kinds, output.verdict), calibration)
    is_missing = (order.random(paths) < _MISSING)[site.group]
    is_kept = np.where(site.story, order.random(n) < order.uniform(_LEAST_STORY, 1), ~is_missing)
    counts = np.bincount(site.group[is_kept], minlength=paths).tolist()
    columns = np.column_stack([site.words, story, story * site.words, shares])[is_kept]
    sums = np.zeros((paths, columns.shape[1]))
    np.add.at(sums, site.group[is_kept], columns)
    texts: list[list[str]] = [[] for _ in range(paths)]
    for index, number in zip(np.flatnonzero(is_kept).tolist(), order.integers(1 << 40, size=n).tolist(), strict=False):
        text = site.texts[index]
        if not site.is_repeated[index]:
            text = f"{number:x}…" if "…" in text else f"{number:x}"
        texts[site.group[index]].append(text)
    rows = [
        PathSummary(
            name,
            key,
            blocks,
            round(row[0]),
            round(row[1], 2),
            round(row[2], 1),
            label_counts(row[3:], blocks),
            tuple(dict.fromkeys(shown)),
        )
        for name, key, blocks, row, shown in zip(
            site.names, site.keys.tolist(), counts, sums.tolist(), texts, strict=True
        )
        if blocks
    ]
    return PageSummary(f"{order.integers(1 << 40):x}", False, tuple(rows))
