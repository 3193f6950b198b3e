"""Features: the numerical input of the model for each block and for the page.

Dense features are columns of one matrix (`COLUMNS` names them). Words, such as the classes of an element, the first and
last words of a text, and the path of a link, are bags of indices into a vocabulary; the model learns a vector for each
word. In flattened text all features of the markup are zero.

Every input is bounded: shares, logarithms, capped counts, and bags whose sums the model normalises. The names of `html`
and `body` are ignored, as sites put flags there that are unrelated to any block. All work is linear in the size of the
page: the blocks of an element are consecutive, so sums over a container are differences of cumulative sums.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from json import JSONDecoder
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import HEADING_TAGS, Block, Document, Element, Head
from scraper.label import LISTS
from scraper.tagger.headings import LONGEST_HEADING, opener

__all__ = [
    "COLUMNS",
    "GROUPS",
    "PAGE_COLUMNS",
    "Bags",
    "Features",
    "Vocabulary",
    "class_words",
    "edge_words",
    "featurise",
    "link_words",
    "up_the_tree",
]

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Columns = list[NDArray[Any]]
"""Columns of the matrix, one or several in an array whose last axis is the blocks."""

LEVELS = 4
"""The number of containers described around a block; each has more blocks than the one inside it."""
GROUPS = 4
"""The number of ways in which blocks are grouped: two levels of containers, the element path, the last heading."""

_KINDS = (
    "lower", "upper", "digit", "space", "comma", "stop", "colon", "quote", "dash", "mark", "bracket", "east", "symbol",
    "letter", "none", "other",
)  # fmt: skip
"""Kinds of characters; a "letter" has no case, "none" separates blocks."""
_N = len(_KINDS)
_OF_KIND = {
    "comma": ",،、，",
    "stop": ".!?。！？…؟।",
    "colon": ":;：；",
    "quote": "\"'“”„‟‘’‚«»‹›「」『』`´",
    "dash": "-–—‐‑−",
    "mark": "/|\\•·▪►▶›→←↑+*~_",
    "bracket": "()[]{}<>（）【】",
    "symbol": "©@#&%$€£¥§®™°^=",
    "none": "\n",
}
_BY_TEST = (
    ("lower", str.islower),
    ("upper", str.isupper),
    ("letter", str.isalpha),
    ("digit", str.isdigit),
    ("space", str.isspace),
)
_UPPER, _SPACE, _COMMA, _STOP, _NONE = (_KINDS.index(kind) for kind in ("upper", "space", "comma", "stop", "none"))
_EAST = _KINDS.index("east")
_EACH_KIND = np.arange(_N)[:, None]
_EASTERN_WEIGHT = 2
"""The weight of an East Asian character, in Latin characters."""

_PROSE_FROM = 80
"""The least length of prose, which is text that is not mostly links."""
_OPENING, _CLOSING, _PATH = 40, 24, 60
"""Characters at the start and end of a text, and of a link's path, that are read as words."""
_PARTS = (0.5, 0.8, 0.95)
"""Shares of the page's prose; the smallest container with at least each share is a landmark."""
_MAX_LENGTH = 4000

_EASTERN_SCRIPTS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WORD = re.compile(rf"[a-z]+[^\W\d_{_EASTERN_SCRIPTS}]*|\n|\d+|[{_EASTERN_SCRIPTS}]|[^\W\d_{_EASTERN_SCRIPTS}]+")
_HOST = re.compile(r"https?://(?:www\d?\.)?([^/?#]*)")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha() and chr(code) != "\n"}
_STRING = re.compile(r'"(articleBody|headline|description)"\s*:\s*(?=")')
_JSON = JSONDecoder(strict=False)

