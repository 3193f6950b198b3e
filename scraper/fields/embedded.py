"""Stories embedded for scripts: in JSON-LD, or in the state or stream from which scripts build the page.

The search is independent of the site: a candidate is a long string, or a container of paragraphs (objects typed as a
paragraph, a heading or a list item), that repeats the visible opening or the description, or is next to the headline.
It becomes the body if it is much longer than the visible text.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scraper.block import Claims, Document
from scraper.errors import ScraperError
from scraper.segment.html import segment_html
from scraper.segment.lenient_json import load_all, unescape

__all__ = ["embedded_body"]

_MAX_VALUES, _MAX_CANDIDATES = 300_000, 20
_LONG, _PROSE, _OPENING, _MUCH = 400, 40, 60, 300
_RUN = 6  # words
_WHOLE = 3_000
"""Characters of a visible body from which on no embedded story is sought."""
_KIND_KEYS = ("type", "_type", "__typename", "nodeType", "blockType", "kind", "tag", "tagName", "name")
_PARAGRAPH = re.compile(
    r"^(?:core/)?(?:p|li|h[2-6]|block|unstyled)$|paragraph|text|heading|subhead|quote|list.?item|html", re.IGNORECASE
)
_LIST = re.compile(r"^(?:core/)?(?:[uo]l|\w*list)$", re.IGNORECASE)
_TEXT_KEYS = frozenset(
    "text value content html body paragraph p markup plaintext textcontent copy children data #text".split()
)
_TITLE_KEYS = "title headline name url href link slug permalink".split()
_UNESCAPED = re.compile(r"[A-Za-z0-9 ,.-]{12,}")
_PIECES = re.compile(r".{12,24}")
_TAG = re.compile(r"<[^<>]*>")
_SHORTCODE = re.compile(r"\[[^\[\]]*\]")
_BREAKS = re.compile(r"\s*\n\s*")
_WORDS = re.compile(r"\w+")
_PUSHED = re.compile(r'push\(\[1,\s*+("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*+\]', re.DOTALL)
_ROW = re.compile(rb"\n*+([0-9a-f]{1,8}):(?:T([0-9a-f]{1,8}),|([^\n]*+))")
_ELEMENT_ITEMS = 4
_ELEMENTS = frozenset("p h2 h3 h4 h5 h6 li blockquote pre tr dd div section article body".split())


class _Story(NamedTuple):
    home: int
    """The number of the container of the paragraphs."""
    parts: list[str]


def embedded_body(document: Document, claims: Claims, shown: Sequence[str]) -> list[str] | None:
    """Return the paragraphs of the embedded story if it belongs to this page and continues the visible text, or None.

    If the page declares that the story is not free, its visible part is left unchanged.
    """
    visible = sum(map(len, shown))
    if visible > _WHOLE or (claims.free is False and visible >= _LONG):
        return None
    least = max(_LONG, 1.5 * visible + _MUCH)
    headline = claims.headline or document.head.title
    for parts in _candidates(document, claims, headline, shown):
        paragraphs = [text for text in _paragraphs(parts) if _plain(text) != _plain(headline)]
        if (
            sum(map(len, paragraphs)) > least
            and _continues(paragraphs, shown)
            and not _is_visible(paragraphs, document)
        ):
            return _with_opening(paragraphs, shown)
    return None


def _candidates(document: Document, claims: Claims, headline: str, shown: Sequence[str]) -> Iterator[list[str]]:
    """Yield the declared story, then the matching texts of the page's state."""
    clues = (*shown[:3], claims.description or "")
    openings = [plain[:_OPENING] for text in clues if len(plain := _plain(text)) >= _PROSE]
    if claims.text and (sum(map(len, shown)) < _LONG or any(opening in _plain(claims.text) for opening in openings)):
        yield [claims.text]
    mentions = [piece for text in (headline, *clues) for piece in _PIECES.findall(_longest_run(text))]
    scripts = [script for script in document.head.state if not mentions or any(piece in script for piece in mentions)]
    stream = _stream(document.head.stream)
    for story, is_beside in _stories(scripts, stream, headline):
        raw = _plain(" ".join(story.parts)) if not is_beside else ""
        if is_beside or any(opening in raw for opening in openings):
            yield story.parts


