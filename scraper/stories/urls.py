"""URLs: the canonical form of a page's URL, and which links a crawl may follow."""

import posixpath
import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

__all__ = [
    "canonical",
    "dedup_key",
    "host",
    "is_crawlable",
    "on_host",
]

_PORTS = {"http": 80, "https": 443}

# A URL that is canonical already, but for an empty path. Most are, and cost a fiftieth of the others.
_PLAIN = re.compile(r"(https?)://([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)((?:/(?!\.)[\w.~-]+)*/?)", re.ASCII)

# Parameters that state where a visitor came from and never select the page; as `name=value`.
_TRACKING = re.compile(
    r"(?:(?:utm|mtm|matomo|pk|piwik)_\w+|at_(?:medium|campaign|custom\d?|creation|format|network|(?:link|ptr)_\w+)"
    r"|(?:fb|g|d|y|ys|tt|tw|ms)clid|[gw]braid|mc_[ce]id|igsh(?:id)?|_ga|_gl|_hs(?:enc|mi)|_openstat|spm|vero_id|mkt_tok"
    r"|wt_z?mc|xtor|cmpid|(?-i:CMP)|ncid|ftag)(?:=.*)?",
    re.IGNORECASE,
)

# Session parameters. `sid=12` is a story; a session id is long.
_SESSION = re.compile(
    r"(?:phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken)(?:=.*)?|(?:sid|session_?id)=[\w,-]{16,}", re.IGNORECASE
)
_SESSION_PATH = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)

# Paths that no crawl requests, in lower case, decoded, with a slash at the end.
_UNWANTED = re.compile(
    # EmpireCMS keeps its scripts under /e/, or /<folder>/e/ in a sub-folder: they count a view or a like, vote, log in.
    r"^/e/|/e/(?:public|extend|enews|action|member|search|tool|admin|pl|space|update|data)/"
    # Pages for an account or a query.
    r"|/(?:log[-_]?(?:in|on|out|off)|sign[-_]?(?:in|on|up|out|off)|register|registration|search)(?:\.\w+)?/"
    # Files that are no pages.
    r"|\.(?:7z|apk|atom|avif?|bmp|bz2|css|csv|dmg|docx?|eot|epub|exe|flac|flv|gif|gz|ico|iso|jpe?g|m?js|json|m3u8|m4[av]"
    r"|map|mov|mp[34]|mpe?g|msi|od[st]|og[gv]|otf|pdf|png|pptx?|rar|rss|rtf|svg|swf|tar|tgz|tiff?|ttf|txt|wav|web[mp]|wm[av]"
    r"|woff2?|xlsx?|xml|xz|zip)/$"
)

# Consecutive pages repeat most links.
_cached = lru_cache(8192)

# Template tags that were never filled in.
_LEFTOVERS = ("[!--", "--]", "{{", "<%")

_LONGEST_PATH = 100  # segments
_CYCLE = re.compile(r"/((?:[^/]+/){1,32}?)\1\1")


@_cached
def host(url: str) -> str:
    """Return the host and port of a URL, without the scheme's default port; raise `ValueError`."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return name if parts.port in (None, _PORTS.get(parts.scheme)) else f"{name}:{parts.port}"


@_cached
def canonical(url: str, scheme: str | None = None) -> str:
    """Return the URL to request, with another scheme if one is passed; raise `ValueError`.

    It has no fragment, tracking parameter, session id, default port or user name. The rest of the query stays
    unchanged, since servers interpret `?news-12.html` and `?b=1&a=2` in their own ways.
    """
    if plain := _PLAIN.fullmatch(url):
        return f"{scheme or plain[1]}://{plain[2]}{plain[3] or '/'}"
    parts = urlsplit(safe_url_string(url.strip()))
    pairs = (pair for pair in parts.query.split("&") if not (_TRACKING.fullmatch(pair) or _SESSION.fullmatch(pair)))
    path_without_session = _SESSION_PATH.sub("", parts.path)
    path = urlsplit(canonicalize_url(urlunsplit(parts._replace(path=path_without_session, query="")))).path
    return urlunsplit((scheme or parts.scheme, host(urlunsplit(parts)), path or "/", "&".join(pairs), ""))


@_cached
def dedup_key(url: str) -> str:
    """Return the key that all URLs of a page share, independent of scheme and parameter order."""
    url = canonical(url)
    return (url if _PLAIN.fullmatch(url) else canonicalize_url(url)).partition("://")[2]


@_cached
def is_crawlable(url: str, rel: str, own: str) -> bool:
    """Return whether a link leads to a page of the host `own` that a crawl may request without side effects there."""
    if not on_host(url, own) or "nofollow" in rel.lower().split():
        return False
    path = unquote(urlsplit(canonical(url)).path).lower()
    path = posixpath.normpath("/" + path.lstrip("/"))  # decoding may add dots and slashes
    if _UNWANTED.search(f"{path}/") or any(leftover in unquote(url) for leftover in _LEFTOVERS):
        return False
    return not _is_cyclic(path.split("/"))


def _is_cyclic(segments: list[str]) -> bool:
    """Return whether a path repeats itself, as relative links resolved again and again do: /a/b/a/b/a/b/.

    A word may occur three times, but no sequence of segments three times in a row. Numbers may: /11/11/11/ is a day.
    """
    if len(segments) > _LONGEST_PATH:
        return True
    words = [segment for segment in segments if segment and not segment.isdigit()]
    most = max(map(words.count, set(words)), default=0)
    return most > 3 or (most == 3 and bool(_CYCLE.search("/".join(["", *segments, ""]))))


def on_host(url: str, own: str) -> bool:
    """Return whether a URL is well-formed and on the host `own`, including the port."""
    try:
        return urlsplit(url).scheme in _PORTS and host(canonical(url)) == own
    except ValueError:
        return False