_TEXT_COLUMNS = (
    *(f"share of {kind}" for kind in _KINDS),
    *(f"first is {kind}" for kind in _KINDS),
    *(f"last is {kind}" for kind in _KINDS),
    "length",
    "words",
    "word length",
    "capitalised words",
    "stops",
    "commas",
    "short",
    "long",
    "very long",
    "repeated",
    "repeated before",
)
_LINK_COLUMNS = (
    "link share",
    "links",
    "all link",
    "hidden",
    "has datetime",
    "is list item",
    "is heading",
    "link: same host",
    "link: other host",
    "link: path length",
    "link: hyphens",
    "link: digits",
)
_PLACE_COLUMNS = (
    "place",
    "prose before",
    "length before",
    "from the top",
    "from the bottom",
    "prose of the page",
    "blocks of the page",
    "prose share of the page",
    "is text",
    "after the last prose",
    "before the first prose",
)
_LEVEL_COLUMNS = ("prose share", "prose density", "link density", "blocks", "prose", "place", "is first", "is last")
_VOTE_COLUMNS = ("vote: before", "vote: in", "vote: after", "vote: score", "vote: share")
_PATH_COLUMNS = (
    "path: prose share",
    "path: prose density",
    "path: link density",
    "path: blocks",
    "path: share of blocks",
)
_ANCHOR_COLUMNS = (
    "in the title",
    "title: before",
    "title: after",
    "title: near",
    "title: none",
    "in the description",
    "description in it",
    "in the declared text",
    "declared text: none",
    "since heading",
    "title words",
)
_OPENED_COLUMNS = ("opens a list", *(f"in a list: {kind}" for kind in LISTS))
COLUMNS = (
    *_TEXT_COLUMNS,
    *_LINK_COLUMNS,
    *_PLACE_COLUMNS,
    *(f"level {level}: {name}" for level in range(1, LEVELS + 1) for name in _LEVEL_COLUMNS),
    *(f"{side} {part}" for part in _PARTS for side in ("before", "in", "after")),
    "depth",
    *_VOTE_COLUMNS,
    *_PATH_COLUMNS,
    *_ANCHOR_COLUMNS,
    *_OPENED_COLUMNS,
)


PAGE_COLUMNS = (
    "declares an article",
    "declares a website",
    "declares a list",
    "declares a date",
    "declares nothing",
    "URL: none",
    "URL: depth",
    "URL: longest segment",
    "URL: hyphens",
    "URL: digits",
    "URL: ends in a number",
    "URL: query",
)
_ARTICLE_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"[^"]{0,40}(?:Article|Posting|Report|Review|Recipe)"')
_LIST_TYPE = re.compile(
    r'"@type"\s*:\s*\[?\s*"(?:CollectionPage|ItemList|SearchResultsPage|ProfilePage|Blog|AboutPage)"'
)
_DATE_KEYS = ("article:published_time", "datepublished", "date", "pubdate", "publishdate", "dc.date", "dc.date.issued")


class Vocabulary(NamedTuple):
    """The words that have a vector, from 1 on; 0 means no word and -1 for a line break."""

    classes: Mapping[str, int]
    words: Mapping[str, int]
    links: Mapping[str, int]


class Bags(NamedTuple):
    """Sets of indices: set `i` is `flat[starts[i]:starts[i + 1]]`; none is empty, since each begins with 0."""

    flat: Ints
    starts: Ints


class Features(NamedTuple):
    """The features of a document of `n` blocks and `e` elements; the page itself is element 0."""

    dense: Floats
    """n x len(COLUMNS)."""
    page: Floats
    """len(PAGE_COLUMNS): the declarations of the page, and the shape of its URL."""
    names: Bags
    """Tag and class words of each distinct element, and of the distinct inline elements of blocks."""
    name_of: Ints
    """For each element, its index in `names`."""
    parent: Ints
    """For each element, its parent; the page is its own."""
    leaf: Ints
    """For each block, its element."""
    inline: Ints
    """For each block, the index of its inline elements in `names`."""
    first: Bags
    """The first words of each block."""
    last: Bags
    """The last words of each block."""
    links: Bags
    """The words of the path of each block's first link; after the blocks, those of the page's own URL."""
    groups: Ints
    """GROUPS x n: for each way to group the blocks, the number of each block's group, from 0."""
    heading: Ints
    """The last heading at or before each block, -1 for none."""


