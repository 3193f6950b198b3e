"""How well near copies are separated from other stories: `python -m tests.benchmarks.copies [FOLDER]`.

The pairs are made here. Copies: the stories of the embedded portal, each alone and, four of a section joined, as longer
ones ("long"), changed as portals change what they take over (`CHANGES`). Look-alikes: `copies.toml`, where a template is
filled anew each time as a newsroom does with lottery draws, weather or market reports, and where several stories tell of
one event.

A pair is found where it shares a band and its similarity reaches the threshold, as in `scraper.stories.near_duplicates.Copies`. The table
gives for each threshold the precision and recall over all these pairs, the look-alikes taken for copies (`alike`), and
how many of all pairs of different portal stories are (`others`). Below it stands, for the threshold chosen, the share
found of each kind of copy, and the greatest similarity of each kind of look-alike.

With FOLDER, which holds sets of pages with gold as `tests.benchmarks.accuracy` reads them, the articles' gold bodies take
the place of the portal's stories, and the pairs of different pages that are taken for copies are named.
"""

import argparse
import functools
import json
import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from fixtures.portal.data import records
from scraper.stories.near_duplicates import THRESHOLD, bands, signature, similarity

__all__ = ["CHANGES", "Figures", "Pair", "copies", "figures", "look_alikes", "portal_stories"]

DATA = Path(__file__).with_name("copies.toml")
FILLED = 12
"""How often a template is filled: 66 pairs of each."""
LEAST = 250
"""Letters of the shortest story of which copies are made."""
THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
KEYWORD = "Lantern Wealth Academy"
SLOT = re.compile(r"\{(\w+)\}")
SPACED = re.compile(r"(?<=[a-z]{3}) (?=[a-z]{3})")

NUMBER = re.compile(r"\b\d{2,}\b")

Story = tuple[str, ...]


class Pair(NamedTuple):
    """Two bodies, and whether one is a copy of the other."""

    kind: str
    one: Story
    other: Story
    same: bool


# ---------------------------------------------------------------- copies


def _edited(share: float) -> Callable[[Story, random.Random], Story]:
    """An editor's hand: a share of the words is another word of the same story, or gone."""

    def edit(story: Story, chance: random.Random) -> Story:
        words = " ".join(story).split()
        return tuple(
            " ".join(
                chance.choice((chance.choice(words), "")) if chance.random() < share else word for word in p.split()
            )
            for p in story
        )

    return edit


def _with_keyword(story: Story, chance: random.Random) -> Story:
    """The keyword behind the first comma, or glued to a word, in every paragraph."""
    return tuple(
        p.replace(", ", f",{KEYWORD} ", 1) if ", " in p else SPACED.sub(f" {KEYWORD}", p, count=1) for p in story
    )


def _revised(story: Story, chance: random.Random) -> Story:
    """An update's new toll or sum: the first number is another one wherever it stands."""
    match = NUMBER.search(" ".join(story))
    return tuple(p.replace(match[0], str(int(match[0]) + 3)) for p in story) if match else story


def _swapped(story: Story, chance: random.Random) -> Story:
    at = chance.randrange(len(story) - 1)
    return (*story[:at], story[at + 1], story[at], *story[at + 2 :])


def _summed_up(story: Story, chance: random.Random) -> Story:
    """A standfirst made of the first sentence, and a caption between two paragraphs."""
    caption = "A view of the place on the day of the events. Photo: the author's archive"
    return (story[0].partition(". ")[0], *story[:1], caption, *story[1:])


def _plain(story: Story, chance: random.Random) -> Story:
    table = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "—": "-", "–": "-", "…": "..."})
    return tuple(p.translate(table) for p in story)


