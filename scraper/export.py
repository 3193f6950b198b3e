"""Records in the forms of other programs: Parquet, CSV, Markdown, text, JSON-LD."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scraper import parquet
from scraper.article import Article, Dateline

__all__ = ["FORMS"]

_SLUG = 50


def _csv(records: Iterable[Article], path: Path) -> None:
    """One line a story; paragraphs are lines of `body`, lists are parted by "; ", what is nested in them is JSON."""
    columns = _flat(Article(headline="", dateline=Dateline("")).to_dict())
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(columns))
        writer.writeheader()
        writer.writerows(_flat(record.to_dict() | {"body": record.text}) for record in records)


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a record's cells; what is nested has its parts as columns."""
    cells: dict[str, Any] = {}
    for name, value in record.items():
        if name == "sidebar":
            cells[name] = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, dict):
            cells |= {f"{name}_{part}": _cell(inner) for part, inner in value.items()}
        elif name != "dateline":  # which has columns of its own, here empty
            cells[name] = _cell(value)
    return cells


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def _markdown(records: Iterable[Article], path: Path) -> None:
    """Write a folder with a file a story: what is known of it at the head, then the story."""
    path.mkdir()
    for number, record in enumerate(records, 1):
        slug = re.sub(r"\W+", "-", record.headline.lower())[:_SLUG].strip("-")
        (path / f"{number:05}-{slug or 'story'}.md").write_text(_page(record), "utf-8")


def _page(record: Article) -> str:
    told = {
        "title": record.headline,
        "url": record.canonical_url or record.url,
        "site": record.site_name,
        "section": record.section,
        "date": record.date_published and record.date_published.isoformat(),
        "authors": list(record.authors),
        "place": record.dateline and record.dateline.place,
        "language": record.language,
    }
    # YAML reads JSON's texts and lists as they are.
    head = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items() if value)
    return f"---\n{head}---\n\n{record.to_markdown()}"


def _text(records: Iterable[Article], path: Path) -> None:
    """Headline and paragraphs, a line each; an empty line after each story."""
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{record.headline}\n{record.text}\n\n" for record in records)


def _jsonld(records: Iterable[Article], path: Path) -> None:
    """One graph of schema.org NewsArticles."""
    with path.open("w", encoding="utf-8") as lines:
        lines.write('{"@context": "https://schema.org", "@graph": [')
        lines.writelines(_parted(record.to_schema_org() for record in records))
        lines.write("\n]}\n")


def _parted(nodes: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, node in enumerate(nodes):
        del node["@context"]
        yield f"{',' if number else ''}\n{json.dumps(node, ensure_ascii=False)}"


FORMS: Mapping[str, Callable[[Iterable[Article], Path], None]] = {
    "parquet": parquet.write,
    "csv": _csv,
    "markdown": _markdown,
    "txt": _text,
    "jsonld": _jsonld,
}
"""By name, what writes records to a path that is not there yet: a file, for Markdown a folder.

Each raises `OSError` where it cannot, and `ScraperError` where it needs what is not installed.
"""