def featurise(document: Document, vocabulary: Vocabulary) -> Features:
    """Return the features of a document of at least one block."""
    blocks = document.blocks
    texts = [block.text for block in blocks]
    urls = [block.links[0].url or "" if block.links else "" for block in blocks]
    opening = edge_words([text[:_OPENING] for text in texts])
    tree = _tree(document.elements, blocks, vocabulary.classes)
    around = _containers(tree)
    opened = _openers(blocks)
    heading = np.maximum.accumulate(np.where(tree.is_heading | (opened > 0), np.arange(len(blocks)), -1))
    columns = [
        *_block_columns(document, texts, urls, tree, around),
        _since(heading),
        _title_share(document.head.title, opening),
        *_opened_columns(opened, heading),
    ]
    return Features(
        dense=np.concatenate([column.ravel() for column in columns], dtype=np.float32).reshape(len(COLUMNS), -1).T,
        page=_page_columns(document),
        names=tree.names,
        name_of=tree.name_of,
        parent=tree.parent,
        leaf=tree.leaf,
        inline=tree.inline,
        first=_bags(opening, vocabulary.words),
        last=_bags(edge_words([text[-_CLOSING:] for text in texts]), vocabulary.words),
        links=_bags(link_words([*urls, document.url or ""]), vocabulary.links),
        groups=np.stack([*around[:2], tree.path, heading + 1]),
        heading=heading,
    )


def _block_columns(
    document: Document, texts: Sequence[str], urls: Sequence[str], tree: "_Tree", around: Ints
) -> Columns:
    """Return the columns of text, links, position and containers."""
    blocks = document.blocks
    lengths = np.array([len(text) for text in texts])
    joined = "\n".join(texts) + "\n"
    text, weights = _text_columns(texts, lengths, joined)
    link_share = np.minimum(np.array([block.link_chars for block in blocks]) / lengths, 1.0)
    prose = np.where((weights >= _PROSE_FROM) & (link_share < 0.5), weights * (1 - link_share), 0.0)
    sums = _running(prose, weights, weights * link_share)
    return [
        *text,
        *_link_columns(blocks, link_share, tree.is_heading),
        *_target_columns(urls, document.url),
        *_place_columns(prose, sums, not document.elements),
        _level_columns(tree.first[around], tree.last[around], sums),
        *_landmark_columns(tree, sums),
        np.minimum(tree.depth, 40) / 20,
        *_vote_columns(tree, text, weights, link_share, sums),
        _path_columns(tree.path, prose, weights, link_share),
        *_anchor_columns(document.head, texts, joined, lengths),
    ]


# ---------------------------------------------------------------- words


def class_words(keys: Iterable[tuple[str, str]]) -> list[str]:
    """Return the words of elements, each a tag and its names: the tag in capitals, class words, a line break."""
    return [*" \n ".join([f"{tag.upper()} {names}" for tag, names in keys]).translate(_NO_LETTERS).split(" "), "\n"]


def edge_words(texts: Iterable[str]) -> list[str]:
    """Return the words of short texts in lower case, a line break after each text."""
    return _WORD.findall("\n".join(texts).lower() + "\n")


def link_words(urls: Iterable[str]) -> list[str]:
    """Return the words of the paths of URLs in lower case, or of the host for a home page; a line break after each."""
    paths = [_HOST.sub("", url[:_LONG_PATH])[:_PATH] or url[8 : 8 + _PATH] for url in urls]
    return _WORD.findall("\n".join([path.replace("\n", "") for path in paths]).lower() + "\n")


def _bags(words: Sequence[str], vocabulary: Mapping[str, int]) -> Bags:
    """Return the indices of words; a line break ends a bag."""
    opened = chain((-1,), filter(None, map(vocabulary.get, words)))  # each bag begins with the preceding line break
    indices = np.fromiter(opened, np.int64)[:-1]
    return Bags(np.maximum(indices, 0), np.flatnonzero(indices < 0))


def _title_share(title: str, opening: Sequence[str]) -> Floats:
    """Return the share of each block's first words that the page's title has."""
    titled = set(edge_words([title[:300]])) - {"\n"}
    marks = np.array([0 if word == "\n" else 2 if word in titled else 1 for word in opening])
    breaks = np.flatnonzero(marks == 0)
    number = np.diff(breaks, prepend=-1) - 1
    shared = np.diff(np.cumsum(marks == 2)[breaks], prepend=0)
    share: Floats = shared / np.maximum(number, 1)
    return share


