"""The record of an article, as a frozen value and as one line of JSON.

The names are those of schema.org's NewsArticle in snake_case. Every string in a record is valid Unicode: a pair of
surrogates is joined and a lone one becomes U+FFFD when the record is created, so that any record can be written.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NoReturn, Self

import msgspec

from scraper import markdown
from scraper.errors import RecordError

__all__ = [
    "PAGE_FIELDS",
    "SCHEMA_VERSION",
    "SIDEBAR_KINDS",
    "Article",
    "BodyType",
    "Dateline",
    "Extraction",
    "Image",
    "Link",
    "Sidebar",
    "json_schema",
    "one_line",
    "valid_text",
]

SCHEMA_VERSION = 1.1
"""Major and minor version: a new field raises the minor digit; a changed or removed field the major."""
BodyType = Literal["paragraph", "standfirst", "heading", "list_item", "quote", "table_row", "code"]
SIDEBAR_KINDS = ("related", "ranking", "recommendation")
"""The kinds of sidebar lists that every record has, possibly empty."""

_OLDEST = int(SCHEMA_VERSION)
_ADDED = {"added": True}  # marks fields that the crawl or the library fills, not the page
_REPR = 60  # characters of a headline shown in its repr
_SURROGATE = re.compile("[\ud800-\udfff]")
# Readers that split lines as Unicode does, not as JSON Lines does, break at these; JSON may escape them in a string.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029]")


def valid_text(text: str) -> str:
    """Return valid Unicode: a pair of surrogates is joined, and a lone one becomes U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def one_line(text: str) -> str:
    """Return JSON on one line with the characters escaped that some readers take for line breaks."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _shortened(text: str) -> str:
    return text if len(text) <= _REPR else f"{text[: _REPR - 1]}…"


class Link(msgspec.Struct, frozen=True, gc=False):
    """A link to another story in a list beside the article."""

    text: str
    """As shown on the page; it may be truncated."""
    url: str | None = None
    """Absolute if the URL of the page is known; None in flattened text."""


def _valid_links(links: Iterable[Link]) -> tuple[Link, ...]:
    links = tuple(links)
    joined = "".join([f"{link.text}{link.url}" for link in links])  # one check for all, as a page has a hundred
    if joined.isascii() or not _SURROGATE.search(joined):
        return links
    return tuple(Link(valid_text(link.text), link.url and valid_text(link.url)) for link in links)


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    """An image of the story."""

    url: str
    """Absolute if the URL of the page is known."""
    caption: str | None = None
    """The caption on the page, without the credit."""
    credit: str | None = None
    """The photographer or owner as written: "Lou Pratt", "AP Photo/Lou Pratt"."""

    def __post_init__(self) -> None:
        for name in ("url", "caption", "credit"):
            value = getattr(self, name)
            object.__setattr__(self, name, value and valid_text(value))


@dataclasses.dataclass(frozen=True, slots=True)
class Dateline:
    """The place and agency that open the first paragraph of a story."""

    raw: str
    """Verbatim, with dash and spaces: `raw + body[0]` is the paragraph as published."""
    place: str | None = None
    """"SEOUL, South Korea" as written; None if there is only an agency."""
    agency: str | None = None
    """"AP", "Reuters", as written, without brackets."""
    paragraph: int = 0
    """The index in `body` of the paragraph that it opens: 0, unless a standfirst comes first."""

    def __post_init__(self) -> None:
        for name in ("raw", "place", "agency"):
            value = getattr(self, name)
            object.__setattr__(self, name, value and valid_text(value))


@dataclasses.dataclass(frozen=True, slots=True)
class Extraction:
    """How the record was extracted."""

    profile: str = "generic"
    """The name of the template that was used."""
    confidence: float = 0.0
    """The confidence, 0 to 1, that this is an article and its parts are right."""
    warnings: tuple[str, ...] = ()
    """Names such as "injected_keyword", "truncated", "paywalled"."""
    version: str = ""
    """The version of this library."""


class Sidebar(dict[str, tuple[Link, ...]]):
    """A frozen dict from list kinds to links in page order; it always has `related`, `ranking`, `recommendation`."""

    def __init__(self, lists: Mapping[str, Iterable[Link]] | Iterable[tuple[str, Iterable[Link]]] = ()) -> None:
        links = dict(lists)
        super().__init__({kind: _valid_links(links.get(kind, ())) for kind in (*SIDEBAR_KINDS, *links)})

    def _frozen(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a sidebar is frozen: create a new one")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _frozen

    def __repr__(self) -> str:
        return f"<Sidebar {', '.join(f'{kind}={len(links)}' for kind, links in self.items())}>"

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, tuple[Link, ...]]]]:
        return type(self), (dict(self),)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Article:
    """A news article, split into its parts. All fields but `headline` may be missing on a page."""

    headline: str
    """Without the site's name, a breadcrumb or an injected keyword."""
    url: str | None = None
    """The URL of the final response."""
    canonical_url: str | None = None
    """The canonical URL that the page declares."""
    site_name: str | None = None
    section: str | None = None
    description: str | None = None
    """The summary that the page declares."""
    dateline: Dateline | None = None
    date_published: datetime | None = None
    """With a time zone only if the page states one."""
    date_published_raw: str | None = None
    """As written on the page."""
    date_modified: datetime | None = None
    authors: tuple[str, ...] = ()
    """People, or a brand named as author, as the site states; no agencies, no sections."""
    body: tuple[str, ...] = ()
    """Entries in order, the first without its dateline: paragraphs, subheadings, list items, quotes, rows of tables."""
    body_types: tuple[BodyType, ...] = ()
    """The type of each entry of `body`; paragraphs by default."""
    sidebar: Sidebar = dataclasses.field(default_factory=Sidebar)
    """The lists of other stories beside the article, by kind."""
    like_count: int | None = None
    view_count: int | None = None
    image: str | None = None
    """The URL of the lead image."""
    images: tuple[Image, ...] = ()
    """All images of the story, lead image first."""
    language: str | None = None
    """A BCP 47 tag, as the page declares it."""
    keywords: tuple[str, ...] = ()
    extraction: Extraction = dataclasses.field(default_factory=Extraction, metadata=_ADDED)
    id: str | None = dataclasses.field(default=None, metadata=_ADDED)
    """In a crawl's records: stable for the same story at the same address."""
    fetched_at: datetime | None = dataclasses.field(default=None, metadata=_ADDED)
    """In a crawl's records: when the page was fetched, in UTC."""
    duplicate_of: str | None = dataclasses.field(default=None, metadata=_ADDED)
    """In a crawl's records: the `id` of the story in the same crawl of which this one is a near copy."""
    replaces: str | None = dataclasses.field(default=None, metadata=_ADDED)
    """In a crawl's records: the `id` of the earlier record that this one replaces, as the story has changed."""
    schema_version: float = dataclasses.field(default=SCHEMA_VERSION, metadata=_ADDED)

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None:
                put(self, name, valid_text(value))
        for name in _TEXT_LISTS:
            put(self, name, tuple(map(valid_text, getattr(self, name))))
        put(self, "body_types", tuple(self.body_types) or ("paragraph",) * len(self.body))
        put(self, "images", tuple(self.images))
        if len(self.body_types) != len(self.body):
            raise ValueError(f"{len(self.body_types)} body_types for a body of {len(self.body)} entries")
        if not isinstance(self.sidebar, Sidebar):
            put(self, "sidebar", Sidebar(self.sidebar))

    def __repr__(self) -> str:
        day = f", {self.date_published:%Y-%m-%d}" if self.date_published else ""
        return f"<Article {_shortened(self.headline)!r}{day}, {len(self.body)} entries>"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The entries of the body as published, including the dateline."""
        opening = self.dateline
        if opening is None:
            return self.body
        return tuple(opening.raw + text if i == opening.paragraph else text for i, text in enumerate(self.body))

    @property
    def text(self) -> str:
        """The body including the dateline, one paragraph per line."""
        return "\n".join(self.paragraphs)

    def to_markdown(self) -> str:
        """Return headline and body as Markdown: headings, lists, quotes, code and tables as such."""
        return markdown.render(self.headline, zip(self.paragraphs, self.body_types, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dicts, lists, strings and numbers; dates in ISO 8601."""
        plain: dict[str, Any] = msgspec.json.decode(self._encoded())
        return plain

    def to_json(self) -> str:
        """Return one line of JSON without any kind of line break."""
        return one_line(self._encoded().decode())

    def _encoded(self) -> bytes:
        return msgspec.json.encode(self, enc_hook=dict)

    @classmethod
    def from_json(cls, line: str | bytes) -> "Article":
        """Parse the output of `to_json`; raise `RecordError` for anything else."""
        try:
            value = json.loads(line)
        except (ValueError, TypeError, RecursionError) as error:
            raise RecordError(1, f"no record: {error}") from error
        return cls.from_dict(value)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Article":
        """Convert the output of `to_dict`; raise `RecordError` for anything else."""
        try:
            return _decoded(value)
        except RecordError:
            raise
        except (ValueError, TypeError, RecursionError, msgspec.ValidationError) as error:
            raise RecordError(1, f"no record: {error}") from error

    def to_schema_org(self) -> dict[str, Any]:
        """Return the JSON-LD of a schema.org NewsArticle, without empty properties."""
        pairs = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": self.headline,
            "description": self.description,
            "url": self.canonical_url or self.url,
            "articleSection": self.section,
            "dateline": self.dateline and self.dateline.place,
            "datePublished": self.date_published and self.date_published.isoformat(),
            "dateModified": self.date_modified and self.date_modified.isoformat(),
            "author": [{"@type": "Person", "name": name} for name in self.authors],
            "publisher": self.site_name and {"@type": "Organization", "name": self.site_name},
            "articleBody": self.text,
            "image": [_image_object(image) for image in self.images] or self.image,
            "inLanguage": self.language,
            "keywords": list(self.keywords),
        }
        return {key: value for key, value in pairs.items() if value}


