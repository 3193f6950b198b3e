"""Readings of the corpus by networks that have not seen a page's host: most of the time that training takes.

They are stored fold by fold, so that an interrupted run goes on where it stopped, and the site layer can be trained
again without them. A file is used only for the same pages, features, targets and recipe; if the network itself is
changed, delete the folder.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import blake2b
from pathlib import Path

import numpy as np

from scraper.tagger.features import Vocabulary
from scraper.tagger.training.corpus import FOLDS, Example, fold_of
from scraper.tagger.training.evaluate import Answer
from scraper.tagger.training.fit import Recipe, answer, fit, has_gold, is_usable, make_deterministic
from scraper.tagger.training.net import Net
from scraper.tagger.training.site_net import without_words

__all__ = ["Reading", "held_out"]

Reading = tuple[Answer, Answer]
"""The answer of a network for a page, and its answer without class names and words."""


def held_out(
    pool: ProcessPoolExecutor,
    examples: Sequence[Example],
    vocab: Vocabulary,
    recipes: Sequence[Recipe],
    folder: Path | None = None,
) -> list[list[Reading]]:
    """Return for each recipe and page the answers of a network that was not trained on its host.

    Folds that are stored in the folder are not trained again.
    """
    prefix = None if folder is None else folder / _digest(examples, vocab)
    tasks = [
        [pool.submit(_one_fold, examples, vocab, recipe, fold, prefix) for fold in range(FOLDS)] for recipe in recipes
    ]
    rounds = []
    for recipe, folds in zip(recipes, tasks, strict=True):
        answers: dict[int, Reading] = {}
        for number, task in enumerate(folds):
            answers |= task.result()
            print(f"seed {recipe.seed}, fold {number + 1} of {FOLDS} done", flush=True)
        rounds.append([answers[index] for index in range(len(examples))])
    return rounds


def _one_fold(
    examples: Sequence[Example], vocab: Vocabulary, recipe: Recipe, fold: int, prefix: Path | None
) -> dict[int, Reading]:
    tested = [index for index, page in enumerate(examples) if fold_of(page) == fold]
    file = prefix and prefix.with_name(f"{prefix.name}-seed{recipe.seed}-epochs{recipe.epochs}-fold{fold}.npz")
    if not tested:
        return {}
    if file and file.exists():
        return dict(zip(tested, _load(file), strict=True))
    make_deterministic()
    net = fit(
        [page for page in examples if fold_of(page) != fold and has_gold(page) and is_usable(page)], vocab, recipe
    )
    readings = [_read(net, examples[index]) for index in tested]
    if file:
        _store(file, readings)
    return dict(zip(tested, readings, strict=True))


def _read(net: Net, example: Example) -> Reading:
    assert example.features is not None
    return answer(net, example), answer(net, example._replace(features=without_words(example.features)))


def _digest(examples: Sequence[Example], vocab: Vocabulary) -> str:
    """Return what identifies the corpus, as the networks see it."""
    digest = blake2b(repr(vocab).encode(), digest_size=6)
    for page in examples:
        assert page.features is not None
        digest.update(f"{page.host} {page.name} {page.verdict}".encode())
        for array in (page.features.dense, page.target, page.kind):
            digest.update(array.tobytes())
    return digest.hexdigest()


def _store(file: Path, readings: Sequence[Reading]) -> None:
    """Write the readings of some pages; the file appears when it is complete."""
    file.parent.mkdir(parents=True, exist_ok=True)
    blocks, verdicts = ([np.stack([answer[part] for answer in reading]) for reading in readings] for part in (0, 1))
    partial = file.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.savez(
            stream,
            sizes=[page.shape[1] for page in blocks],
            blocks=np.concatenate(blocks, axis=1),
            verdicts=np.stack(verdicts),
        )
    partial.replace(file)


def _load(file: Path) -> list[Reading]:
    with np.load(file) as stored:
        pages = np.split(stored["blocks"], np.cumsum(stored["sizes"])[:-1], axis=1)
        return [
            ((page[0], verdict[0]), (page[1], verdict[1]))
            for page, verdict in zip(pages, stored["verdicts"], strict=True)
        ]