def _openers(blocks: Sequence[Block]) -> Ints:
    """Return for each block the number, from 1, of the kind of list that its words introduce, or 0."""
    kinds = [
        opener(block.text) if len(block.text) <= LONGEST_HEADING and 2 * block.link_chars < len(block.text) else None
        for block in blocks
    ]
    return np.array([0 if kind is None else LISTS.index(kind) + 1 for kind in kinds])


def _opened_columns(opened: Ints, heading: Ints) -> Columns:
    """Return marks of the blocks that introduce a list, and weights after them that fall with the distance."""
    index = np.arange(len(opened))
    kind = np.where(heading < 0, 0, opened[heading])
    near = 1 / (1 + (index - heading) / _REACH)
    return [opened > 0, *[np.where(kind == number + 1, near, 0.0) for number in range(len(LISTS))]]


_REACH = 20


def _target_columns(urls: Sequence[str], page: str | None) -> Columns:
    """Return the columns of the target of each block's first link."""
    match = _HOST.match(page or "")
    host = match[1] if match else ""
    rows = {url: _target(url, host) for url in dict.fromkeys(urls)}
    return list(np.array([rows[url] for url in urls], np.float64).T)


def _target(url: str, host: str) -> tuple[float, float, float, float, float]:
    match = _HOST.match(url)
    if not match:
        return (0, 0, 0, 0, 0)
    same = match[1] == host or not host
    path = url[match.end() :][:_LONG_PATH]
    digits = sum(map(path.count, "0123456789"))
    return same, not same, len(path) / 50, min(path.count("-"), 10) / 5, min(digits, 10) / 5


# ---------------------------------------------------------------- the page


def _page_columns(document: Document) -> Floats:
    """Return the features of the page's declarations and of its URL."""
    head, meta = document.head, document.head.meta
    kind = meta.get("og:type", "").lower()
    scripts = "\n".join([script[:_LONG_SCRIPT] for script in head.json_ld])
    declared = (
        "article" in kind or _ARTICLE_TYPE.search(scripts) is not None,
        kind in ("website", "blog", "profile"),
        _LIST_TYPE.search(scripts) is not None,
        any(key in meta for key in _DATE_KEYS) or '"datePublished"' in scripts,
        not kind and not scripts,
    )
    return np.array([*declared, *_url_shape(document.url)], np.float32)


def _url_shape(url: str | None) -> tuple[float, ...]:
    match = _HOST.match(url or "")
    if not url or not match:
        return (1, 0, 0, 0, 0, 0, 0)
    path, _, query = url[match.end() :][:_LONG_PATH].partition("?")
    segments = [segment for segment in path.split("/") if segment]
    longest = max(map(len, segments), default=0)
    digits = sum(map(path.count, "0123456789"))
    last = segments[-1] if segments else ""
    return (
        0,
        min(len(segments), 6) / 3,
        longest / 50,
        min(last.count("-") + last.count("_"), 10) / 5,
        min(digits, 12) / 6,
        last.isdigit(),
        bool(query),
    )


_LONG_PATH, _LONG_SCRIPT = 200, 100_000


# ---------------------------------------------------------------- text


@cache
def _kind_table() -> NDArray[np.uint8]:
    table = np.full(0x10000, _KINDS.index("other"), np.uint8)
    for code in range(0x10000):
        char = chr(code)
        table[code] = next((_KINDS.index(kind) for kind, is_kind in _BY_TEST if is_kind(char)), table[code])
    for first, last in ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF)):
        table[first : last + 1] = _EAST
    for kind, chars in _OF_KIND.items():
        table[[ord(char) for char in chars]] = _KINDS.index(kind)
    return table


