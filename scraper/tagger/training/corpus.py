"""The training corpus: pages with gold bodies, with a label for every block, or of known kind.

A folder contains sets. A set is a folder with `pages/<page>.html.gz` and `gold.jsonl` (one page a line: `page`, and
optionally `url`, `body`, `paragraphs`, `with`, `without` and `type`) or `index.jsonl` (pages without gold). Next to the
sets is `blocks/labels.jsonl.gz`: one page a line with `set`, `page`, `url`, `kind`, and `blocks`, a list of
[label, text].
"""

import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block, Document
from scraper.errors import ScraperError
from scraper.io.compression import decompressing
from scraper.io.jsonl import read_lines
from scraper.segment.decode import decode
from scraper.segment.html import segment_html
from scraper.segment.text import segment_text
from scraper.tagger.features import Features
from scraper.tagger.network import ARTICLE, KINDS, LISTING, OTHER, STORY
from scraper.tagger.training.alignment import UNKNOWN, targets

__all__ = ["FOLDS", "UNKNOWN", "UNKNOWN_KIND", "Example", "flatten", "fold_of", "fold_of_host", "read_corpus"]

FOLDS = 5
UNKNOWN_KIND = -100
_LABELS = {str(label): number for number, label in enumerate(KINDS)}
_PAGE_KINDS = {
    "article": ARTICLE,
    "review": ARTICLE,
    "press release": ARTICLE,
    "video": ARTICLE,
    "gallery": ARTICLE,
    "recipe": ARTICLE,
    "live blog": ARTICLE,
    "listing": LISTING,
    "collection": LISTING,
    "other": OTHER,
    "service": OTHER,
    "forum": OTHER,
    "product": OTHER,
    "documentation": OTHER,
}
_LABEL_WEIGHT = 0.6
"""The weight of labels by a careful reader if a page has an independent gold body too."""


class Example(NamedTuple):
    """A page of the training corpus."""

    folder: str
    name: str
    host: str
    document: Document
    target: NDArray[np.float32]
    """For each block the share that belongs to the story, 0 to 1, or -1 if unknown."""
    kind: NDArray[np.int64]
    """For each block the index of its label in `KINDS`, or -100 if unknown."""
    verdict: int
    """ARTICLE, LISTING, OTHER, or -1 if unknown."""
    gold: dict[str, Any]
    labelled: bool
    """Whether every block was labelled by a reader."""
    features: Features | None = None
    soft: NDArray[np.float32] | None = None
    """The soft targets of each block: the chance of the story, then the chances of the labels."""


def read_corpus(root: Path, as_text: bool = False, sites: Path | None = None) -> Iterator[Example]:
    """Yield the pages of all sets in a folder, as HTML or flattened, and those of compiled sites."""
    labels = _read_labels(root / "blocks" / "labels.jsonl.gz")
    for folder in sorted(path.parent for path in root.glob("*/pages")):
        for gold in _read_gold(folder):
            html = _read_page(folder / "pages" / f"{gold['page']}.html.gz")
            yield from _example(folder.name, gold, labels.get((folder.name, gold["page"]), {}), html, as_text)
    for archive in sorted(sites.glob("*.tar.xz")) if sites and not as_text else ():
        yield from _read_site(archive)


def _read_labels(file: Path) -> dict[tuple[str, str], dict[str, Any]]:
    if not file.exists():
        return {}
    return {(page["set"], page["page"]): page for page in map(json.loads, read_lines(file))}


def _read_page(file: Path) -> bytes:
    with file.open("rb") as packed, decompressing(packed, file.name) as page:
        return page.read()


def _read_gold(folder: Path) -> Iterator[dict[str, Any]]:
    file = folder / "gold.jsonl"
    if not file.exists():
        file = folder / "index.jsonl"
    for line in file.read_text("utf-8").split("\n"):
        if line.strip():
            yield json.loads(line)


def _example(folder: str, gold: dict[str, Any], page: dict[str, Any], html: bytes, as_text: bool) -> Iterator[Example]:
    url = gold.get("url") or page.get("url") or None
    try:
        document = segment_html(decode(html), url)
    except ScraperError:
        return
    host = host_of(url or document.head.canonical or document.head.meta.get("og:url") or gold["page"])
    if as_text:
        document = segment_text(flatten(html), url)
    if not document.blocks:
        return
    kind = label_blocks(document.blocks, page.get("blocks") or ())
    target = _story(document, gold, kind)
    verdict = _PAGE_KINDS.get(
        page.get("kind") or gold.get("type") or ("article" if gold.get("body") or gold.get("with") else ""), -1
    )
    yield Example(folder, gold["page"], host, document, target, kind, verdict, gold, bool(page))