def _image_object(image: Image) -> dict[str, str]:
    pairs = {"@type": "ImageObject", "url": image.url, "caption": image.caption, "creditText": image.credit}
    return {key: value for key, value in pairs.items() if value}


PAGE_FIELDS = tuple(field.name for field in dataclasses.fields(Article) if field.metadata != _ADDED)
"""The fields whose values come from the page."""
_LISTS = dict[str, tuple[Link, ...]]
_TEXTS = tuple(field.name for field in dataclasses.fields(Article) if field.type in (str, str | None))
_TEXT_LISTS = tuple(field.name for field in dataclasses.fields(Article) if field.type == tuple[str, ...])


def _decoded(value: Any) -> Article:
    if not isinstance(value, dict) or "headline" not in value or "schema_version" not in value:
        raise RecordError(1, "foreign: no headline and schema_version")
    version = value["schema_version"]
    if not (isinstance(version, (int, float)) and _OLDEST <= version <= SCHEMA_VERSION):
        raise RecordError(1, f"schema_version {version!r}, this library reads {_OLDEST} to {SCHEMA_VERSION}")
    return msgspec.convert({**value, "schema_version": SCHEMA_VERSION}, Article, dec_hook=_sidebar)


def _sidebar(kind: type, value: Any) -> Any:
    return kind(msgspec.convert(value, _LISTS))


def json_schema() -> str:
    """Return the JSON Schema of a record as text, from the file in the package."""
    import importlib.resources  # noqa: PLC0415 - takes 10 ms and is rarely needed

    return importlib.resources.files("scraper").joinpath("article.schema.json").read_text("utf-8")
