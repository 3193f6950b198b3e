"""Stories as Markdown: CommonMark with the tables of GitHub's dialect."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping

__all__ = ["render"]

_INLINE = re.compile(r"[\\`*_\[\]<>#|~]|&(?=#?\w{1,32};)")  # markup anywhere
_OPENING = re.compile(r"(\d{1,9})(?=[.)])|(?=[-+=])")  # markup at the start of a line only
_FENCE = re.compile("`+")


def render(headline: str, entries: Iterable[tuple[str, str]]) -> str:
    """Return a story as Markdown; each entry is a text and its type, as in `Article.body` and `Article.body_types`."""
    parts = [f"# {_escaped(headline)}"] if headline.strip() else []
    for kind, group in itertools.groupby(entries, lambda entry: entry[1]):
        texts = [text for text, _ in group if text.strip()]
        parts += _FORMS.get(kind, _paragraphs)(texts) if texts else []
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """Return text as one line in which nothing is markup."""
    line = _INLINE.sub(r"\\\g<0>", " ".join(text.split()))
    return _OPENING.sub(r"\1\\", line, count=1) if _OPENING.match(line) else line


def _paragraphs(texts: list[str]) -> list[str]:
    return [_escaped(text) for text in texts]


def _headings(texts: list[str]) -> list[str]:
    return [f"## {_escaped(text)}" for text in texts]


def _list(texts: list[str]) -> list[str]:
    return ["\n".join(f"- {_escaped(text)}" for text in texts)]


def _quote(texts: list[str]) -> list[str]:
    return ["\n>\n".join(f"> {_escaped(text)}" for text in texts)]


def _code(texts: list[str]) -> list[str]:
    return [_fenced(text) for text in texts]


def _fenced(text: str) -> str:
    longest = max(map(len, _FENCE.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _table(texts: list[str]) -> list[str]:
    """Return rows as a table with the first as its header; rows are padded to the longest, or cells would be lost."""
    rows = [[_escaped(cell) for cell in text.split(" | ")] for text in texts]
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return ["\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])]


_FORMS: Mapping[str, Callable[[list[str]], list[str]]] = {
    "heading": _headings,
    "list_item": _list,
    "quote": _quote,
    "code": _code,
    "table_row": _table,
}
