"""Items of every kind that Scrapy accepts, as JSON values; articles are recognised."""

import dataclasses
import enum
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import singledispatch
from typing import Any, NamedTuple

import msgspec
from itemadapter import ItemAdapter

from scraper.article import Article, one_line, valid_text
from scraper.errors import RecordError
from scraper.stories.identity import story_id

__all__ = ["Item", "identify", "item_id", "plain", "read"]

_FIELDS = frozenset(field.name for field in dataclasses.fields(Article))


class Item(NamedTuple):
    """An item in the form in which it is written."""

    fields: dict[str, Any]
    """The fields as JSON values."""
    article: Article | None = None
    """The item as an article with an id; None for an item of another kind."""

    def line(self, more: Mapping[str, Any]) -> bytes:
        """Return the item and `more` as one line of JSON."""
        if self.article is not None and self.fields.keys() <= _FIELDS:
            article = dataclasses.replace(self.article, **more) if more else self.article
            return article.to_json().encode() + b"\n"
        return one_line(json.dumps({**self.fields, **more}, ensure_ascii=False)).encode() + b"\n"


def read(item: Any) -> Item:
    """Read an item of any kind; an article without an id receives that of its URL.

    Raise `TypeError` for an object that Scrapy does not accept as an item.
    """
    fields = plain(item)
    article = item if isinstance(item, Article) else _article(fields)
    if article is None:
        return Item(fields)
    if not article.id:
        article = dataclasses.replace(article, id=_id_of(article, fields))
    return Item(fields | {"id": article.id}, article)


def plain(item: Any) -> dict[str, Any]:
    """Return an item of any kind as a dict of JSON values; raise `TypeError` for an object that is not an item."""
    if isinstance(item, Article):
        return item.to_dict()
    if not ItemAdapter.is_item(item):
        raise TypeError(f"a spider yields items, not {type(item).__name__}")
    return {valid_text(str(name)): _value(value) for name, value in ItemAdapter(item).items()}


def identify(item: Any) -> str:
    """Return the id of an item of any kind, as `item_id` does."""
    own_id = ItemAdapter(item).get("id")
    return str(own_id) if own_id is not None else item_id(plain(item))


def item_id(item: Mapping[str, Any]) -> str:
    """Return the `id` of an item, or a digest of all its fields if it has no id."""
    if item.get("id") is not None:
        return str(item["id"])
    text = json.dumps(item, ensure_ascii=False, default=str, sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _article(fields: Mapping[str, Any]) -> Article | None:
    """Return the fields as an article; None for an item of another kind, even if it has fields of the same names."""
    try:
        return Article.from_dict(fields) if "schema_version" in fields else None
    except RecordError:
        return None


def _id_of(article: Article, fields: Mapping[str, Any]) -> str:
    try:
        return story_id(article.url) if article.url else item_id(fields)
    except ValueError:  # not a URL
        return item_id(fields)


@singledispatch
def _value(value: Any) -> Any:
    """Return a value as a JSON value; a value without a JSON form becomes text."""
    if ItemAdapter.is_item(value):
        return plain(value)
    return valid_text(str(value))


@_value.register(type(None))
@_value.register(bool)
@_value.register(int)
def _(value: Any) -> Any:
    return value


@_value.register
def _(value: float) -> Any:
    return value if math.isfinite(value) else None


@_value.register
def _(value: str) -> Any:
    return valid_text(value)


@_value.register(bytes)
@_value.register(bytearray)
def _(value: Any) -> Any:
    return value.decode("utf-8", "replace")


@_value.register(date)
@_value.register(time)
def _(value: Any) -> Any:
    return value.isoformat()


@_value.register
def _(value: enum.Enum) -> Any:
    return _value(value.value)


@_value.register(Mapping)
def _(value: Any) -> Any:
    return {valid_text(str(key)): _value(member) for key, member in value.items()}


@_value.register(Sequence)
def _(value: Any) -> Any:
    return [_value(member) for member in value]


@_value.register(set)
@_value.register(frozenset)
def _(value: Any) -> Any:
    return sorted(map(_value, value), key=str)  # a fixed order, as digests depend on it


@_value.register
def _(value: msgspec.Struct) -> Any:
    return _value(msgspec.to_builtins(value))


@_value.register
def _(value: Article) -> Any:
    return value.to_dict()
