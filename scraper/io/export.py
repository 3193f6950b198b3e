"""Export of records: JSON Lines, Parquet, CSV, Markdown, text, JSON-LD."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeAlias

from scraper.article import Article, Dateline
from scraper.io import parquet
from scraper.io.compression import compressing

__all__ = ["FORMS", "MARKDOWN", "Writer", "cell", "write"]

_SLUG = 50
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # for some readers of YAML
_FORMULA = frozenset("=+-@")
_INVISIBLE = ("Cc", "Cf")  # categories of characters that a program may ignore before a formula

Writer: TypeAlias = Callable[[Iterable[Article], IO[bytes]], None]


def _jsonl(ending: str, records: Iterable[Article], file: IO[bytes]) -> None:
    with compressing(file, ending) as lines:
        for record in records:
            lines.write(record.to_json().encode() + b"\n")


def _csv(records: Iterable[Article], file: IO[bytes]) -> None:
    """Write one line per story; paragraphs are lines of `body`, lists are separated by "; ", nested values are JSON."""
    columns = _flat(Article(headline="", dateline=Dateline("")).to_dict())
    lines = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.DictWriter(lines, list(columns))
    writer.writeheader()
    writer.writerows(_flat(record.to_dict() | {"body": record.text}) for record in records)
    lines.detach()


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of a record; the parts of nested values have columns of their own."""
    cells: dict[str, Any] = {}
    for name, value in record.items():
        if name == "sidebar":
            cells[name] = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, dict):
            cells |= {f"{name}_{part}": _to_cell(inner) for part, inner in value.items()}
        elif name != "dateline":  # None: its columns are empty
            cells[name] = _to_cell(value)
    return cells


def _to_cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return cell("; ".join(value))
    return cell(json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value)


def cell(value: Any) -> Any:
    """Return a value as a cell; text that a spreadsheet would run as a formula is prefixed with `'`.

    The first visible character counts, after compatibility normalisation (the full-width "＝").
    """
    if not isinstance(value, str) or not value:
        return value
    first = next((char for char in value if not char.isspace() and unicodedata.category(char) not in _INVISIBLE), "")
    return f"'{value}" if value[0] in "\t\r\n" or unicodedata.normalize("NFKC", first) in _FORMULA else value


def _markdown(records: Iterable[Article], folder: Path) -> None:
    """Write a folder with one file per story: front matter in YAML, then the story."""
    folder.mkdir()
    for number, record in enumerate(records, 1):
        slug = re.sub(r"\W+", "-", record.headline.lower())[:_SLUG].strip("-")
        (folder / f"{number:05}-{slug or 'story'}.md").write_text(_page(record), "utf-8")


def _page(record: Article) -> str:
    values = {
        "title": record.headline,
        "url": record.canonical_url or record.url,
        "site": record.site_name,
        "section": record.section,
        "date": record.date_published and record.date_published.isoformat(),
        "authors": list(record.authors),
        "place": record.dateline and record.dateline.place,
        "language": record.language,
    }
    head = "".join(f"{name}: {_yaml(value)}\n" for name, value in values.items() if value)
    return f"---\n{head}---\n\n{record.to_markdown()}"


def _yaml(value: str | list[str]) -> str:
    """Return a value in YAML, which is JSON apart from some characters."""
    return _UNREADABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _text(records: Iterable[Article], file: IO[bytes]) -> None:
    """Write headline and paragraphs, one per line, and an empty line after each story."""
    file.writelines(f"{record.headline}\n{record.text}\n\n".encode() for record in records)


def _jsonld(records: Iterable[Article], file: IO[bytes]) -> None:
    """Write one graph of schema.org NewsArticles."""
    file.write(b'{"@context": "https://schema.org", "@graph": [')
    file.writelines(part.encode() for part in _graph_nodes(record.to_schema_org() for record in records))
    file.write(b"\n]}\n")


def _graph_nodes(nodes: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, node in enumerate(nodes):
        del node["@context"]
        yield f"{',' if number else ''}\n{json.dumps(node, ensure_ascii=False)}"


FORMS: Mapping[str, Writer] = {
    "jsonl": partial(_jsonl, ".jsonl"),
    "jsonl.gz": partial(_jsonl, ".jsonl.gz"),
    "jsonl.zst": partial(_jsonl, ".jsonl.zst"),
    "parquet": parquet.write,
    "csv": _csv,
    "txt": _text,
    "jsonld": _jsonld,
}
"""By file extension, the function that writes records to a binary file.

Each raises `OSError` if writing fails, and `ScraperError` if a library is missing.
"""
MARKDOWN = "markdown"
"""The format that is a folder, with one file per story."""


def write(records: Iterable[Article], path: Path, form: str) -> None:
    """Write records to a new path, in one of `FORMS` or as `MARKDOWN`; raise the same errors as these."""
    if form == MARKDOWN:
        _markdown(records, path)
    else:
        with path.open("wb") as file:
            FORMS[form](records, file)
