"""The declarations of a page: JSON-LD, OpenGraph, meta tags and microdata, in a fixed order for each field.

JSON-LD comes first since it is typed, then OpenGraph, then the older meta names. If JSON-LD has several stories, the
one of this page is read. Broken scripts are read as far as possible, values of any type are accepted, and values beyond
the limits below are cut.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from scraper.block import Claims, Head
from scraper.segment.lenient_json import load_all, unescape

__all__ = ["MAX_ITEMS", "MAX_LINE", "MAX_NODES", "MAX_TEXT", "read_head"]

MAX_LINE = 1_000
"""Characters of a declared headline, name, date, section, keyword or URL."""
MAX_TEXT = 2**20
"""Characters of a declared text: the description, the whole story."""
MAX_ITEMS = 200
"""Entries of a declared list: authors, keywords, the nodes of a graph."""
MAX_NODES = 2_000
"""Objects in all JSON-LD scripts of a page; further ones are ignored."""

_Node = dict[str, Any]
_ARTICLE = re.compile(r"(?:Article|BlogPosting|Posting|Report|Review|Recipe|Analysis|Opinion)$")
_PAGE = re.compile(r"(?:Page|CreativeWork)$")
_BRAND = re.compile(r"(?:Organi[sz]ation|Brand|Corporation|Company|WebSite|Periodical|Business)$")
_WRITTEN = re.compile(
    r"writ|author|verfass|geschr|[ée]cri|scri[tv]|a[uv]t[oeh]|skrev|napis|yaz|автор|作者|作成", re.IGNORECASE
)
_HANDLE = re.compile(r"@?[\w.-]*[\d._][\w.-]*", re.ASCII)
_WORDS = re.compile(r"\w+")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_SHORT = 15

_PUBLISHED = (
    "article:published_time og:article:published_time datepublished article:published publishdate pubdate"
    " date.published article.published parsely-pub-date sailthru.date dc.date.issued dcterms.created dc.date dc.created"
    " dcterms.date datecreated published-date publisheddate"
    " cxenseparse:recs:publishtime publish-date article_date_original"
    " publication_date date published published_time published-time og:published_time og:publish_date publish_date"
    " published_at pub_date publicationdate article:publicationdate cxenseparse:publishtime"
    " shareaholic:article_published_time date.created dc.date.created citation_publication_date citation_date"
).split()
_MODIFIED = "article:modified_time og:updated_time datemodified lastmod last-modified dcterms.modified".split()
_AUTHOR = (
    "author authors article:author_name parsely-author sailthru.author dc.creator dcterms.creator byl byline"
    " article:author og:author og:article:author creator itemprop:author dc:creator cxenseparse:author"
    " sailthru.byline_name shareaholic:article_author_name articleauthor"
).split()
_SECTION = "article:section section articlesection parsely-section category".split()
_TITLE = "og:title twitter:title dc.title headline parsely-title".split()
_IMAGE = "og:image og:image:url twitter:image twitter:image:src thumbnailurl".split()
_KEYWORDS = "news_keywords keywords article:tag parsely-tags".split()
_LANGUAGE = "content-language dc.language inlanguage language og:locale".split()


def read_head(head: Head, url: str | None = None) -> Claims:
    """Read all declarations of the page at a URL; never raises."""
    nodes = _nodes(head.json_ld)
    story = _story(head, url, [node for node in nodes if _ARTICLE.search(_kind(node))])
    about = story or next((node for node in nodes if _PAGE.search(_kind(node)) and "datePublished" in node), {})
    meta = head.meta
    headline = _text(story.get("headline")) or _first(meta, _TITLE)
    authors, brands = _authors(about, nodes)
    return Claims(
        headline=headline,
        description=_first(meta, ["og:description", "description"], MAX_TEXT)
        or _text(story.get("description"), MAX_TEXT),
        text=_lines(story.get("articleBody")),
        authors=authors or _meta_authors(meta),
        brands=brands,
        published=_all(_text(about.get("datePublished")), meta, _PUBLISHED),
        modified=_all(_text(about.get("dateModified")), meta, _MODIFIED),
        site_name=_site_name(meta, story, nodes, headline),
        section=_text(story.get("articleSection")) or _first(meta, _SECTION),
        image=_image(story.get("image")) or _first(meta, _IMAGE),
        language=_language(head, story),
        keywords=_keywords(story.get("keywords")) or _keywords(_first(meta, _KEYWORDS, MAX_TEXT)),
        kind=_kind(story) or _first(meta, ["og:type"]),
        free=_free(story),
    )


# ---------------------------------------------------------------- JSON-LD


def _nodes(scripts: Iterable[str]) -> list[_Node]:
    """Return all typed objects in page order, including those in `@graph` and `mainEntity`."""
    typed: list[_Node] = []
    waiting = [value for script in scripts for value in load_all(script)][::-1]
    count = 0
    while waiting and count < MAX_NODES:
        current = waiting.pop()
        count += 1
        if isinstance(current, list):
            waiting += current[MAX_ITEMS - 1 :: -1]
        elif isinstance(current, dict):
            if "@type" in current:
                typed.append(current)
            waiting += [current[key] for key in ("mainEntityOfPage", "mainEntity", "@graph") if key in current]
    return typed


def _kind(node: _Node) -> str:
    kinds = node.get("@type")
    names = [kind for kind in (kinds if isinstance(kinds, list) else [kinds])[:MAX_ITEMS] if isinstance(kind, str)]
    return next((name for name in names if _ARTICLE.search(name[-MAX_LINE:])), names[0] if names else "")[-MAX_LINE:]


def _story(head: Head, url: str | None, stories: list[_Node]) -> _Node:
    """Return the story of this page by URL or headline, merged with its duplicates; else the first story."""
    addresses = {_address(address) for address in (url, head.canonical, head.meta.get("og:url")) if address} - {""}
    titles = [_plain(title) for title in (head.title, head.meta.get("og:title")) if title]
    matches = [(_is_at(node, addresses), _is_titled(node, titles)) for node in stories]
    best = max(matches, default=(False, False))
    matching = [node for node, signs in zip(stories, matches, strict=True) if signs == best]
    if not any(best):
        return next((node for node in matching if _text(node.get("headline"))), matching[0] if matching else {})
    return {key: value for node in reversed(matching) for key, value in node.items() if value not in _EMPTY}


def _is_at(node: _Node, addresses: set[str]) -> bool:
    page = node.get("mainEntityOfPage")
    named = [node.get("url"), node.get("@id"), page, *(map(page.get, ("@id", "url")) if isinstance(page, dict) else ())]
    return any(isinstance(address, str) and _address(address) in addresses for address in named)


def _is_titled(node: _Node, titles: list[str]) -> bool:
    headline = _plain(_text(node.get("headline")) or "")
    return any(headline == title or (len(headline) > _SHORT and headline in title) for title in titles if headline)


def _address(url: str) -> str:
    """Return the host, path and query of a URL; empty for a home page, which any story may declare."""
    try:
        parts = urlsplit(url[:MAX_LINE].strip())
    except ValueError:
        return ""
    path = unquote(parts.path).strip("/")
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}/{path}?{parts.query}" if path or parts.query else ""


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(unescape(text[:MAX_LINE]).lower()))


def _text(value: Any, limit: int = MAX_LINE) -> str | None:
    """Return the text of a value of any type: of a list the first entry, of an object its `@value`."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str):
        return None
    return " ".join(unescape(value[:limit]).split()) or None


