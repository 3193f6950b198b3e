"""Stories that are split over several pages, while the crawl requests one part after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from scraper.article import Article
from scraper.crawl.frontier.request_codec import StoredError
from scraper.errors import RecordError
from scraper.fields.assemble import join
from scraper.stories import urls
from scraper.stories.identity import body_digest, truncated
from scraper.stories.parts import belongs

__all__ = ["Chain", "continues", "earlier_parts", "extend", "record", "validate"]


class Chain(NamedTuple):
    """The parts of a story that were read before a request, as the request carries them."""

    line: str
    """The last of them, as JSON."""
    before: str
    """The key of the request that brought it, and that carries the one before; empty for the first page."""
    headline: str
    bodies: list[str]
    """The digest of each part's body."""


def extend(chain: Chain | None, part: Article, key: str) -> Chain:
    """Return the chain with a further part; `key` is that of the request that brought it, unless it is the first."""
    if chain is None:
        return Chain(part.to_json(), "", part.headline, [body_digest(part)])
    return Chain(part.to_json(), key, chain.headline, [*chain.bodies, body_digest(part)])


def continues(chain: Chain, article: Article) -> bool:
    """Return whether an article is a further part of the story, and not another one or a part read before."""
    return belongs(chain.headline, chain.bodies, article)


def earlier_parts(chain: Chain, kept: Callable[[str], Mapping[str, Any]]) -> list[Article]:
    """Return the parts read so far, as far as they are known; `kept` returns the callback arguments of a request."""
    parts = [Article.from_json(chain.line)]
    before = chain.before
    while before and len(parts) < len(chain.bodies):
        arguments = kept(before)
        if "line" not in arguments:
            break
        parts.append(Article.from_json(arguments["line"]))
        before = arguments["before"]
    return parts[::-1]


def record(parts: Sequence[Article], *, complete: bool) -> dict[str, Any]:
    """Return the record of a story; one that is not complete says so."""
    story = join(parts)
    return (story if complete else truncated(story)).to_dict()


def validate(arguments: Mapping[str, Any], host: str) -> None:
    """Raise `StoredError` for callback arguments that are not the `Chain` of a story of the host."""
    try:
        chain = msgspec.convert([arguments.get(name) for name in Chain._fields], Chain)
        first = Article.from_json(chain.line)
    except (msgspec.ValidationError, RecordError) as error:
        raise StoredError(str(error)) from error
    if arguments.keys() - set(Chain._fields) or not urls.on_host(str(first.url), host):
        raise StoredError("it is not a part of a story of this site")
