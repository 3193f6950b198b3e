"""Evaluation of the site layer: what pages gain from other pages of their sites, on hosts that no network has seen."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scraper.block import Reading
from scraper.label import LISTS, STORY, Label
from scraper.tagger import read_output
from scraper.tagger.lists import is_entry_title
from scraper.tagger.network import ARTICLE, KINDS, Network
from scraper.tagger.network import STORY as FIRST_OUTSIDE
from scraper.tagger.site_layer import adjusted, constrained, log_odds
from scraper.tagger.training.corpus import fold_of_host
from scraper.tagger.training.evaluate import paragraphs_f1, words_f1
from scraper.tagger.training.fit import Recipe
from scraper.tagger.training.site_net import SiteNet, SitePage, correct, fit_sites, others_of, see

__all__ = ["Score", "report_sites", "site_scores"]

_CURVE = (1, 2, 3, 5, 10, 20)
_READINGS = ("all features", "without words")
_LABELS = (Label.HEADLINE, Label.BYLINE, Label.DATE, Label.CAPTION, Label.LIST_HEADING)


class Score(NamedTuple):
    """A measure of one page without and with other pages of its site, 0 to 1."""

    name: str
    alone: float
    together: float


class _Stages(NamedTuple):
    """The vocabulary and calibration of the first stage, whose answers are known, and the second stage."""

    network: Network
    net: SiteNet


def site_scores(hosts: Mapping[str, Sequence[SitePage]], network: Network, recipe: Recipe, fold: int) -> list[Score]:
    """Return the scores of the pages of a fold, read by a site layer that was trained on the other folds.

    Of the network, only the vocabulary and the calibration are used.
    """
    net = fit_sites([pages for host, pages in hosts.items() if fold_of_host(host) != fold], network.calibration, recipe)
    if net is None:
        return []
    stages, order = _Stages(network, net), np.random.default_rng(recipe.seed)
    tested = [pages for host, pages in hosts.items() if fold_of_host(host) == fold and len(pages) > 1]
    return [
        score
        for pages in tested
        for page in pages
        for reading in range(len(page.outputs))
        for score in _scores(stages, page, others_of(pages, page), reading, order)
    ]


def report_sites(scores: Iterable[Score]) -> Iterator[str]:
    """Yield the mean of each measure over its pages."""
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for name, *pair in scores:
        groups[name].append((pair[0], pair[1]))
    for name, pairs in sorted(groups.items()):
        alone, together = np.mean(pairs, axis=0)
        yield f"site, {name}: alone {alone:.4f}, with its site {together:.4f} ({len(pairs)} pages)"


def _scores(
    stages: _Stages, page: SitePage, others: Sequence[SitePage], reading: int, order: np.random.Generator
) -> Iterator[Score]:
    """Yield the measures of the body for several numbers of other pages, and all measures with all others."""
    name, example = _READINGS[reading], page.example
    kind, source = ("compiled sites", example.host) if example.folder == "sites" else ("corpus", example.folder)
    alone = _read(stages, page, (), reading)
    for number in sorted({*(number for number in _CURVE if number < len(others)), len(others)}):
        chosen = [others[i] for i in order.choice(len(others), number, replace=False)]
        together = _read(stages, page, chosen, reading)
        for measure, *pair in _pairs(_body_measures, page, alone, together):
            if number in _CURVE:
                yield Score(f"{name}, {measure}, {kind}, {number:2} other pages", *pair)
            if number == len(others):
                yield Score(f"{name}, {measure}, {source}", *pair)
        if number == len(others) and example.labelled and example.verdict == ARTICLE:
            for measures in (_list_measures, _label_measures):
                for measure, *pair in _pairs(measures, page, alone, together):
                    yield Score(f"{name}, {measure}", *pair)


def _pairs(
    measures: Callable[[SitePage, Reading], Mapping[str, float]], page: SitePage, alone: Reading, together: Reading
) -> Iterator[Score]:
    """Yield the measures that both readings of a page have."""
    before, after = measures(page, alone), measures(page, together)
    return (Score(name, before[name], after[name]) for name in before if name in after)


def _read(stages: _Stages, page: SitePage, others: Sequence[SitePage], reading: int) -> Reading:
    example, output, calibration = page.example, page.outputs[reading], stages.network.calibration
    assert example.features is not None
    seen = see(page, [other.summaries[reading] for other in others], reading, calibration) if others else None
    if seen is not None:
        raw = correct(stages.net, seen)
        correction = constrained(raw, example.document, log_odds(output.story, calibration), page.words, seen.evidence)
        output = adjusted(output, correction, calibration)
    return read_output(example.document, example.features, output, stages.network)


def _body_measures(page: SitePage, reading: Reading) -> dict[str, float]:
    """Return F1 of the body by words and by paragraphs of gold text, and by the words of blocks of known labels."""
    example = page.example
    measures = {
        "words": words_f1(example, reading),
        "paragraphs": paragraphs_f1(example, reading),
        "words of labelled blocks": _blocks_f1(page, reading),
    }
    return {name: value for name, value in measures.items() if value is not None}


def _blocks_f1(page: SitePage, reading: Reading) -> float | None:
    """Return F1 by words of the blocks of the story; None for a page that is not labelled, nor a compiled post."""
    example = page.example
    if example.labelled and example.verdict == ARTICLE:
        is_known, gold = example.kind >= 0, (example.kind >= 0) & (example.kind < FIRST_OUTSIDE)
    elif example.folder == "sites":
        is_known, gold = example.target >= 0, example.target > 0.5
    else:
        return None
    if not gold.any():
        return None
    body = np.array([labelled.label in STORY for labelled in reading.labelled])
    common, own, all_gold = (float(page.words[mask].sum()) for mask in (body & gold, body & is_known, gold))
    return 2 * common / max(own + all_gold, 1.0)


def _label_measures(page: SitePage, reading: Reading) -> dict[str, float]:
    """Return F1 of some labels that occur once or twice on a page."""
    given = [labelled.label for labelled in reading.labelled]
    known = [KINDS[kind] if kind >= 0 else None for kind in page.example.kind.tolist()]
    measures = {}
    for label in _LABELS:
        gold, own = known.count(label), sum(a is label and b is not None for a, b in zip(given, known, strict=True))
        if gold:
            common = sum(a is b is label for a, b in zip(given, known, strict=True))
            measures[f"label {label}"] = 2 * common / (gold + own)
    return measures


def _list_measures(page: SitePage, reading: Reading) -> dict[str, float]:
    """Return precision and recall of the entries of lists of stories, and the share of those with the right kind."""
    blocks = zip(page.example.kind.tolist(), page.example.document.blocks, strict=True)
    gold = [KINDS[kind] if kind >= 0 and is_entry_title(block) else None for kind, block in blocks]
    own = [labelled.label if is_entry_title(labelled.block) else None for labelled in reading.labelled]
    pairs = [(a, b) for a, b in zip(gold, own, strict=True) if a in LISTS and b in LISTS]
    parts = {
        "recall": (len(pairs), sum(label in LISTS for label in gold)),
        "precision": (len(pairs), sum(label in LISTS for label in own)),
        "kind": (sum(a is b for a, b in pairs), len(pairs)),
    }
    return {f"lists, {name}": part / whole for name, (part, whole) in parts.items() if whole}