def _continues(paragraphs: list[str], shown: Sequence[str]) -> bool:
    """Return whether the visible text is the beginning of a story, or no part of it."""
    story = _plain(" ".join(paragraphs))
    ends = [at + len(plain) for text in shown if (at := story.find((plain := _plain(text))[-_OPENING:])) >= 0]
    return max(ends, default=0) < len(story) / 1.5


def _is_visible(paragraphs: list[str], document: Document) -> bool:
    """Return whether most of a text is visible on the page, though not labelled as the story."""
    visible = {run for block in document.blocks if not block.hidden for run in _runs(_plain(block.text).split())}
    runs = _runs(_plain(" ".join(paragraphs)).split())
    return sum(run in visible for run in runs) > len(runs) / 2


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(_RUN)), strict=False))


def _longest_run(text: str) -> str:
    """Return the longest part of a text that JSON does not escape."""
    return max(_UNESCAPED.findall(text[:_LONG]), key=len, default="")


def _with_opening(paragraphs: list[str], shown: Sequence[str]) -> list[str]:
    """Return the story after the visible paragraphs that precede it, such as a standfirst."""
    story = _plain(" ".join(paragraphs))
    repeated = next((i for i, text in enumerate(shown[:3]) if _plain(text)[:_OPENING] in story), 0)
    return [*shown[:repeated], *paragraphs]


# ---------------------------------------------------------------- candidates


def _stories(scripts: Iterable[str], stream: str, headline: str) -> Iterator[tuple[_Story, bool]]:
    """Yield the longest texts of a page's state, and whether each is next to the headline."""
    title = _plain(headline)
    sources: Iterator[tuple[list[Any], dict[str, str]]] = ((_values(script), {}) for script in scripts)
    for values, texts in itertools.chain(sources, [_rows(stream)] if stream else ()):
        state = _State(title, texts)
        state.read(values)
        for story in state.longest():
            yield story, state.is_beside_headline(story.home)


class _State:
    """The texts in the values of one script: long strings, and paragraphs by container."""

    def __init__(self, headline: str, texts: Mapping[str, str]) -> None:
        self.headline, self.texts = headline, texts
        self.parents: list[int] = []
        self.lists: dict[int, int] = {}
        self.headed: set[int] = set()
        self.long: list[_Story] = []
        self.blocks: dict[int, tuple[int, list[str]]] = {}

    def read(self, value: Any) -> None:
        """Walk all values in order, with the number of the paragraph around each and of its container."""
        waiting: list[tuple[Any, str, int, int, int]] = [(value, "", -1, -1, -1)]
        while waiting and len(self.parents) < _MAX_VALUES:
            current, key, parent, block, home = waiting.pop()
            if isinstance(current, str):
                current = self.texts.get(current, current)
                if len(current) >= _LONG and current.lstrip()[:1] in "{[" and (inner := load_all(current)):
                    waiting.append((inner, key, parent, block, home))
                else:
                    self._text(current, key, parent, block, home)
            elif isinstance(current, (dict, list)):
                current = _unpacked(current)
                number = len(self.parents)
                self.parents.append(parent)
                if isinstance(current, list):
                    self.lists[number] = len(current)
                kind = _kind(current) if isinstance(current, dict) else ""
                if block < 0 and (_PARAGRAPH.search(kind) or (parent in self.lists and _is_untitled_prose(current))):
                    block = number
                elif block < 0 and not _LIST.search(kind) and key != "items":
                    home = number
                pairs = current.items() if isinstance(current, dict) else ((key, item) for item in current)
                waiting += [(item, str(name), number, block, home) for name, item in pairs][::-1]

    def _text(self, text: str, key: str, parent: int, block: int, home: int) -> None:
        if len(text) >= _LONG and _is_prose(text):
            self.long.append(_Story(parent if block < 0 else home, [text]))
        if self.headline and len(text) < 2 * len(self.headline) + _PROSE and _plain(text) == self.headline:
            self.headed |= {parent, self.parents[parent]}
        if block >= 0 and key.lower() in _TEXT_KEYS:
            parts = self.blocks.setdefault(block, (home, []))[1]
            if not parts or parts[-1].strip() != text.strip():
                parts.append(text)
        elif parent in self.lists and len(text) >= _PROSE and _is_prose(text):
            self.blocks[_MAX_VALUES + len(self.blocks)] = (home, [text])

    def longest(self) -> list[_Story]:
        homes: dict[int, list[str]] = {}
        for home, parts in self.blocks.values():
            homes.setdefault(home, []).append("".join(parts))
        several = (
            _Story(home, parts) for home, parts in homes.items() if 1 < len(parts) >= self.lists.get(home, 0) / 2
        )
        stories = [story for story in (*self.long, *several) if sum(map(len, story.parts)) >= _LONG]
        return sorted(stories, key=lambda story: -sum(map(len, story.parts)))[:_MAX_CANDIDATES]

    def is_beside_headline(self, home: int) -> bool:
        for _ in range(3):
            if home < 0 or home in self.headed:
                return home >= 0
            home = self.parents[home]
        return False