def _text_columns(texts: Sequence[str], lengths: Ints, joined: str) -> tuple[Columns, Floats]:
    """Return the columns, and the length of each text with weighted East Asian characters."""
    n = len(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kind_table()[np.minimum(codes, 0xFFFF)]
    owner = np.repeat(np.arange(n), lengths + 1)
    counts = np.bincount(owner * _N + kinds, minlength=n * _N).reshape(n, _N).T
    opening = (kinds[1:] == _UPPER) & ((kinds[:-1] == _SPACE) | (kinds[:-1] == _NONE))
    capitals = np.bincount(owner[np.flatnonzero(opening) + 1], minlength=n)
    ends = np.cumsum(lengths + 1)
    weights = lengths + (_EASTERN_WEIGHT - 1.0) * counts[_EAST]
    words = counts[_SPACE] + 1
    shares = counts / lengths
    shares[_NONE] = 0
    return [
        shares,
        kinds[ends - lengths - 1] == _EACH_KIND,
        kinds[ends - 2] == _EACH_KIND,
        np.log1p(np.minimum(weights, _MAX_LENGTH)) / 4,
        np.log1p(words) / 3,
        np.minimum(weights / words, 20) / 10,
        capitals / words,
        np.minimum(counts[_STOP], 10) / 5,
        np.minimum(counts[_COMMA], 10) / 5,
        weights < 30,
        weights >= _PROSE_FROM,
        weights >= 3 * _PROSE_FROM,
        *_repeated(texts),
    ], weights


def _repeated(texts: Sequence[str]) -> Columns:
    """Return marks of the texts that occur more than once, and of those that occurred before."""
    index = range(len(texts))
    first = dict(zip(reversed(texts), reversed(index), strict=True))
    firsts = np.array([first[text] for text in texts])
    return [np.bincount(firsts)[firsts] > 1, firsts != np.array(index)]


def _link_columns(blocks: Sequence[Block], share: Floats, is_heading: NDArray[np.bool_]) -> Columns:
    return [
        share,
        np.log1p([len(block.links) for block in blocks]),
        share > 0.9,
        np.array([block.hidden for block in blocks]),
        np.array([block.datetime is not None for block in blocks]),
        np.array([block.tag == "li" for block in blocks]),
        is_heading,
    ]


# ---------------------------------------------------------------- place


def _running(*columns: Floats) -> Floats:
    """Return cumulative sums after a zero: the sum over the blocks i to j - 1 is `sums[:, j] - sums[:, i]`."""
    sums = np.zeros((len(columns), len(columns[0]) + 1))
    np.cumsum(columns, axis=1, out=sums[:, 1:])
    return sums


def _place_columns(prose: Floats, sums: Floats, is_text: bool) -> Columns:
    n = len(prose)
    index = np.arange(n)
    total, length = max(sums[0, -1], 1.0), max(sums[1, -1], 1.0)
    return [
        index / n,
        sums[0, :-1] / total,
        sums[1, :-1] / length,
        np.minimum(index, 60) / 30,
        np.minimum(n - 1 - index, 60) / 30,
        np.full(n, np.log1p(total) / 4),
        np.full(n, np.log1p(n) / 3),
        np.full(n, total / length),
        np.full(n, is_text),
        sums[0, :-1] >= sums[0, -1],
        sums[0, 1:] <= 0,
    ]


def _since(heading: Ints) -> Floats:
    return np.where(heading < 0, 0.0, 1.0 / (1 + np.arange(len(heading)) - heading))


def _path_columns(path: Ints, prose: Floats, weights: Floats, link_share: Floats) -> Floats:
    """Return the columns of the blocks with the same path: the same tag and names in the same parent."""
    number = np.bincount(path)
    length = np.bincount(path, weights)
    of_prose = np.bincount(path, prose)
    linked = np.bincount(path, weights * link_share)
    columns = [
        of_prose / max(prose.sum(), 1.0),
        of_prose / length,
        linked / length,
        np.log1p(number) / 3,
        number / len(path),
    ]
    return np.stack(columns)[:, path]


# ---------------------------------------------------------------- the tree


class _Tree(NamedTuple):
    """The elements around the blocks. An element's blocks are consecutive, from `first` to `last`."""

    names: Bags
    name_of: Ints
    parent: Ints
    leaf: Ints
    inline: Ints
    path: Ints
    first: Ints
    last: Ints
    depth: Floats
    is_heading: NDArray[np.bool_]
    """For each block: whether it is a heading."""
    is_paragraph: NDArray[np.bool_]
    """For each element: whether it holds text for the container around it."""


def _tree(elements: Sequence[Element], blocks: Sequence[Block], vocabulary: Mapping[str, int]) -> _Tree:
    keys = [("", " "), *[(e.tag, " " if e.tag in _NAMELESS else e.names) for e in elements]]
    inlines = [("", block.inline) for block in blocks]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(chain(keys, inlines)))}
    name_of = np.array(list(map(numbers.__getitem__, keys)))
    parents = [0, *[element.parent + 1 for element in elements]]
    parent, leaf = np.array(parents), np.array([block.element + 1 for block in blocks])
    first, last = _runs(parents, leaf)
    of_leaf = name_of[leaf]
    tags = np.array([key[0] in HEADING_TAGS for key in numbers])
    return _Tree(
        names=_bags(class_words(numbers), vocabulary),
        name_of=name_of,
        parent=parent,
        leaf=leaf,
        inline=np.array(list(map(numbers.__getitem__, inlines))),
        path=_numbered(of_leaf * len(numbers) + name_of[parent[leaf]]),
        first=first,
        last=last,
        depth=up_the_tree(np.minimum(np.arange(len(parent)), 1.0), parent)[leaf],
        is_heading=tags[of_leaf],
        is_paragraph=np.array([False, *[element.tag in _PARAGRAPHS for element in elements]]),
    )


