"""News pages in, clean records out: headline, dateline, body, and the lists beside them.

>>> from scraper import extract_text
>>> story = extract_text('''Port reopens after storm
... OSLO, Norway (AP) — The port reopened on Monday after a storm had closed it for three days, officials said.''')
>>> story.dateline.place, story.dateline.agency
('OSLO, Norway', 'AP')
"""

from typing import TYPE_CHECKING, Any

from scraper.article import Article, Dateline, Extraction, Image, Link, Sidebar, json_schema
from scraper.block import Block, Labelled
from scraper.errors import ArchiveError, FetchError, NotAnArticle, RecordError, ScraperError
from scraper.explanation.blocks import explain_page, explain_page_text
from scraper.label import Label
from scraper.pipeline import explain, explain_text, extract, extract_text, extract_url
from scraper.version import __version__

if TYPE_CHECKING:
    from scraper.site import Site, learn

__all__ = [
    "ArchiveError",
    "Article",
    "Block",
    "Dateline",
    "Extraction",
    "FetchError",
    "Image",
    "Label",
    "Labelled",
    "Link",
    "NotAnArticle",
    "RecordError",
    "ScraperError",
    "Sidebar",
    "Site",
    "__version__",
    "explain",
    "explain_page",
    "explain_page_text",
    "explain_text",
    "extract",
    "extract_text",
    "extract_url",
    "json_schema",
    "learn",
]


def __getattr__(name: str) -> Any:
    if name in ("Site", "learn"):
        import scraper.site  # noqa: PLC0415 - numpy takes 100 ms to import

        return getattr(scraper.site, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