def _values(script: str) -> list[Any]:
    """Return the values of a script, including the arguments of an immediately called function."""
    values = load_all(script)
    if "function" in script[:_LONG] and (at := script.rfind("}(")) > 0:
        values += load_all("[" + script[at + 2 :].rstrip(" \n;)") + "]")
    return values


def _is_untitled_prose(value: Any) -> bool:
    """Return whether an object has a text, but no title or URL as entries in lists of stories have."""
    if not isinstance(value, dict) or any(value.get(key) for key in _TITLE_KEYS):
        return False
    return any(
        isinstance(text := value.get(key), str) and len(text) >= _PROSE and _is_prose(text) for key in _TEXT_KEYS
    )


def _unpacked(value: Any) -> Any:
    """Return a React element, which is a list of "$", tag, key and properties, as a typed object."""
    if isinstance(value, list) and len(value) == _ELEMENT_ITEMS and value[0] == "$" and isinstance(value[3], dict):
        return {**value[3], "type": value[1]}
    return value


def _stream(scripts: Sequence[str]) -> str:
    """Return the joined pieces of the stream of React server components."""
    return "".join(_string(piece) for piece in _PUSHED.findall("\n".join(scripts)))


def _string(quoted: str) -> str:
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return ""


def _rows(stream: str) -> tuple[list[Any], dict[str, str]]:
    """Return the values of a stream's rows, and its long texts by reference ("$1f")."""
    data = stream.encode("utf-8", "replace")
    values: list[Any] = []
    texts: dict[str, str] = {}
    at = 0
    while row := _ROW.match(data, at):
        at = row.end()
        if row[2]:
            start, at = at, at + int(row[2], 16)
            texts["$" + row[1].decode()] = data[start:at].decode("utf-8", "replace")
        elif row[3]:
            values += load_all(row[3].decode("utf-8", "replace"))
    return values, texts


def _kind(value: dict[str, Any]) -> str:
    return next((kind[:_PROSE] for key in _KIND_KEYS if isinstance(kind := value.get(key), str) and kind), "")


def _is_prose(text: str) -> bool:
    """Return whether a string consists of sentences, and is not a URL, code or a list of words."""
    start = text[:_LONG]
    return not start.lstrip().startswith(("{", "[", "http", "function", "data:", "@", ".")) and (
        start.count(" ") * 12 > len(_TAG.sub("", start)) or not start.isascii()
    )


# ---------------------------------------------------------------- paragraphs


def _paragraphs(parts: Iterable[str]) -> list[str]:
    raw = (paragraph for part in parts for paragraph in (_of_html(part) if "<" in part else _BREAKS.split(part)))
    folded = (" ".join(unescape(paragraph).split()) for paragraph in raw)
    return [text for text in folded if text and not _SHORTCODE.fullmatch(text)]


def _of_html(part: str) -> list[str]:
    if not re.search(r"<(?:p|div|br|h\d|li)\b", part, re.IGNORECASE):
        return _BREAKS.split(_TAG.sub("", part))
    try:
        blocks = segment_html(part).blocks
    except ScraperError:
        return []
    return [block.text for block in blocks if not block.hidden and block.tag in _ELEMENTS]


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(_TAG.sub(" ", unescape(text)).lower()))