def up_the_tree(values: Floats, parent: Ints) -> Floats:
    """Return each element's values plus those of all its ancestors, in steps of doubling distance.

    The values of the page itself, element 0, must be 0.
    """
    total = values
    while parent.any():
        total = total + total[parent]
        parent = parent[parent]
    return total


def _runs(parents: list[int], leaf: Ints) -> tuple[Ints, Ints]:
    index = np.arange(len(leaf))
    of_first, of_last = np.full(len(parents), len(leaf)), np.full(len(parents), -1)
    of_first[leaf[::-1]] = index[::-1]
    of_last[leaf] = index
    first, last = of_first.tolist(), of_last.tolist()
    for at in range(len(parents) - 1, 0, -1):
        parent = parents[at]
        if last[at] > last[parent]:  # noqa: PLR1730 - half the time of a call
            last[parent] = last[at]
        if first[at] < first[parent]:  # noqa: PLR1730
            first[parent] = first[at]
    return np.array(first), np.array(last)


def _containers(tree: _Tree) -> Ints:
    """Return for each block its containers, level by level, each with more blocks than the one before."""
    parent, first, last = tree.parent, tree.first, tree.last
    same = (first == first[parent]) & (last == last[parent])
    widest = np.where(same, parent, np.arange(len(parent)))
    while (further := widest[widest]).tobytes() != widest.tobytes():
        widest = further
    wider = parent[widest]
    around = [wider[tree.leaf]]
    for _ in range(LEVELS - 1):
        around.append(wider[around[-1]])
    return np.stack(around)


def _numbered(values: Ints) -> Ints:
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def _level_columns(first: Ints, last: Ints, sums: Floats) -> Floats:
    """Return the columns of the containers with the blocks from `first` to `last`, for each level."""
    prose, length, linked = sums[:, last + 1] - sums[:, first]
    index = np.arange(first.shape[1])
    number = last + 1 - first
    length = np.maximum(length, 1.0)
    columns = [
        prose / max(sums[0, -1], 1.0),
        prose / length,
        linked / length,
        np.log1p(number) / 3,
        np.log1p(prose) / 4,
        (index - first) / number,
        index == first,
        index == last,
    ]
    return np.stack(columns, axis=1)


def _landmark_columns(tree: _Tree, sums: Floats) -> Columns:
    """Return marks of the blocks before, in and after the smallest element with each share of the prose."""
    filled = np.flatnonzero(tree.last >= 0)
    first, last = tree.first[filled], tree.last[filled]
    prose = sums[0, last + 1] - sums[0, first]
    n = len(tree.leaf)
    index = np.arange(n)
    columns: Columns = []
    for part in _PARTS:
        at = int(np.argmin(np.where(prose >= part * sums[0, -1], last - first, n)))
        columns += [index < first[at], (index >= first[at]) & (index <= last[at]), index > last[at]]
    return columns


_NAMELESS = ("html", "body")


_LEAST_SCORED = 25
_PARAGRAPHS = frozenset(("p", "h2", "h3", "h4", "h5", "h6", "blockquote", "li", "ul", "ol", "pre", "dd", "td", "tr"))


