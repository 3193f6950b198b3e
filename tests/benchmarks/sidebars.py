"""How well lists of other stories are found: `python -m tests.benchmarks.sidebars FOLDER`.

FOLDER holds the sets that `sidebars.jsonl` names, in the form that `tests.benchmarks.accuracy` reads. The labels are
the project's own, under its licence: they were made by eye from the blocks of each page, in two readings in November
2026, the second with the first at hand. They hold no text of a page: an entry is the digest of the block that is another
story's title. The pages are articles drawn by a seeded shuffle, some without lists.

The kind is that of the list's heading, and `more` where it has none or another one. A teaser that names its story in one
block is an entry, with its date or author too; so is the only line that represents a story, a video, a gallery. A page's
own title, summaries, dates, authors and sections are no entries; menus, topics, products, jobs, questions and comments
are no lists of stories, nor are links that the author gives in the text. Hidden blocks are left out on both sides.

The measures: `precision`, `recall` and `f1` of entries, whatever their kind, and `kind`, the share of the entries found
whose kind is right too. An entry in several lists of a page counts once, and any of its kinds is right.
`recut` counts the pages that are no longer cut into as many blocks as when they were labelled: look at their labels anew.
"""

import argparse
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scraper import Label, Labelled, explain

__all__ = ["Entries", "Scored", "digest", "measure", "read_labels", "score", "table"]

LABELS = Path(__file__).with_name("sidebars.jsonl")
KINDS = frozenset({Label.RELATED, Label.RANKING, Label.RECOMMENDATION, Label.LATEST, Label.MORE})
MEASURES = ("precision", "recall", "f1", "kind")

Entries = dict[str, set[str]]
"""The kinds of each entry, by its digest."""


class Scored(NamedTuple):
    """The result of one page: the entries of its lists, and those that were found."""

    wanted: Entries
    found: Entries
    recut: bool
    """Whether it has another number of blocks than when it was labelled."""


def digest(text: str) -> str:
    """Name a block by its text."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def read_labels(file: Path = LABELS) -> list[dict[str, Any]]:
    """Read the labels: of each page its `set`, name (`page`), number of `blocks`, and `lists` of a `kind` and `entries`."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def score(folder: Path, pages: Sequence[dict[str, Any]]) -> dict[str, list[Scored]]:
    """Read the labelled pages, by set."""
    urls: dict[tuple[str, str], str | None] = {}
    for name in {page["set"] for page in pages}:
        for line in (folder / name / "gold.jsonl").read_text("utf-8").strip().split("\n"):
            gold = json.loads(line)
            urls[name, gold["page"]] = gold.get("url") or None
    scored: dict[str, list[Scored]] = defaultdict(list)
    for page in pages:
        key = page["set"], page["page"]
        body = gzip.decompress((folder / key[0] / "pages" / f"{key[1]}.html.gz").read_bytes())
        labelled = explain(body, url=urls[key])
        scored[key[0]].append(Scored(_wanted(page), _found(labelled), len(labelled) != page["blocks"]))
    return dict(scored)


def _wanted(page: dict[str, Any]) -> Entries:
    entries: Entries = defaultdict(set)
    for item in page["lists"]:
        for entry in item["entries"]:
            entries[entry].add(item["kind"])
    return dict(entries)


def _found(labelled: Sequence[Labelled]) -> Entries:
    entries: Entries = defaultdict(set)
    for item in labelled:
        if item.label in KINDS and not item.block.hidden:
            entries[digest(item.block.text)].add(str(item.label))
    return dict(entries)


def measure(pages: Sequence[Scored]) -> dict[str, float]:
    """Return the figures of all entries of some pages; a share of nothing is 0."""
    both = [
        (page.wanted[entry], page.found[entry]) for page in pages for entry in page.wanted.keys() & page.found.keys()
    ]
    wanted = sum(len(page.wanted) for page in pages)
    result = sum(len(page.found) for page in pages)
    return {
        "precision": len(both) / max(result, 1),
        "recall": len(both) / max(wanted, 1),
        "f1": 2 * len(both) / max(result + wanted, 1),
        "kind": sum(not right.isdisjoint(values) for right, values in both) / max(len(both), 1),
    }


def table(scored: dict[str, list[Scored]]) -> str:
    """Return the figures of each set, and of all, as a table of text."""
    rows = {**scored, "all": [page for pages in scored.values() for page in pages]}
    lines = [f"{'set':14}{'pages':>7}{'recut':>7}{'entries':>9}" + "".join(f"{name:>11}" for name in MEASURES)]
    for name, pages in rows.items():
        figures = measure(pages)
        recut, entries = sum(page.recut for page in pages), sum(len(page.wanted) for page in pages)
        head = f"{name:14}{len(pages):7}{recut:7}{entries:9}"
        lines.append(head + "".join(f"{figures[key]:11.3f}" for key in MEASURES))
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    print(table(score(parser.parse_args().folder, read_labels())))


if __name__ == "__main__":
    main()
