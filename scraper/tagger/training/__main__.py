"""Train the labeller: `python -m scraper.tagger.training FOLDER` reads the pages with gold and writes the weights.

It needs torch, and resiliparse to flatten pages; the library itself needs neither. For each fifth of the hosts,
networks with different seeds are trained on the other four fifths. Their answers on the held-out pages give the printed
figures and the calibration, and the mean of these answers is a soft target of the final network, on pages with labels
and without. The site layer is trained on the same answers, which have as many errors as those on new sites. The same
seed gives the same weights on the same machine.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scraper.segment.text import segment_text
from scraper.tagger.features import Vocabulary, featurise
from scraper.tagger.network import Network
from scraper.tagger.training.corpus import FOLDS, UNKNOWN, UNKNOWN_KIND, Example, read_corpus
from scraper.tagger.training.evaluate import Answer, calibrate, mean_answer, read_all, report, spread
from scraper.tagger.training.fit import Recipe, build_vocabulary, fit, is_usable, make_deterministic
from scraper.tagger.training.net import Net
from scraper.tagger.training.readings import held_out
from scraper.tagger.training.site_net import EPOCHS as SITE_EPOCHS
from scraper.tagger.training.site_net import SiteNet, SitePage, fit_sites, site_pages
from scraper.tagger.training.site_report import Score, report_sites, site_scores
from scraper.tagger.training.synthetic import list_pages, story_pages

EPOCHS = {"html": 14, "text": 12}
TEACHERS = {"html": 3, "text": 1}
"""The number of networks trained for each fifth of the hosts."""
KINDS = (*EPOCHS, "site")
PLAIN = 500
"""The number of synthetic lists of stories, and of synthetic pages of single stories."""


def read(folder: Path, name: str, sites: Path | None, lists: int) -> tuple[Vocabulary, list[Example]]:
    """Return the vocabulary and all pages, with gold and without, with their features."""
    examples = list(read_corpus(folder, name == "text", sites))
    diverse = for_first_stage(examples)
    synthetic = [*list_pages(diverse, lists, seed=7), *story_pages(diverse, lists, seed=8)]
    examples += [_flattened(page) if name == "text" else page for page in synthetic]
    vocabulary = build_vocabulary(examples)
    return vocabulary, [example._replace(features=featurise(example.document, vocabulary)) for example in examples]


def for_first_stage(examples: Sequence[Example]) -> list[Example]:
    """Return the pages without the bodies of compiled posts.

    So many pages of three templates make the first stage worse on other pages; the site layer needs them.
    """
    return [
        page._replace(target=np.full_like(page.target, UNKNOWN)) if page.folder == "sites" else page
        for page in examples
    ]


def _flattened(page: Example) -> Example:
    """Return the page as flattened text with one line a block."""
    document = segment_text("\n".join(block.text for block in page.document.blocks), page.document.url)
    if len(document.blocks) == len(page.target):
        return page._replace(document=document)
    n = len(document.blocks)
    return page._replace(
        document=document, target=np.full(n, UNKNOWN, np.float32), kind=np.full(n, UNKNOWN_KIND, np.int64)
    )


def _write(
    file: Path, examples: Sequence[Example], vocabulary: Vocabulary, recipe: Recipe, calibration: list[float]
) -> str:
    """Train the last network and write it; return a message."""
    make_deterministic()
    save(file, vocabulary, fit(list(filter(is_usable, examples)), vocabulary, recipe), calibration)
    return f"{file.name} written"


def _with_teacher(
    examples: Sequence[Example], answers: Sequence[Answer], calibration: Sequence[float]
) -> list[Example]:
    """Return the pages with soft targets: the held-out answers for their blocks."""
    return [
        example._replace(soft=_chances(out, calibration)) if example.folder not in ("sites", "synthetic") else example
        for example, (out, _) in zip(examples, answers, strict=True)
    ]


def _chances(out: NDArray[np.float32], calibration: Sequence[float]) -> NDArray[np.float32]:
    story = 1 / (1 + np.exp(-np.clip(calibration[0] * out[:, :1] + calibration[1], -30, 30)))
    odds = np.exp(out[:, 1:] - out[:, 1:].max(axis=1, keepdims=True))
    return np.concatenate([story, odds / odds.sum(axis=1, keepdims=True)], axis=1).astype(np.float32)


def save(file: Path, vocabulary: Vocabulary, net: Net, calibration: Sequence[float]) -> None:
    """Write vocabulary and weights, in half precision."""
    arrays: dict[str, Any] = {}
    for name, tensor in net.state_dict().items():
        value = tensor.numpy()
        is_table = name in ("names.weight", "words.weight", "links.weight")
        turned = value.T if value.ndim > 1 and not is_table else value
        arrays[name] = turned.astype(np.float32 if name in ("mean", "scale") else np.float16)
    for name, index in vocabulary._asdict().items():
        arrays[name] = np.array("\n".join(f"{word} {number}" for word, number in index.items() if number > 0))
    np.savez_compressed(file, **arrays, calibration=np.array(calibration, np.float32))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train for pages and for flattened text; print the figures and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of sets, each with gold.jsonl and pages/")
    parser.add_argument("--sites", type=Path, help="a folder of compiled sites whose posts are known")
    parser.add_argument("--kind", choices=KINDS, action="append", help="train these weights only; html includes site")
    parser.add_argument("--into", type=Path, default=Path(__file__).parents[1], help="the folder for the weights")
    parser.add_argument("--epochs", type=int, help="the number of epochs")
    parser.add_argument(
        "--lists", type=int, default=PLAIN, help="the number of synthetic lists, and of synthetic stories"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--teachers", type=int, help="the number of networks for each fifth of the hosts")
    parser.add_argument("--site-epochs", type=int, default=SITE_EPOCHS, help="the number of epochs of the site layer")
    parser.add_argument("--readings", type=Path, help="a folder of held-out readings, to go on from or to fill")
    parser.add_argument("--jobs", type=int, default=2, help="the number of networks trained in parallel")
    options = parser.parse_args(arguments)
    make_deterministic()
    with ProcessPoolExecutor(options.jobs, get_context("fork")) as pool:
        results = [result for name in options.kind or EPOCHS for result in _train(pool, name, options)]
        for result in results:
            print(result(), flush=True)


def _train(pool: ProcessPoolExecutor, kind: str, options: argparse.Namespace) -> list[Callable[[], str]]:
    """Train and measure; start the tasks that write the weights, and return functions that wait for their messages."""
    name = "text" if kind == "text" else "html"
    vocab, all_examples = read(options.folder, name, options.sites, options.lists)
    examples = for_first_stage(all_examples)
    print(f"{kind}: {len(examples)} pages", flush=True)
    epochs, teachers = options.epochs or EPOCHS[name], options.teachers or TEACHERS[name]
    recipes = [Recipe(options.seed + number, epochs) for number in range(teachers)]
    rounds = held_out(pool, examples, vocab, recipes, options.readings)
    first = [[reading[0] for reading in readings] for readings in rounds]
    if teachers > 1:
        read_rounds = [list(read_all(examples, outputs, vocab, calibrate(examples, outputs))) for outputs in first]
        print(re.sub("^", f"{name}  ", spread(read_rounds), flags=re.MULTILINE), flush=True)
    answers = [mean_answer(page_answers) for page_answers in zip(*first, strict=True)]
    calibration = calibrate(examples, answers)
    pages = list(read_all(examples, answers, vocab, calibration))
    print(re.sub("^", f"{name}  ", report(pages), flags=re.MULTILINE), flush=True)
    results: list[Callable[[], str]] = []
    if kind != "text":
        wordless = [mean_answer([reading[1] for reading in readings]) for readings in zip(*rounds, strict=True)]
        sites = site_pages(all_examples, list(zip(answers, wordless, strict=True)), np.array(calibration))
        results.append(pool.submit(_write_sites, options, sites, calibration).result)
        scores = [pool.submit(_site_fold, options, sites, vocab, calibration, fold) for fold in range(FOLDS)]
        results.append(partial(_site_figures, scores))
    if kind != "site":
        taught = _with_teacher(examples, answers, calibration)
        results.append(pool.submit(_write, options.into / f"{name}.npz", taught, vocab, recipes[0], calibration).result)
    return results


def _write_sites(options: argparse.Namespace, sites: dict[str, list[SitePage]], calibration: Sequence[float]) -> str:
    """Train the site layer on all sites, and write it; return a message."""
    make_deterministic()
    recipe = Recipe(options.seed, options.site_epochs)
    net = fit_sites(list(sites.values()), np.array(calibration, np.float32), recipe)
    if net is None:
        return "site.npz not written: no page has gold"
    save_sites(options.into / "site.npz", net)
    return "site.npz written"


def _site_fold(
    options: argparse.Namespace,
    sites: dict[str, list[SitePage]],
    vocabulary: Vocabulary,
    calibration: Sequence[float],
    fold: int,
) -> list[Score]:
    make_deterministic()
    network = Network(vocabulary, {}, np.array(calibration, np.float32))
    scores = site_scores(sites, network, Recipe(options.seed, options.site_epochs), fold)
    print(f"site layer, fold {fold + 1} of {FOLDS} done", flush=True)
    return scores


def _site_figures(tasks: Sequence[Future[list[Score]]]) -> str:
    return "\n".join(report_sites(score for task in tasks for score in task.result()))


def save_sites(file: Path, net: SiteNet) -> None:
    """Write the weights of a site layer; matrices are in x out."""
    arrays = {name: tensor.numpy().T for name, tensor in net.state_dict().items()}
    np.savez_compressed(file, **arrays)


if __name__ == "__main__":
    main()
