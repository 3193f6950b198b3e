"""From what users pass to a segmented page: check the types, decode, segment."""

from scraper.block import Document
from scraper.errors import ScraperError
from scraper.segment.decode import decode
from scraper.segment.html import segment_html
from scraper.segment.text import segment_text

__all__ = ["read", "read_text"]


def read(page: bytes | str, *, url: str | None = None, content_type: str | None = None) -> Document:
    """Decode and segment a page; raise `ScraperError` for arguments of other types."""
    if isinstance(page, (bytearray, memoryview)):
        page = bytes(page)
    if not isinstance(page, (bytes, str)):
        raise ScraperError(f"a page must be bytes or str, not {type(page).__name__}")
    _check(url=url, content_type=content_type)
    return segment_html(page if isinstance(page, str) else decode(page, content_type), url)


def read_text(text: str, *, url: str | None = None) -> Document:
    """Segment flattened text; raise `ScraperError` for arguments of other types."""
    if not isinstance(text, str):
        raise ScraperError(f"text must be str, not {type(text).__name__}")
    _check(url=url)
    return segment_text(text, url)


def _check(**arguments: object) -> None:
    for name, value in arguments.items():
        if not (value is None or isinstance(value, str)):
            raise ScraperError(f"{name} must be str or None, not {type(value).__name__}")
