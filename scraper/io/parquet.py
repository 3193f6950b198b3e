"""Parquet: write records to a table, read pages from a table."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from types import UnionType
from typing import IO, Any, get_args, get_origin, get_type_hints

from scraper.article import Article, Link, Sidebar
from scraper.errors import ArchiveError, ScraperError
from scraper.io.warc import Page

__all__ = ["read_pages", "write"]

_BATCH = 1000  # records per row group
_HTML, _URL = "html", "url"
_ROWS = 64  # read per batch
_NUMBERS = {int: "int64", float: "float64"}
_TEXTS = (str, datetime)


def write(records: Iterable[Article], file: IO[bytes]) -> None:
    """Write records as a table to a binary file; the columns are derived from the fields of `Article`.

    Lists are nested columns; dates are text, as only some have a time zone; `fetched_at` is a timestamp in UTC.
    """
    pa, pq = _library()
    if not file.seekable():  # a pipe
        with tempfile.TemporaryFile() as copy:
            write(records, copy)
            copy.seek(0)
            shutil.copyfileobj(copy, file)
        return
    kinds = {name: _column(kind, pa) for name, kind in get_type_hints(Article).items()}
    schema = pa.schema(kinds | {"fetched_at": pa.timestamp("us", "UTC")})
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        rows = (_nested(record) for record in records)
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema))


def _column(kind: Any, pa: Any) -> Any:
    """Return the Arrow type for the type of a field."""
    if kind is Sidebar:
        return pa.map_(pa.string(), pa.list_(_column(Link, pa)))
    inner = next((argument for argument in get_args(kind) if argument not in (type(None), ...)), None)
    if get_origin(kind) is tuple:
        return pa.list_(_column(inner, pa))
    if get_origin(kind) is UnionType:
        return _column(inner, pa)
    if kind in _NUMBERS:
        return pa.type_for_alias(_NUMBERS[kind])
    parts = get_type_hints(kind) if isinstance(kind, type) and kind not in _TEXTS else {}
    return pa.struct({name: _column(part, pa) for name, part in parts.items()}) if parts else pa.string()


def _nested(record: Article) -> dict[str, Any]:
    row = record.to_dict()
    return row | {"sidebar": list(row["sidebar"].items()), "fetched_at": record.fetched_at}


def read_pages(raw: IO[bytes], *, on_error: Callable[[ArchiveError], object], start: int = 0) -> Iterator[Page]:
    """Yield the rows of a table from row `start` on as pages: `html` is text or bytes, `url` is optional.

    A broken row group is skipped: the error is passed to `on_error`, with the row number as its offset. Raises
    `ScraperError` if the file is not such a table.
    """
    pa, pq = _library()
    try:
        table = pq.ParquetFile(raw)
    except pa.ArrowException as error:
        raise ScraperError(f"no table: {error}") from error
    names = table.schema_arrow.names
    if _HTML not in names:
        raise ScraperError(f"the table has no column {_HTML!r}; its columns are {', '.join(names)}")
    end, columns = 0, [name for name in (_HTML, _URL) if name in names]
    for group in range(table.num_row_groups):
        number, end = end, end + table.metadata.row_group(group).num_rows
        if end <= start:
            continue
        rows = (row for batch in table.iter_batches(_ROWS, [group], columns) for row in batch.to_pylist())
        try:
            for row in rows:
                if number >= start and (page := _page(row, number, on_error)):
                    yield page
                number += 1
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            on_error(ArchiveError(number, f"rows {number} to {end - 1} cannot be read: {error}"))


def _page(row: dict[str, Any], number: int, on_error: Callable[[ArchiveError], object]) -> Page | None:
    html, url = row[_HTML], row.get(_URL)
    url = url if isinstance(url, str) else None
    if isinstance(html, str):
        return Page(url, html.encode("utf-8", "replace"), "text/html; charset=utf-8", None, 200, number)
    if isinstance(html, bytes):
        return Page(url, html, None, None, 200, number)
    on_error(ArchiveError(number, f"its {_HTML} is {type(html).__name__}, no text or bytes"))
    return None


def _library() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise ScraperError('Parquet needs pyarrow: pip install "newsportal-scraper[export]"') from error
    return pa, pq