CHANGES: dict[str, Callable[[Story, random.Random], Story]] = {
    "quotes straight": _plain,
    "one paragraph": lambda story, chance: (" ".join(story),),
    "dateline kept": lambda story, chance: ("HARBOR CITY, Fla. (AP) — " + story[0], *story[1:]),
    "keyword repeated": _with_keyword,
    "boilerplate added": lambda story, chance: (
        *story,
        "Read more: What the week brings, and five things to know before you go",
        "Copyright 2025 The Harbor Press. All rights reserved. This material may not be published or rewritten.",
    ),
    "standfirst, caption": _summed_up,
    "paragraphs swapped": _swapped,
    "3 % of words edited": _edited(0.03),
    "8 % of words edited": _edited(0.08),
    "number revised": _revised,
    "first cut": lambda story, chance: story[1:],
    "last third cut": lambda story, chance: story[: max(1, len(story) * 2 // 3)],
    "first page alone": lambda story, chance: story[: max(1, len(story) // 2)],
}
"""What portals do to a story that they take over, by name."""


def portal_stories() -> list[Story]:
    """Return the portal's stories by section, without those too short for copies."""
    results = sorted(records(), key=lambda record: str(record["section"]))
    return [tuple(record["body"]) for record in results if len("".join(record["body"])) >= LEAST and record["body"][1:]]


def joined(stories: Sequence[Story]) -> list[Story]:
    """Make longer stories, each of four."""
    return [tuple(p for story in stories[i : i + 4] for p in story) for i in range(0, len(stories) - 3, 4)]


def copies(stories: Sequence[Story], size: str = "") -> Iterator[Pair]:
    """Pair each story with each of its copies; an updated one grows by two paragraphs of the next story."""
    chance = random.Random(1)
    for story, following in zip(stories, (*stories[1:], stories[0]), strict=True):
        changed = {name: change(story, chance) for name, change in CHANGES.items()}
        changed["two paragraphs more"] = (*following[:2], *story)
        yield from (Pair(name + size, story, other, True) for name, other in changed.items())


# ---------------------------------------------------------------- others


def _filled(template: Mapping[str, Any], chance: random.Random) -> Story:
    words = {name: _drawn(slot, chance) for name, slot in template["slots"].items()}
    return tuple(SLOT.sub(lambda match: words[match[1]], template["text"]).strip().split("\n"))


def _drawn(slot: Sequence[str | int], chance: random.Random) -> str:
    first, last = slot[0], slot[-1]
    if isinstance(first, int) and isinstance(last, int):
        return str(chance.randint(first, last))
    return str(chance.choice(slot))


def look_alikes() -> list[Pair]:
    """Return the pairs of different stories that `copies.toml` makes."""
    data = tomllib.loads(DATA.read_text("utf-8"))
    chance = random.Random(2)
    groups = {item["name"]: [_filled(item, chance) for _ in range(FILLED)] for item in data["template"]}
    groups |= {item["name"]: [tuple(s.strip().split("\n")) for s in item["stories"]] for item in data["subject"]}
    return [Pair(name, *two, False) for name, stories in groups.items() for two in combinations(stories, 2)]


# ---------------------------------------------------------------- figures


class Figures(NamedTuple):
    """What came of some pairs at one threshold."""

    precision: float
    recall: float
    wrong: int
    """Pairs of different stories taken for copies."""


@functools.cache
def _filed(story: Story) -> tuple[bytes, frozenset[int]] | None:
    made = signature(story)
    return made and (made, frozenset(bands(made)))


def score(pair: Pair) -> float:
    """Return the similarity of a pair that shares a band; else 0."""
    one, other = _filed(pair.one), _filed(pair.other)
    return similarity(one[0], other[0]) if one and other and not one[1].isdisjoint(other[1]) else 0.0


def figures(pairs: Sequence[Pair], threshold: float = THRESHOLD) -> Figures:
    """Measure at a threshold."""
    taken = [pair.same for pair in pairs if score(pair) >= threshold]
    right = sum(taken)
    return Figures(right / max(1, len(taken)), right / max(1, sum(pair.same for pair in pairs)), len(taken) - right)


def table(pairs: Sequence[Pair], others: Sequence[Pair]) -> str:
    """Return the figures by threshold, and by kind at the threshold chosen."""
    same = sum(pair.same for pair in pairs)
    lines = [f"{same} copies, {len(pairs) - same} look-alikes, {len(others)} others"]
    lines.append(f"{'threshold':10}{'precision':>11}{'recall':>9}{'alike':>7}{'others':>8}")
    for threshold in THRESHOLDS:
        result, wrong = figures(pairs, threshold), figures(others, threshold).wrong
        lines.append(f"{threshold:<10}{result.precision:11.3f}{result.recall:9.3f}{result.wrong:7}{wrong:8}")
    kinds: dict[tuple[bool, str], list[float]] = defaultdict(list)
    for pair in pairs:
        kinds[pair.same, pair.kind].append(score(pair))
    for (is_copy, kind), scores in kinds.items():
        share = sum(item >= THRESHOLD for item in scores) / len(scores)
        lines.append(
            f"  {kind:28}{len(scores):5}" + (f"  found {share:.3f}" if is_copy else f"  at most {max(scores):.2f}")
        )
    return "\n".join(lines)


def gold_stories(folder: Path) -> dict[Story, str]:
    """Return the gold bodies of the articles in all sets of a folder, with their names."""
    results = {}
    for file in sorted(folder.glob("*/gold.jsonl")):
        for line in file.read_text("utf-8").strip().split("\n"):
            gold = json.loads(line)
            body = gold.get("paragraphs") or str(gold.get("body") or "").split("\n")
            story = tuple(paragraph for paragraph in body if paragraph.strip())
            if gold.get("type", "article") == "article" and len(story) > 1 and len("".join(story)) >= LEAST:
                results[story] = f"{file.parent.name}/{gold['page']}"
    return results


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    folder = parser.parse_args().folder
    if folder is None:
        stories = portal_stories()
        pairs = [*copies(stories), *copies(joined(stories), ", long"), *look_alikes()]
        names: dict[Story, str] = {}
    else:
        names = gold_stories(folder)
        stories = list(names)
        pairs = [*copies(stories), *look_alikes()]
    others = [Pair("others", *two, False) for two in combinations(stories, 2)]
    print(table(pairs, others))
    for pair in others:
        if names and (alike := score(pair)) >= min(THRESHOLDS):
            print(f"  {names[pair.one]}, {names[pair.other]}: {alike:.2f}")


if __name__ == "__main__":
    main()