def label_blocks(blocks: Sequence[Block], labels: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Return each block's label by its text, in order, or by its first characters if blocks were cut differently."""
    waiting: dict[str, list[str]] = defaultdict(list)
    opening: dict[str, str] = {}
    for name, text in reversed(labels):
        waiting[text].append(name)
        opening[text[:_OPENING]] = name
    kinds: list[int] = []
    for block in blocks:
        same = waiting.get(block.text)
        label: str | None = (same.pop() if len(same) > 1 else same[0]) if same else opening.get(block.text[:_OPENING])
        kinds.append(UNKNOWN_KIND if label is None else _LABELS[label])
    return np.array(kinds, np.int64)


_OPENING = 24


def _story(document: Document, gold: dict[str, Any], kind: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the share of the story in each block from labels and an independent gold body."""
    is_article = gold.get("type", "article") == "article"
    has_gold = is_article and bool(gold.get("body") or gold.get("with"))
    aligned = targets(document, gold) if has_gold else np.full(len(document.blocks), UNKNOWN, np.float32)
    read = np.where(kind == UNKNOWN_KIND, UNKNOWN, (kind < STORY) & (kind >= 0)).astype(np.float32)
    both = (aligned >= 0) & (read >= 0)
    mixed = _LABEL_WEIGHT * read + (1 - _LABEL_WEIGHT) * aligned
    return np.where(both, mixed, np.maximum(aligned, read)).astype(np.float32)


def _read_site(archive: Path) -> Iterator[Example]:
    """Yield the pages of a compiled site, whose kinds are known, and the bodies of posts where their element is."""
    facts = json.loads(archive.with_name(archive.name.replace(".tar.xz", ".json")).read_text("utf-8"))
    posts = {_path(path) for path, *_ in facts["posts"]}
    name = archive.name.split(".")[0]
    with tarfile.open(archive) as files:
        for member in sorted((m for m in files if m.isfile() and m.name.endswith(".html")), key=lambda m: m.name):
            path = _path(member.name.removeprefix("./"))
            read = files.extractfile(member)
            digest = blake2b(path.encode(), digest_size=2).digest()[0]
            if read is None or (path in posts and digest % _POSTS_KEPT):
                continue
            document = segment_html(decode(read.read()), f"http://{name}.test{path}/")
            if document.blocks:
                target = post_target(document, _POST_CLASSES.get(name) if path in posts else None)
                unknown = np.full(len(document.blocks), UNKNOWN_KIND, np.int64)
                verdict = ARTICLE if path in posts else OTHER if path in _NO_LISTS else LISTING
                yield Example("sites", path, name, document, target, unknown, verdict, {}, False)


def post_target(document: Document, name: str | None) -> NDArray[np.float32]:
    """Return the target of a post whose body is in an element of a class.

    Between the headline and the body, blocks are unknown, as a standfirst may be among them. Without a class, or
    without such an element, all are unknown.
    """
    elements = document.elements
    is_body: list[bool] = []
    for element in elements:
        is_body.append(name in element.names.split() or (element.parent >= 0 and is_body[element.parent]))
    body = np.array([block.element >= 0 and is_body[block.element] for block in document.blocks], bool)
    target = body.astype(np.float32)
    headline = next((i for i, block in enumerate(document.blocks) if elements[block.element].tag == "h1"), 0)
    if name is None or not body.any():
        target[:] = UNKNOWN
    else:
        target[headline + 1 : body.argmax()] = UNKNOWN
    return target


_POST_CLASSES = {"hexo-zh": "mypage", "pelican-en": "article-body", "recipes-vi": "body"}
"""The class of the element with the body of each post of the compiled sites."""
_NO_LISTS = ("/404", "/about", "/contact")
_POSTS_KEPT = 4
"""One post in this many is kept, since the posts of a site are alike."""


def _path(url: str) -> str:
    path = urlsplit(url).path.removesuffix("index.html").removesuffix(".html").rstrip("/")
    return path if path.startswith("/") else f"/{path}"


def flatten(html: bytes) -> str:
    """Return the visible lines of a page as in a WET file or a text browser."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    text = bytes_to_str(html, detect_encoding(html) or "utf-8")
    return str(extract_plain_text(text, main_content=False, alt_texts=False, list_bullets=True))


def host_of(url: str) -> str:
    """Return the approximate registered domain: the last two labels, or three for suffixes such as co.uk."""
    labels = (urlsplit(url).hostname or url).split(".")
    number = 3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else 2
    return ".".join(labels[-number:])


def fold_of(example: Example) -> int:
    """Return the fold of a page's host."""
    return fold_of_host(example.host)


def fold_of_host(host: str) -> int:
    """Return the fold of a host."""
    return blake2b(host.encode(), digest_size=4).digest()[0] % FOLDS