def _vote_columns(tree: _Tree, text: Columns, weights: Floats, link_share: Floats, sums: Floats) -> Columns:
    """Return the position of each block relative to the best container by a heuristic score.

    A text gives its container a point, one for each comma and up to three for its length, and half as much to the
    parent of the container. The score is reduced by the container's share of link text.
    """
    commas = text[_COMMAS] * 5
    points = np.where(weights >= _LEAST_SCORED, (1 + commas + np.minimum(weights / 100, 3)) * (1 - link_share), 0.0)
    container = np.where(tree.is_paragraph[tree.leaf], tree.parent[tree.leaf], tree.leaf)
    scores = np.bincount(container, points, len(tree.parent)) + np.bincount(
        tree.parent[container], points / 2, len(tree.parent)
    )
    is_filled = tree.last >= 0
    first, last = tree.first, np.maximum(tree.last, 0)
    length = np.where(is_filled, sums[1, last + 1] - sums[1, np.minimum(first, last)], 1.0)
    linked = np.where(is_filled, sums[2, last + 1] - sums[2, np.minimum(first, last)], 0.0)
    scores = np.where(is_filled, scores * (1 - linked / np.maximum(length, 1.0)), 0.0)
    best = int(scores.argmax())
    index = np.arange(len(weights))
    top = max(float(scores[best]), 1e-6)
    return [
        index < first[best],
        (index >= first[best]) & (index <= last[best]),
        index > last[best],
        scores[container] / top,
        np.full(len(weights), top / max(float(points.sum()), 1e-6)),
    ]


_COMMAS = 8
"""The index of the commas among the arrays of text columns."""


# ---------------------------------------------------------------- what the page declares


def _anchor_columns(head: Head, texts: Sequence[str], joined: str, lengths: Ints) -> Columns:
    titles, descriptions, story = _declared(head)
    named, described = "\n".join(titles).lower(), "\n".join(descriptions)
    longest = max(map(len, titles), default=1)
    reach = min(300, max(map(len, named.split("\n"))))
    n = len(texts)
    in_title = np.array([len(t) / longest if 12 <= len(t) <= reach and t.lower() in named else 0.0 for t in texts])
    titled = np.flatnonzero(in_title > 0.4)
    index = np.arange(n)
    at = int(titled[0]) if len(titled) else -1
    return [
        in_title,
        index < at,
        (index > at) & (at >= 0),
        np.where(at >= 0, 1 / (1 + np.abs(index - at)), 0.0),
        np.full(n, at < 0),
        np.array([len(text) >= 20 and text[:60] in described for text in texts]) if described else np.zeros(n),
        _places(descriptions, joined, lengths),
        np.array([len(text) >= 4 and text[:60] in story for text in texts]) if story else np.zeros(n),
        np.full(n, not story),
    ]


def _places(passages: Iterable[str], joined: str, lengths: Ints) -> Floats:
    """Return a mark of the first block with the beginning of each passage."""
    marked = np.zeros(len(lengths))
    for passage in passages:
        if len(passage) > 30 and (at := joined.find(passage[:80])) >= 0:
            marked[np.searchsorted(np.cumsum(lengths + 1), at, side="right")] = 1.0
    return marked


def _declared(head: Head) -> tuple[list[str], list[str], str]:
    """Return the titles, descriptions and the story that meta tags and JSON-LD declare."""
    meta = head.meta
    values: dict[str, list[str]] = {"headline": [], "description": [], "articleBody": []}
    for script in head.json_ld:
        for match in _STRING.finditer(script):
            values[match[1]].append(_json_string(script, match.end()))
    titles = [head.title, meta.get("og:title", ""), meta.get("twitter:title", ""), *values["headline"][:3]]
    descriptions = [meta.get("og:description", ""), meta.get("description", ""), *values["description"][:3]]
    story = " ".join(max(values["articleBody"], key=len, default="").split())
    return _folded(titles), _folded(descriptions), story[:_LONG_STORY] if len(story) > 200 else ""


def _folded(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([" ".join(text[:_LONG_TEXT].split()) for text in texts if text]))


_LONG_TEXT, _LONG_STORY = 2_000, 50_000
"""The most characters of a declared title or description, and of a declared story."""


def _json_string(script: str, at: int) -> str:
    try:
        return str(_JSON.raw_decode(script, at)[0])
    except ValueError:
        return ""
