"""How well pages with gold are read: `python -m tests.benchmarks.accuracy FOLDER [--floors FILE [--update --reason WHY]]`.

FOLDER holds sets. A set is a folder with `gold.jsonl`, one page a line (`page`, `url`, and of `body`, `paragraphs`,
`with` and `without`, `headline`, `authors`, `date`, `type` what the set has), and `pages/<page>.html.gz`.

The measures, each a mean over the pages that have gold for it: `words`, F1 of the body's words as a bag; `paras`, F1 of
whole paragraphs; `segs`, F1 over marked segments that must and must not be in the body; `head`, `auth`, `date`, the share
of pages on which the headline, the set of authors, the day of publication is equal, case and punctuation folded;
`refused`, articles taken for something else; `others`, the share of pages that are no articles and are refused.

Floors are the figures below which a change must not bring a set. `--update` raises them to what was measured now; to
lower one it asks for a reason, which is written beside it.
"""

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from scraper import Article, NotAnArticle, ScraperError, extract

__all__ = ["Result", "measure", "read_set", "sets"]

WORD = re.compile(r"\w+")
MEASURES = ("words", "paras", "segs", "head", "auth", "date", "refused", "others", "x parse")
SLACK = 0.002
"""How far below its floor a figure may lie: less than one page in most sets."""


class Result(NamedTuple):
    """What came of one page: its gold, its record or the error, and the CPU seconds of the record and of a bare parse."""

    gold: dict[str, Any]
    article: Article | None
    error: ScraperError | None
    seconds: float
    parse: float

    @property
    def body(self) -> list[str]:
        """The paragraphs as they stood, the dateline in its place."""
        return self.article.text.split("\n") if self.article else []


def sets(folder: Path) -> list[Path]:
    """Return the sets of a folder."""
    return sorted(path.parent for path in folder.glob("*/gold.jsonl"))


def read_set(folder: Path) -> Iterator[Result]:
    """Read every page of a set."""
    for line in (folder / "gold.jsonl").read_text("utf-8").strip().split("\n"):
        gold = json.loads(line)
        page = gzip.decompress((folder / "pages" / f"{gold['page']}.html.gz").read_bytes())
        start = time.process_time()
        LexborHTMLParser(page.decode("utf-8", "replace"))
        middle = time.process_time()
        article, error = None, None
        try:
            article = extract(page, url=gold.get("url") or None)
        except ScraperError as caught:
            error = caught
        yield Result(gold, article, error, time.process_time() - middle, middle - start)


def measure(results: Sequence[Result]) -> dict[str, float]:
    """Return a set's figures."""
    articles = [result for result in results if result.gold.get("type", "article") == "article"]
    others = [result for result in results if result.gold.get("type", "article") != "article"]
    figures = {
        "words": _mean(_words_f1(result) for result in articles if result.gold.get("body")),
        "paras": _mean(_paragraphs_f1(result) for result in articles if result.gold.get("paragraphs")),
        "segs": _segments_f1([result for result in articles if "with" in result.gold and not result.gold.get("body")]),
        "head": _mean(_is_headline(result) for result in articles if result.gold.get("headline")),
        "auth": _mean(_are_authors(result) for result in articles if result.gold.get("authors")),
        "date": _mean(_is_date(result) for result in articles if result.gold.get("date")),
        "refused": _mean(float(isinstance(result.error, NotAnArticle)) for result in articles),
        "others": _mean(float(isinstance(result.error, NotAnArticle)) for result in others),
        "x parse": sum(result.seconds for result in results) / sum(result.parse for result in results),
    }
    return {name: round(value, 4) for name, value in figures.items() if value is not None}


def _mean(values: Iterator[float]) -> float | None:
    results = list(values)
    return sum(results) / len(results) if results else None


def _f1(words: Counter[str], wanted: Counter[str]) -> float:
    common = (words & wanted).total()
    return 2 * common / (words.total() + wanted.total()) if common else float(not words and not wanted)


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _words_f1(item: Result) -> float:
    return _f1(Counter(_words("\n".join(item.body))), Counter(_words(item.gold["body"])))


def _paragraphs_f1(item: Result) -> float:
    return _f1(Counter(item.body), Counter(" ".join(paragraph.split()) for paragraph in item.gold["paragraphs"]))


def _segments_f1(results: Sequence[Result]) -> float | None:
    texts = [("\n".join(result.body), result.gold) for result in results]
    hit = sum(segment in text for text, gold in texts for segment in gold["with"])
    miss = sum(segment not in text for text, gold in texts for segment in gold["with"])
    leak = sum(segment in text for text, gold in texts for segment in gold["without"])
    return 2 * hit / (2 * hit + miss + leak) if texts else None


def _is_headline(item: Result) -> float:
    return float(item.article is not None and _words(item.article.headline) == _words(item.gold["headline"]))


def _are_authors(item: Result) -> float:
    wanted = {" ".join(_words(name)) for name in item.gold["authors"]}
    return float(item.article is not None and {" ".join(_words(name)) for name in item.article.authors} == wanted)


def _is_date(item: Result) -> float:
    day = item.article and item.article.date_published and item.article.date_published.date().isoformat()
    return float(day == str(item.gold["date"])[:10])


# ---------------------------------------------------------------- the command


def below(figures: dict[str, dict[str, float]], floors: dict[str, dict[str, Any]]) -> list[str]:
    """Return what lies below its floor, in words."""
    return [
        f"{name} {key}: {figures[name][key]:.4f} is below {floor:.4f}"
        for name, row in floors.items()
        if name in figures
        for key, floor in row.items()
        if isinstance(floor, float) and figures[name].get(key, 0.0) < floor - SLACK
    ]


def table(figures: dict[str, dict[str, float]]) -> str:
    """Return the figures as a table of text."""
    head = f"{'set':18}" + "".join(f"{name:>9}" for name in MEASURES)
    rows = [
        f"{name:18}" + "".join(f"{row[key]:9.3f}" if key in row else " " * 9 for key in MEASURES)
        for name, row in figures.items()
    ]
    return "\n".join([head, *rows])


def _updated(file: Path, figures: dict[str, dict[str, float]], reason: str | None) -> None:
    floors = json.loads(file.read_text("utf-8")) if file.exists() else {}
    lower = below(figures, floors)
    if lower and not reason:
        sys.exit("\n".join([*lower, "a floor goes down only with --reason"]))
    for name, row in figures.items():
        kept = {key: value for key, value in row.items() if key in ("words", "paras", "segs", "head", "auth", "date")}
        floors[name] = kept | ({"reason": reason} if lower and reason else {})
    file.write_text(json.dumps(floors, indent=1) + "\n", "utf-8")


def main() -> None:
    """Print the table; exit with 1 when a figure is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--floors", type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--reason")
    arguments = parser.parse_args()
    figures = {folder.name: measure(list(read_set(folder))) for folder in sets(arguments.folder)}
    print(table(figures))
    if arguments.floors and arguments.update:
        _updated(arguments.floors, figures, arguments.reason)
    elif arguments.floors and (wrong := below(figures, json.loads(arguments.floors.read_text("utf-8")))):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
