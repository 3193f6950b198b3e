"""Evaluation on pages of unseen hosts: bodies, labels, verdicts, reliability."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from scraper.block import Reading
from scraper.label import STORY as BODY_LABELS
from scraper.label import Label
from scraper.tagger import read_output
from scraper.tagger.features import Vocabulary
from scraper.tagger.network import ARTICLE, KINDS, LISTING, STORY, Network, Output
from scraper.tagger.training.alignment import words
from scraper.tagger.training.corpus import Example

__all__ = ["Read", "calibrate", "mean_answer", "paragraphs_f1", "read_all", "report", "spread", "words_f1"]

Answer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The logits of the blocks and of the page, as `fit.answer` returns them."""
_STEPS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)
"""The bounds of the rows of the reliability table."""
_ROUNDS = 12
"""The number of updates of the label shifts."""


class Read(NamedTuple):
    """A page with its reading and the F1 by words of its body, None without a gold body."""

    example: Example
    reading: Reading
    f1: float | None


def mean_answer(answers: Sequence[Answer]) -> Answer:
    """Return the mean answer of several networks for a page."""
    blocks, page = zip(*answers, strict=True)
    return np.mean(blocks, axis=0), np.mean(page, axis=0)


def calibrate(examples: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
    """Return the scale and shift from a logit of the story to log-odds, then a shift for each label's logit."""
    return [*_line(examples, answers), *_label_shifts(examples, answers)]


def _label_shifts(examples: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
    """Return the shifts with which each label outside the story is predicted as often as readers gave it."""
    rows = [
        (example.kind[chosen], out[chosen, 1 + STORY :])
        for example, (out, _) in zip(examples, answers, strict=True)
        if example.labelled and example.verdict == ARTICLE and (chosen := example.kind >= STORY).any()
    ]
    shifts = np.zeros(len(KINDS) - STORY)
    if rows:
        kind, logits = (np.concatenate(column) for column in zip(*rows, strict=True))
        expected = np.bincount(kind - STORY, minlength=len(shifts))
        for _ in range(_ROUNDS):
            predicted = np.bincount((logits + shifts).argmax(axis=1), minlength=len(shifts))
            shifts += 0.5 * np.log((expected + 1) / (predicted + 1))
    return [*[0.0] * STORY, *shifts.tolist()]


def _line(examples: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
    pairs = [(example.target, out[:, 0]) for example, (out, _) in zip(examples, answers, strict=True)]
    target, logit = (np.concatenate(column) for column in zip(*pairs, strict=True))
    is_known = target >= 0
    target, logit = torch.from_numpy(target[is_known]), torch.from_numpy(logit[is_known])
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=50)

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(line[0] * logit + line[1], target)
        loss.backward()
        return loss

    optimizer.step(step)
    return [float(value) for value in line.detach()]


def read_all(
    examples: Sequence[Example], answers: Sequence[Answer], vocabulary: Vocabulary, calibration: Sequence[float]
) -> Iterator[Read]:
    """Yield each page as the library would read it from the answer of a network."""
    network = Network(vocabulary, {}, np.array(calibration))
    for example, (out, verdict) in zip(examples, answers, strict=True):
        assert example.features is not None
        output = Output(out[:, 0], out[:, 1:], verdict)
        reading = read_output(example.document, example.features, output, network)
        yield Read(example, reading, words_f1(example, reading))


def _body(reading: Reading) -> list[str]:
    return [labelled.block.text for labelled in reading.labelled if labelled.label in BODY_LABELS]


def words_f1(example: Example, reading: Reading) -> float | None:
    """Return F1 by words of the body; None for a page without a gold body."""
    if not example.gold.get("body") or example.verdict != ARTICLE:
        return None
    return _f1(words("\n".join(_body(reading))), words(example.gold["body"]))


def paragraphs_f1(example: Example, reading: Reading) -> float | None:
    """Return F1 over whole paragraphs; None for a page without gold paragraphs."""
    if not example.gold.get("paragraphs") or example.verdict != ARTICLE:
        return None
    return _f1(_body(reading), [" ".join(paragraph.split()) for paragraph in example.gold["paragraphs"]])


def _f1(predicted: Sequence[str], expected: Sequence[str]) -> float:
    common = (Counter(predicted) & Counter(expected)).total()
    return 2 * common / (len(predicted) + len(expected)) if common else 0.0


def report(pages: Sequence[Read]) -> str:
    """Return all figures as lines of text."""
    return "\n".join([*_bodies(pages), *_labels(pages), *_verdicts(pages), *_reliability(pages)])


def spread(rounds: Sequence[Sequence[Read]]) -> str:
    """Return the figures of the bodies over several networks: their mean and standard deviation."""
    figures = [_body_figures(pages) for pages in rounds]
    lines = []
    for name in figures[0]:
        scores = [network_figures[name][0] for network_figures in figures]
        lines.append(f"{name:32} {np.mean(scores):.4f} over {len(rounds)} seeds, spread {np.std(scores, ddof=1):.4f}")
    return "\n".join(lines)


def _bodies(pages: Sequence[Read]) -> Iterator[str]:
    for name, (score, number) in _body_figures(pages).items():
        yield f"{name:32} {score:.4f}  ({number} pages)"


def _body_figures(pages: Sequence[Read]) -> dict[str, tuple[float, int]]:
    """Return for each measure of each set its mean and the number of pages."""
    scores: dict[str, list[float]] = defaultdict(list)
    marked, marked_pages = Counter[str](), 0
    for page in pages:
        gold, text = page.example.gold, "\n".join(_body(page.reading))
        if page.f1 is not None:
            scores[f"{page.example.folder} words"].append(page.f1)
            paragraphs = paragraphs_f1(page.example, page.reading)
            if paragraphs is not None:
                scores[f"{page.example.folder} paragraphs"].append(paragraphs)
        elif gold.get("with") and page.example.verdict == ARTICLE:
            marked_pages += 1
            marked["hit"] += sum(segment in text for segment in gold["with"])
            marked["wrong"] += sum(segment not in text for segment in gold["with"])
            marked["wrong"] += sum(segment in text for segment in gold["without"])
    figures = {name: (float(np.mean(values)), len(values)) for name, values in sorted(scores.items())}
    if marked["hit"]:
        figures["marked segments"] = 2 * marked["hit"] / (2 * marked["hit"] + marked["wrong"]), marked_pages
    return figures


def _labels(pages: Sequence[Read]) -> Iterator[str]:
    expected, predicted, correct = Counter[int](), Counter[int](), Counter[int]()
    for page in pages:
        if not page.example.labelled or page.example.verdict != ARTICLE:
            continue
        for kind, labelled in zip(page.example.kind.tolist(), page.reading.labelled, strict=True):
            if kind < 0 or labelled.label is Label.HIDDEN:
                continue
            label = KINDS.index(labelled.label)
            expected[kind] += 1
            predicted[label] += 1
            correct[kind] += kind == label
    for kind, label in enumerate(KINDS):
        if expected[kind]:
            precision, recall = correct[kind] / max(predicted[kind], 1), correct[kind] / expected[kind]
            yield f"label {label:26} precision {precision:.3f} recall {recall:.3f}  ({expected[kind]} blocks)"


def _verdicts(pages: Sequence[Read]) -> Iterator[str]:
    for limit in (0.3, 0.5, 0.6, 0.7, 0.9):
        decisions: Mapping[int, list[bool]] = {ARTICLE: [], LISTING: []}
        for page in pages:
            if page.example.verdict in decisions and page.example.folder != "synthetic":
                decisions[page.example.verdict].append((page.reading.listing or 0.0) > limit)
        refused, caught = (float(np.mean(values)) if values else 0.0 for values in decisions.values())
        yield f"listing above {limit}: {refused:.4f} of stories refused, {1 - caught:.4f} of lists taken for stories"


def _reliability(pages: Sequence[Read]) -> Iterator[str]:
    pairs = np.array([(page.reading.confidence or 0.0, page.f1) for page in pages if page.f1 is not None])
    if len(pairs) < len(_STEPS):
        return
    yield f"confidence and F1: correlation {np.corrcoef(pairs.T)[0, 1]:.3f}"
    for low, high in itertools.pairwise(_STEPS):
        row = pairs[(pairs[:, 0] >= low) & (pairs[:, 0] < high)]
        if len(row):
            yield f"confidence {low:.2f} to {min(high, 1):.2f}: mean F1 {row[:, 1].mean():.3f}  ({len(row)} pages)"
