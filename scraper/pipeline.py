"""The order of the stages: bytes, text, blocks, labels, record."""

from typing import TYPE_CHECKING

from scraper.article import Article
from scraper.block import Document, Labelled, Reading
from scraper.errors import NotAnArticle, ScraperError
from scraper.fields.assemble import assemble
from scraper.fields.claims import read_head
from scraper.page_type import refusal
from scraper.segment.page import read, read_text
from scraper.templates import Profile
from scraper.templates.engine import label, recognise

if TYPE_CHECKING:
    from scraper.site import Site
    from scraper.tagger.site_evidence import SiteIndex

__all__ = [
    "article",
    "explain",
    "explain_text",
    "extract",
    "extract_text",
    "extract_url",
    "labelled",
    "outcome",
    "read",
    "read_text",
]


def extract(
    page: bytes | str, *, url: str | None = None, content_type: str | None = None, site: "Site | None" = None
) -> Article:
    """Return the record of a news page.

    `page` is the body of a response, or its decoded text; `url` is the URL of the final response, against which
    links are made absolute; `content_type` is the header's value, for its charset; `site` is what was learned from
    other pages of the site.

    Raise `NotAnArticle` for a page that holds no article, and `ScraperError` for input that is no page.
    """
    return article(read(page, url=url, content_type=content_type), site)


def extract_text(text: str, *, url: str | None = None) -> Article:
    """Return the record of flattened text (a WET record, a copied page: visible lines, no markup).

    Raises as `extract` does.
    """
    return article(read_text(text, url=url))


def extract_url(url: str, *, site: "Site | None" = None) -> Article:
    """Fetch a page of the public internet, and return its record.

    Responses are limited to 10 MiB and 30 seconds. Raise `FetchError` for a page that cannot be fetched, and otherwise
    as `extract` does.
    """
    from scraper.io.fetch import fetch  # noqa: PLC0415 - httpx takes 100 ms to import

    page = fetch(url)
    return extract(page.body, url=page.url, content_type=page.content_type, site=site)


def explain(
    page: bytes | str, *, url: str | None = None, content_type: str | None = None, site: "Site | None" = None
) -> tuple[Labelled, ...]:
    """Return every visible block of a page with its label, score and reason: `extract`, stopped one step early."""
    return labelled(read(page, url=url, content_type=content_type), site)


def labelled(document: Document, site: "Site | None" = None) -> tuple[Labelled, ...]:
    """Label the blocks of a segmented page."""
    return _read(document, site)[0].labelled


def explain_text(text: str, *, url: str | None = None) -> tuple[Labelled, ...]:
    """Return every line of flattened text in the same way; one that opens with a bullet comes without it."""
    return _read(read_text(text, url=url))[0].labelled


def article(document: Document, site: "Site | None" = None) -> Article:
    """Label a segmented page and assemble its record; raise `NotAnArticle` for a page that holds none."""
    _, result = outcome(document, site)
    if isinstance(result, NotAnArticle):
        raise result
    return result


def outcome(document: Document, site: "Site | None" = None) -> tuple[tuple[Labelled, ...], Article | NotAnArticle]:
    """Return what `explain` and `extract` return for one segmented page; the error is returned, not raised."""
    reading, profile = _read(document, site)
    claims = read_head(document.head, document.url)
    if reason := refusal(document, reading, claims):
        return reading.labelled, NotAnArticle(reason)
    return reading.labelled, assemble(document, reading, claims, profile)


def _read(document: Document, site: "Site | None" = None) -> tuple[Reading, Profile | None]:
    profile = recognise(document)
    if profile is not None:
        return Reading(label(document, profile)), profile
    from scraper.corrections import correct  # noqa: PLC0415 - as the next line
    from scraper.tagger import read as read_by_model  # noqa: PLC0415 - numpy and the weights are loaded when needed

    return correct(document, read_by_model(document, _index(site))), None


def _index(site: "Site | None") -> "SiteIndex | None":
    if site is None:
        return None
    from scraper.site import Site  # noqa: PLC0415 - with numpy, as the tagger

    if not isinstance(site, Site):
        raise ScraperError(f"site must be a Site or None, not {type(site).__name__}")
    return site.index
