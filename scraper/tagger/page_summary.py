"""What a page says about the template of its site: for each element path its texts, and how the labeller reads them."""

from binascii import crc32
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from scraper.block import HEADING_TAGS, Document, Element, is_link
from scraper.tagger.network import KINDS, STORY, softmax

__all__ = [
    "MAX_BYTES",
    "Count",
    "PageSummary",
    "PathSummary",
    "label_counts",
    "label_shares",
    "page_digest",
    "path_keys",
    "summarise",
    "text_keys",
]

Floats = NDArray[np.floating]

MAX_BYTES = 10_200
"""The size of a summary as JSON, at most. A large page keeps the paths with the most words, and the first texts."""
_MAX_BLOCKS = 600
"""Further blocks of a page are ignored."""
_SHOWN_ELEMENTS, _MAX_PATH = 3, 64
_MAX_TEXT, _SHOWN_TEXT = 24, 15
_MOST_COLUMNS = 4
"""Cells further to the right count as of this column."""
_LEAST_SHARE = 0.05
"""Labels with a smaller share of the blocks at a path are not recorded."""
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_NAMELESS = HEADING_TAGS | {"html", "body"}


Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""A number in JSON from strangers."""
Expected = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class PathSummary(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The blocks of one page at one element path."""

    path: str
    """The innermost three elements with their class words, the outermost first: `div.story > div > p`."""
    key: int
    """A checksum of the whole path, with all elements around."""
    blocks: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    words: Count
    story: Expected
    """The number of blocks that belong to the story, as the labeller reads them."""
    story_words: Expected
    """The number of words that belong to the story."""
    labels: dict[str, Expected]
    """The expected number of blocks with each label."""
    texts: tuple[str, ...] = ()
    """The texts of the blocks, long ones shortened to their beginning and a checksum."""


class PageSummary(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one page says about its site."""

    digest: str
    """Identifies the page by its texts."""
    is_list: bool
    """Whether the labeller takes it for a list of stories."""
    paths: tuple[PathSummary, ...]
    """In the order of the page."""


def summarise(document: Document, story: Floats, shares: Floats, words: Floats, is_list: bool) -> PageSummary:
    """Summarise a page of n blocks.

    `story` says whether each belongs to the story (0 or 1), `shares` are the probabilities of the labels (n x KINDS)
    and `words` the number of words of each block.
    """
    n = min(len(document.blocks), _MAX_BLOCKS)
    full, names = path_keys(document)
    texts = text_keys(document)
    rows: dict[int, list[int]] = {}
    for index, key in enumerate(full[:n].tolist()):
        rows.setdefault(key, []).append(index)
    paths = [_path(names[at[0]], key, (story[at], shares[at], words[at])) for key, at in rows.items()]
    paths = _largest(paths)
    room = MAX_BYTES - sum(map(_size, paths))
    summaries = []
    for path in paths:
        shown = []
        for text in dict.fromkeys(texts[index] for index in rows[path.key]):
            room -= _size(text)
            if room < 0:
                break
            shown.append(text)
        summaries.append(msgspec.structs.replace(path, texts=tuple(shown)))
    return PageSummary(page_digest(document), is_list, tuple(summaries))


def _largest(paths: Sequence[PathSummary]) -> list[PathSummary]:
    """Return the paths with the most words that fit into three quarters of a summary, in the order of the page."""
    room, kept = 3 * MAX_BYTES // 4, set()
    for path in sorted(paths, key=lambda path: (-path.words, path.key)):
        room -= _size(path)
        if room < 0:
            break
        kept.add(path.key)
    return [path for path in paths if path.key in kept]


def _size(value: PathSummary | str) -> int:
    """Return the size of a value as JSON, in bytes, with what separates it from the next."""
    return len(msgspec.json.encode(value)) + 2


def page_digest(document: Document) -> str:
    """Return what identifies a page by its texts."""
    texts = "\n".join([block.text for block in document.blocks])
    return blake2b(texts.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _path(name: str, key: int, numbers: tuple[Floats, Floats, Floats]) -> PathSummary:
    story, shares, words = numbers
    return PathSummary(
        name,
        key,
        len(story),
        round(float(words.sum())),
        round(float(story.sum()), 2),
        round(float((story * words).sum()), 1),
        label_counts(shares.sum(axis=0).tolist(), len(story)),
    )


def label_counts(expected: Sequence[float], blocks: int) -> dict[str, float]:
    """Return the expected number of blocks with each label, without the labels that are rare among so many blocks."""
    return {
        str(kind): round(value, 1)
        for kind, value in zip(KINDS, expected, strict=True)
        if value >= _LEAST_SHARE * blocks
    }


def path_keys(document: Document) -> tuple[NDArray[np.int64], list[str]]:
    """Return for each block the checksum of its element path, and the names of its innermost elements.

    Old templates have no classes. To distinguish their regions, cells have the number of their column, and a block that
    is a link is one element further in than the texts beside it.
    """
    known: dict[tuple[str, str], str] = {}
    names: list[str] = []
    keys: list[int] = []
    shown: list[str] = []
    elements = document.elements
    cells: Counter[int] = Counter()
    for element in elements:
        parent = element.parent
        name = known.get((element.tag, element.names))
        if name is None:
            name = known[element.tag, element.names] = _name(element)
        if name == "td":
            cells[parent] += 1
            name = f"td:{min(cells[parent], _MOST_COLUMNS)}"
        names.append(name)
        keys.append(crc32(name.encode("utf-8", "replace"), keys[parent] if parent >= 0 else 0))
        shown.append(_shown(names, elements, len(names) - 1))
    full, local = [], []
    for block in document.blocks:
        key, path = (keys[block.element], shown[block.element]) if block.element >= 0 else (0, "")
        if is_link(block.text, block.link_chars):
            key, path = crc32(b"a", key), f"{path} > a"
        full.append(key)
        local.append(path)
    return np.array(full, np.int64), local


def _name(element: Element) -> str:
    """Return the tag and the class words; digits are dropped, as in `post-1234`, which differs from page to page.

    Headings have the tag alone, as their ids are often made of their texts.
    """
    if element.tag in _NAMELESS:
        return element.tag
    return ".".join([element.tag, *sorted(set(element.names.translate(_NO_LETTERS).split()))])


def _shown(names: Sequence[str], elements: Sequence[Element], index: int) -> str:
    chain: list[str] = []
    while index >= 0 and len(chain) < _SHOWN_ELEMENTS:
        chain.append(names[index][: _MAX_PATH // _SHOWN_ELEMENTS])
        index = elements[index].parent
    return " > ".join(reversed(chain))


def text_keys(document: Document) -> list[str]:
    """Return the texts of the blocks, long ones shortened to their beginning and a checksum."""
    return [
        text
        if len(text := block.text) <= _MAX_TEXT
        else f"{text[:_SHOWN_TEXT]}…{crc32(text.encode('utf-8', 'replace')):08x}"
        for block in document.blocks
    ]


def label_shares(story: Floats, kinds: Floats) -> Floats:
    """Return the probabilities of the labels, given those of the story and the logits of the labels."""
    inside, outside = softmax(kinds[:, :STORY]), softmax(kinds[:, STORY:])
    return np.concatenate([inside * story[:, None], outside * (1 - story)[:, None]], axis=1)
