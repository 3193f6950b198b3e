"""Requests as JSON, and their fingerprints."""

import hashlib
from collections.abc import Collection
from typing import Any

import msgspec
from scrapy import Request, Spider

from scraper.stories.urls import dedup_key

__all__ = [
    "DUE",
    "META",
    "NEWEST",
    "SINCE",
    "RequestFingerprinter",
    "StoredError",
    "checked_meta",
    "dump",
    "load",
    "load_arguments",
]

META = "frontier"
"""The key of `Request.meta` under which a request in flight, and those it leads to, carry its key in the store."""
DUE = "due"
"""The key of `Request.meta` for the time (seconds since the epoch) before which the next attempt is not made."""
NEWEST = "newest"
"""The key of `Request.meta` for the date of a page (seconds since the epoch), which orders equal priorities."""
SINCE = "since"
"""The key of `Request.meta` for the time of a change (seconds since the epoch): a page seen before is fetched again."""


class RequestFingerprinter:
    """Identifies a request by method, URL without tracking parameters, and body."""

    def fingerprint(self, request: Request) -> bytes:
        """Return the fingerprint of a request: 20 bytes."""
        try:
            url = dedup_key(request.url)
        except ValueError:
            url = request.url
        identity = b"\0".join((request.method.encode(), url.encode(), request.body))
        return hashlib.sha1(identity, usedforsecurity=False).digest()


class _Stored(msgspec.Struct, omit_defaults=True):
    url: str
    callback: str | None = None
    errback: str | None = None
    method: str = "GET"
    headers: dict[str, list[str]] = {}
    body: bytes = b""
    cookies: Any = None
    meta: dict[str, Any] = {}
    cb_kwargs: dict[str, Any] = {}
    encoding: str = "utf-8"
    priority: int = 0
    dont_filter: bool = False
    flags: list[str] = []


class StoredError(ValueError):
    """Stored data is not a request of the spider."""


class Meta(msgspec.Struct, forbid_unknown_fields=True):
    """All keys that `Request.meta` may have in a request of a portal's spider, after retries and redirects."""

    own_host: str
    home: bool = False
    if_missing: str = ""
    newest: float = 0.0
    since: float = 0.0
    due: float = 0.0
    depth: int = 0
    frontier: str = ""
    fetched_at: str = ""
    is_start_request: bool = False
    retry_times: int = 0
    redirect_times: int = 0
    redirect_ttl: int = 0
    redirect_urls: list[str] = []
    redirect_reasons: list[int | str] = []
    download_timeout: float = 0.0
    download_slot: str = ""
    download_latency: float = 0.0
    autothrottle_dont_adjust_delay: bool = False


_ALLOWED_HEADERS = frozenset(
    (
        b"Referer",
        b"Accept",
        b"Accept-Language",
        b"Accept-Encoding",
        b"User-Agent",
        b"If-None-Match",
        b"If-Modified-Since",
    )
)
_SHARED_CALLBACKS = frozenset(("parse",))

_decode = msgspec.json.Decoder(_Stored).decode


def dump(request: Request) -> bytes:
    """Return a request as JSON.

    Raise `TypeError` for values without a JSON form, `ValueError` for a callback that is not a method of a spider.
    """
    headers = {
        name.decode("latin-1"): [value.decode("latin-1") for value in values]
        for name, values in request.headers.items()
    }
    stored = _Stored(
        url=request.url,
        callback=_name(request.callback),
        errback=_name(request.errback),
        method=request.method,
        headers=headers,
        body=request.body,
        cookies=request.cookies or None,
        meta=request.meta,
        cb_kwargs=request.cb_kwargs,
        encoding=request.encoding,
        priority=request.priority,
        dont_filter=request.dont_filter,
        flags=list(request.flags),
    )
    return msgspec.json.encode(stored)


def checked_meta(request: Request, extra_keys: Collection[str] = ()) -> Meta:
    """Return the meta of a plain GET request without `extra_keys`; raise `StoredError` for any other request.

    Other programs may write to a shared store. A method, a cookie, a header or a key of the meta might log in, vote,
    choose a proxy or bypass robots.txt.
    """
    if request.method != "GET" or request.body or request.cookies or request.headers.keys() - _ALLOWED_HEADERS:
        raise StoredError("not a plain GET request")
    try:
        return msgspec.convert({key: value for key, value in request.meta.items() if key not in extra_keys}, Meta)
    except msgspec.ValidationError as error:
        raise StoredError(str(error)) from error


def load_arguments(data: bytes) -> dict[str, Any]:
    """Return the keyword arguments of a stored request's callback; raise `StoredError` for invalid data."""
    try:
        return _decode(data).cb_kwargs
    except msgspec.MsgspecError as error:
        raise StoredError(str(error)) from error


def load(data: bytes, spider: Spider) -> Request:
    """Return a stored request; raise `StoredError` for data that `dump` cannot have written for this spider."""
    try:
        return _loaded(_decode(data), spider)
    except (msgspec.MsgspecError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise StoredError(str(error)) from error


def _loaded(stored: _Stored, spider: Spider) -> Request:
    return Request(
        stored.url,
        callback=_method(spider, stored.callback),
        errback=_method(spider, stored.errback),
        method=stored.method,
        headers={name: [value.encode("latin-1") for value in values] for name, values in stored.headers.items()},
        body=stored.body,
        cookies=stored.cookies,
        meta=stored.meta,
        cb_kwargs=stored.cb_kwargs,
        encoding=stored.encoding,
        priority=stored.priority,
        dont_filter=stored.dont_filter,
        flags=stored.flags,
    )


def _method(spider: Spider, name: str | None) -> Any:
    """Return a method of the spider's own: of those that all spiders have, only `parse` is a callback."""
    if name is None:
        return None
    is_own = name in _SHARED_CALLBACKS or not (name.startswith("__") or hasattr(Spider, name))
    if not is_own or not callable(getattr(spider, name)):
        raise ValueError(f"{name!r} is not a callback of the spider")
    return getattr(spider, name)


def _name(callback: Any) -> str | None:
    if callback is None:
        return None
    if not isinstance(getattr(callback, "__self__", None), Spider):
        raise ValueError(f"a callback must be a method of the spider to survive a restart: {callback}")
    return str(callback.__name__)
