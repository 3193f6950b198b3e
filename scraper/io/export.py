"""Records as JSON Lines, and in the forms of other programs: Parquet, CSV, Markdown, text, JSON-LD."""

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
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # to YAML, or to some of its readers
_FORMULA = frozenset("=+-@")
_INVISIBLE = ("Cc", "Cf")  # categories of characters behind which a program may still see a formula

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
    """Return a record's cells; what is nested has its parts as columns."""
    cells: dict[str, Any] = {}
    for name, value in record.items():
        if name == "sidebar":
            cells[name] = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, dict):
            cells |= {f"{name}_{part}": _joined(inner) for part, inner in value.items()}
        elif name != "dateline":  # which has columns of its own, here empty
            cells[name] = _joined(value)
    return cells


def _joined(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return cell("; ".join(value))
    return cell(json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value)


def cell(value: Any) -> Any:
    """Return a value as it may stand in a table: a text that a spreadsheet would run as a formula gets a `'` before it.

    What counts is how a text begins once compatible forms are unified (the full-width "＝") and what is not seen is
    left out.
    """
    if not isinstance(value, str) or not value:
        return value
    first = next((char for char in value if not char.isspace() and unicodedata.category(char) not in _INVISIBLE), "")
    return f"'{value}" if value[0] in "\t\r\n" or unicodedata.normalize("NFKC", first) in _FORMULA else value


def _markdown(records: Iterable[Article], folder: Path) -> None:
    """Write a folder with a file a story: what is known of it at the head, then the story."""
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
    """Return a value in YAML, which reads JSON's texts and lists as they are, but for some characters."""
    return _UNREADABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _text(records: Iterable[Article], file: IO[bytes]) -> None:
    """Headline and paragraphs, a line each; an empty line after each story."""
    file.writelines(f"{record.headline}\n{record.text}\n\n".encode() for record in records)


def _jsonld(records: Iterable[Article], file: IO[bytes]) -> None:
    """Write one graph of schema.org NewsArticles."""
    file.write(b'{"@context": "https://schema.org", "@graph": [')
    file.writelines(part.encode() for part in _parted(record.to_schema_org() for record in records))
    file.write(b"\n]}\n")


def _parted(nodes: Iterable[dict[str, Any]]) -> Iterator[str]:
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
"""By ending, what writes records to a file that is open for bytes.

Each raises `OSError` where it cannot, and `ScraperError` where it needs what is not installed.
"""
MARKDOWN = "markdown"
"""The form that is a folder, with a file a story."""


def write(records: Iterable[Article], path: Path, form: str) -> None:
    """Write records to a path that is not there yet, in one of `FORMS` or as `MARKDOWN`; raise as those do."""
    if form == MARKDOWN:
        _markdown(records, path)
    else:
        with path.open("wb") as file:
            FORMS[form](records, file)
