"""What a page declares of itself, read: JSON-LD, OpenGraph, meta tags and microdata, each field by a stated order.

Declarations are claims. JSON-LD comes first since it is typed; then OpenGraph, then the older meta names. A broken
JSON-LD script costs only itself.
"""

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from scraper.block import Claims, Head

__all__ = ["read_head"]

_ARTICLE = re.compile(r"(?:Article|BlogPosting|Posting|Report|Review|Recipe|Analysis|Opinion)$")
_PAGE = re.compile(r"(?:Page|CreativeWork)$")
_COMMA = re.compile(r",(\s*[}\]])")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$", re.DOTALL
)
_MAX_JSON = 2 * 2**20

_PUBLISHED = (
    "article:published_time og:article:published_time datepublished article:published publishdate pubdate"
    " date.published article.published parsely-pub-date sailthru.date dc.date.issued dcterms.created dc.date dc.created"
    " dcterms.date datecreated published-date publisheddate"
    " cxenseparse:recs:publishtime publish-date article_date_original"
    " publication_date date published published_time published-time"
).split()
_MODIFIED = "article:modified_time og:updated_time datemodified lastmod last-modified dcterms.modified".split()
_AUTHOR = "author article:author_name parsely-author sailthru.author dc.creator dcterms.creator byl byline".split()
_SECTION = "article:section section articlesection parsely-section category".split()
_TITLE = "og:title twitter:title dc.title headline parsely-title".split()
_IMAGE = "og:image og:image:url twitter:image twitter:image:src thumbnailurl".split()
_KEYWORDS = "news_keywords keywords article:tag parsely-tags".split()
_LANGUAGE = "content-language dc.language inlanguage language og:locale".split()


def read_head(head: Head) -> Claims:
    """Read all declarations; nothing in them can raise."""
    nodes = [node for script in head.json_ld for node in _nodes(_loads(script))]
    story = next((node for node in nodes if _ARTICLE.search(_kind(node))), {})
    about = story or next((node for node in nodes if _PAGE.search(_kind(node)) and "datePublished" in node), {})
    named = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node}
    meta = head.meta
    return Claims(
        headline=_text(story.get("headline")) or _first(meta, _TITLE),
        description=_first(meta, ["og:description", "description"]) or _text(story.get("description")),
        text=_text(story.get("articleBody")),
        authors=_people(about.get("author"), named)
        or _people(about.get("creator"), named)
        or _people(_first(meta, _AUTHOR), named),
        published=_all(_text(about.get("datePublished")), meta, _PUBLISHED),
        modified=_all(_text(about.get("dateModified")), meta, _MODIFIED),
        site_name=_first(meta, ["og:site_name", "application-name"]) or _name(story.get("publisher")),
        section=_section(story) or _first(meta, _SECTION),
        image=_image(story.get("image")) or _first(meta, _IMAGE),
        language=_language(head, story),
        keywords=_keywords(story.get("keywords")) or _keywords(_first(meta, _KEYWORDS)),
        kind=_kind(story) or meta.get("og:type"),
        free=_free(story),
    )


# ---------------------------------------------------------------- JSON-LD


def _loads(script: str) -> Any:
    """Parse tolerantly: comment and CDATA wrappings, raw control characters, commas before a closing bracket."""
    if len(script) > _MAX_JSON:
        return None
    for mend in _MENDS:
        try:
            return json.loads(mend(script), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _mended(script: str) -> str:
    return _COMMA.sub(r"\1", _WRAPPING.sub("", script))


def _unescaped(script: str) -> str:
    return html.unescape(_mended(script))


_MENDS: tuple[Callable[[str], str], ...] = (str, _mended, _unescaped)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Give every typed object, those of `@graph` and `mainEntity` among them, in page order."""
    waiting = [value]
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, list):
            waiting = current[:200] + waiting
        elif isinstance(current, dict):
            if "@type" in current:
                yield current
            waiting = [current[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in current] + waiting


def _kind(node: dict[str, Any]) -> str:
    kinds = node.get("@type") or ""
    names = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if isinstance(kind, str)]
    return next((name for name in names if _ARTICLE.search(name)), names[0] if names else "")


def _text(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str):
        return None
    return " ".join(html.unescape(value).split()) or None


def _name(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _people(value: Any, named: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """Names as declared, still unsplit: a list, an object with a name, a reference to one, or a string."""
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(name for each in values[:50] if (name := _name(each) or _name(_referred(each, named)))))


def _referred(value: Any, named: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    key = value.get("@id") if isinstance(value, dict) else None
    return named.get(key) if isinstance(key, str) else None


def _section(story: dict[str, Any]) -> str | None:
    return _text(story.get("articleSection"))


def _image(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return _text(value.get("url")) if isinstance(value, dict) else _text(value)


def _free(story: dict[str, Any]) -> bool | None:
    value = story.get("isAccessibleForFree")
    return {"true": True, "false": False}.get(str(value).lower())


# ---------------------------------------------------------------- meta tags


def _first(meta: dict[str, str], names: list[str]) -> str | None:
    for name in names:
        if text := meta.get(name):
            return " ".join(html.unescape(text).split()) or None
    return None


def _all(first: str | None, meta: dict[str, str], names: list[str]) -> tuple[str, ...]:
    found = [first] if first else []
    return tuple(found + [meta[name] for name in names if name in meta])


def _keywords(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else re.split(r"[,;，、]", value) if isinstance(value, str) else []
    words = (" ".join(word.split()) for word in values if isinstance(word, str))
    return tuple(dict.fromkeys(word for word in words if word))


def _language(head: Head, story: dict[str, Any]) -> str | None:
    """Give a BCP 47 tag, of its usual case: "en", "en-US", "zh-Hans"."""
    found = head.language or _text(story.get("inLanguage")) or _first(head.meta, _LANGUAGE) or ""
    parts = re.split(r"[-_]", found.split(",")[0].strip())
    if not re.fullmatch(r"[A-Za-z]{2,3}", parts[0]):
        return None
    cased = {2: str.upper, 4: str.title}
    rest = [cased.get(len(part), str.lower)(part) for part in parts[1:] if re.fullmatch(r"[A-Za-z0-9]{2,8}", part)]
    return "-".join([parts[0].lower(), *rest])
