"""Requests as JSON, and what tells them apart."""

import hashlib
from typing import Any

import msgspec
from scrapy import Request, Spider

from scraper.addresses import identity

__all__ = ["Fingerprinter", "dump", "kept", "load"]


class Fingerprinter:
    """What tells requests apart: method, address without its tracking parameters, body."""

    def fingerprint(self, request: Request) -> bytes:
        """Give 20 bytes."""
        try:
            address = identity(request.url)
        except ValueError:
            address = request.url
        told = b"\0".join((request.method.encode(), address.encode(), request.body))
        return hashlib.sha1(told, usedforsecurity=False).digest()


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


_decode = msgspec.json.Decoder(_Stored).decode


def dump(request: Request) -> bytes:
    """Give a request as JSON.

    Raises `TypeError` for values that JSON does not know, `ValueError` for a callback that is no method of a spider.
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


def kept(data: bytes) -> dict[str, Any]:
    """Return the keyword arguments that a request has for its callback."""
    return _decode(data).cb_kwargs


def load(data: bytes, spider: Spider) -> Request:
    """Give the request again; raises `AttributeError` for a callback that the spider has not."""
    stored = _decode(data)
    return Request(
        stored.url,
        callback=getattr(spider, stored.callback) if stored.callback else None,
        errback=getattr(spider, stored.errback) if stored.errback else None,
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


def _name(callback: Any) -> str | None:
    if callback is None:
        return None
    if not isinstance(getattr(callback, "__self__", None), Spider):
        raise ValueError(f"a callback must be a method of the spider to be kept over a restart: {callback}")
    return str(callback.__name__)
