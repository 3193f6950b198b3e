"""The order of the stages: bytes, text, blocks, labels, record."""

from scraper.article import Article
from scraper.block import Document, Labelled, Reading
from scraper.errors import NotAnArticle, ScraperError
from scraper.fields.assemble import assemble
from scraper.fields.claims import read_head
from scraper.page_type import refusal
from scraper.segment.decode import decode
from scraper.segment.html import segment_html
from scraper.segment.text import segment_text
from scraper.templates import Profile
from scraper.templates.engine import label, recognise

__all__ = [
    "article",
    "explain",
    "explain_text",
    "extract",
    "extract_text",
    "labelled",
    "outcome",
    "read",
    "read_text",
]


def extract(page: bytes | str, *, url: str | None = None, content_type: str | None = None) -> Article:
    """Return the record of a news page.

    `page` is the body of a response, or its decoded text; `url` is the URL of the final response, against which
    links are made absolute; `content_type` is the header's value, for its charset.

    Raises `NotAnArticle` for a page that holds no article, and `ScraperError` for input that is no page.
    """
    return article(read(page, url=url, content_type=content_type))


def extract_text(text: str, *, url: str | None = None) -> Article:
    """Return the record of flattened text (a WET record, a copied page: visible lines, no markup).

    Raises as `extract` does.
    """
    return article(read_text(text, url=url))


def explain(page: bytes | str, *, url: str | None = None, content_type: str | None = None) -> tuple[Labelled, ...]:
    """Return every visible block of a page with its label, score and reason: `extract`, stopped one step early."""
    return labelled(read(page, url=url, content_type=content_type))


def labelled(document: Document) -> tuple[Labelled, ...]:
    """Label the blocks of a segmented page."""
    return _read(document)[0].labelled


def explain_text(text: str, *, url: str | None = None) -> tuple[Labelled, ...]:
    """Return every line of flattened text in the same way; one that opens with a bullet comes without it."""
    return _read(read_text(text, url=url))[0].labelled


def read(page: bytes | str, *, url: str | None = None, content_type: str | None = None) -> Document:
    """Decode and segment a page."""
    if isinstance(page, (bytearray, memoryview)):
        page = bytes(page)
    if not isinstance(page, (bytes, str)):
        raise ScraperError(f"a page must be bytes or str, not {type(page).__name__}")
    _check(url=url, content_type=content_type)
    return segment_html(page if isinstance(page, str) else decode(page, content_type), url)


def read_text(text: str, *, url: str | None = None) -> Document:
    """Segment flattened text."""
    if not isinstance(text, str):
        raise ScraperError(f"text must be str, not {type(text).__name__}")
    _check(url=url)
    return segment_text(text, url)


def _check(**arguments: object) -> None:
    for name, value in arguments.items():
        if not (value is None or isinstance(value, str)):
            raise ScraperError(f"{name} must be str or None, not {type(value).__name__}")


def article(document: Document) -> Article:
    """Label a segmented page and assemble its record; raise `NotAnArticle` for a page that holds none."""
    _, found = outcome(document)
    if isinstance(found, NotAnArticle):
        raise found
    return found


def outcome(document: Document) -> tuple[tuple[Labelled, ...], Article | NotAnArticle]:
    """Return what `explain` and `extract` return for one segmented page; the error is returned, not raised."""
    reading, profile = _read(document)
    claims = read_head(document.head, document.url)
    if reason := refusal(document, reading, claims):
        return reading.labelled, NotAnArticle(reason)
    return reading.labelled, assemble(document, reading, claims, profile)


def _read(document: Document) -> tuple[Reading, Profile | None]:
    profile = recognise(document)
    if profile is not None:
        return Reading(label(document, profile)), profile
    from scraper.corrections import correct  # noqa: PLC0415 - as the next line
    from scraper.tagger import read as read_by_model  # noqa: PLC0415 - numpy and the weights are loaded when needed

    return correct(document, read_by_model(document)), None