def _lines(value: Any) -> str | None:
    """Return a declared story with one paragraph a line."""
    parts = [value] if isinstance(value, str) else value[:MAX_ITEMS] if isinstance(value, list) else []
    text = "\n".join(part for part in parts if isinstance(part, str))[:MAX_TEXT]
    return "\n".join(filter(None, (" ".join(line.split()) for line in unescape(text).splitlines()))) or None


def _authors(about: _Node, nodes: list[_Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the declared authors, not yet split, and those that are declared as organisations."""
    by_id = _by_id(nodes)
    for role in ("author", "creator"):
        pairs = list(_named(about.get(role), by_id))
        if pairs:
            names = dict.fromkeys(name for name, _ in pairs)
            return tuple(names), tuple(dict.fromkeys(name for name, is_brand in pairs if is_brand))
    return (), ()


def _by_id(nodes: list[_Node]) -> dict[str, _Node]:
    return {key: node for node in nodes if isinstance(key := node.get("@id"), str)}


def _named(value: Any, by_id: dict[str, _Node]) -> Iterator[tuple[str, bool]]:
    """Yield the names in nested lists and objects, and whether each is declared as an organisation."""
    waiting: list[tuple[Any, bool]] = [(value, False)]
    for _ in range(MAX_ITEMS):
        if not waiting:
            return
        current, is_brand = waiting.pop()
        if isinstance(current, list):
            waiting += [(item, is_brand) for item in current[MAX_ITEMS - 1 :: -1]]
        elif isinstance(current, dict):
            waiting.append((_name_of(current, by_id), is_brand or bool(_BRAND.search(_kind(current)))))
        elif name := _text(current):
            yield name, is_brand


def _name_of(node: _Node, by_id: dict[str, _Node]) -> Any:
    """Return the name of a person or organisation, its joined parts, or the node that it refers to."""
    parts = [text for key in ("givenName", "additionalName", "familyName") if (text := _text(node.get(key)))]
    if name := node.get("name") or node.get("@value") or " ".join(parts):
        return name
    key = node.get("@id")
    referenced = by_id.get(key) if isinstance(key, str) else None
    return referenced if referenced is not None and (referenced is not node and "name" in referenced) else None


def _site_name(meta: dict[str, str], story: _Node, nodes: list[_Node], headline: str | None) -> str | None:
    """Return the site's name; a name that contains the headline is ignored."""
    by_id = _by_id(nodes)
    publisher = next((name for name, _ in _named(story.get("publisher"), by_id)), None)
    site = next((name for node in nodes if _kind(node) == "WebSite" and (name := _text(node.get("name")))), None)
    candidates = (_first(meta, ["og:site_name"]), _first(meta, ["application-name"]), publisher, site)
    named = _plain(headline or "")
    return next((name for name in candidates if name and not (named and named in _plain(name))), None)


def _image(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return _text(value.get("url")) if isinstance(value, dict) else _text(value)


def _free(story: _Node) -> bool | None:
    value = story.get("isAccessibleForFree")
    word = str(value).lower() if isinstance(value, (str, bool)) else ""
    return {"true": True, "false": False}.get(word[-5:].strip("/#"))


# ---------------------------------------------------------------- meta tags


def _first(meta: dict[str, str], names: Iterable[str], limit: int = MAX_LINE) -> str | None:
    return next((text for name in names if (text := _text(meta.get(name), limit))), None)


def _all(first: str | None, meta: dict[str, str], names: list[str]) -> tuple[str, ...]:
    dates = [first] if first else []
    return tuple(dates + [meta[name][:MAX_LINE] for name in names if name in meta])


def _meta_authors(meta: dict[str, str]) -> tuple[str, ...]:
    """Return the first declared author; OpenGraph properties may hold a URL or a handle instead of a name."""
    cards = [
        f"twitter:data{number}" for number in "12" if _WRITTEN.search(meta.get(f"twitter:label{number}", "")[:MAX_LINE])
    ]
    for place in (*_AUTHOR, *cards):
        name = _first(meta, [place])
        if name and "://" not in name and not (":" in place and _HANDLE.fullmatch(name)):
            return (name,)
    return ()


def _keywords(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else re.split(r"[,;，、]", value) if isinstance(value, str) else []
    words = (" ".join(word[:MAX_LINE].split()) for word in values[:MAX_ITEMS] if isinstance(word, str))
    return tuple(dict.fromkeys(word for word in words if word))


def _language(head: Head, story: dict[str, Any]) -> str | None:
    """Return a BCP 47 tag in its usual case: "en", "en-US", "zh-Hans"."""
    tag = (head.language or "")[:MAX_LINE] or _text(story.get("inLanguage")) or _first(head.meta, _LANGUAGE) or ""
    parts = re.split(r"[-_]", tag.split(",")[0].strip())
    if not re.fullmatch(r"[A-Za-z]{2,3}", parts[0]):
        return None
    cased = {2: str.upper, 4: str.title}
    rest = [cased.get(len(part), str.lower)(part) for part in parts[1:] if re.fullmatch(r"[A-Za-z0-9]{2,8}", part)]
    return "-".join([parts[0].lower(), *rest])
