"""Stories that are split over several pages, whose parts the crawl requests one after the other."""

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
    """The parts of a story that were read so far, as the request for the next part carries them."""

    line: str
    """The last part, as JSON."""
    before: str
    """The key of the request for that part, which carries the part before it; empty for the first page."""
    headline: str
    bodies: list[str]
    """The digest of each part's body."""
    first: str = ""
    """The URL of the first page; empty in requests of earlier releases."""


def extend(chain: Chain | None, part: Article, key: str) -> Chain:
    """Return the chain with a further part; `key` is that of its request, unless it is the first."""
    if chain is None:
        return Chain(part.to_json(), "", part.headline, [body_digest(part)], str(part.url))
    return Chain(part.to_json(), key, chain.headline, [*chain.bodies, body_digest(part)], chain.first)


def continues(chain: Chain, article: Article) -> bool:
    """Return whether an article is a further part of the story, not another story or a part that was read already."""
    return belongs(chain.headline, chain.bodies, article)


def earlier_parts(chain: Chain, callback_arguments: Callable[[str], Mapping[str, Any]]) -> list[Article]:
    """Return the parts that were read so far; parts are missing if the store has lost their requests.

    `callback_arguments` returns the arguments of a request's callback by its key.
    """
    parts = [Article.from_json(chain.line)]
    before = chain.before
    while before and len(parts) < len(chain.bodies):
        arguments = callback_arguments(before)
        if "line" not in arguments:
            break
        parts.append(Article.from_json(arguments["line"]))
        before = arguments["before"]
    return parts[::-1]


def record(parts: Sequence[Article], *, complete: bool) -> dict[str, Any]:
    """Return the record of a story from its parts; an incomplete story is marked as truncated."""
    story = join(parts)
    return (story if complete else truncated(story)).to_dict()


def validate(arguments: Mapping[str, Any], host: str) -> None:
    """Raise `StoredError` for callback arguments that are not the `Chain` of a story of the host."""
    try:
        chain = msgspec.convert([arguments.get(name, "") for name in Chain._fields], Chain)
        last = Article.from_json(chain.line)
    except (msgspec.ValidationError, RecordError) as error:
        raise StoredError(str(error)) from error
    if arguments.keys() - set(Chain._fields) or not _is_of_host(chain, last, host):
        raise StoredError("it is not a part of a story of this site")


def _is_of_host(chain: Chain, last: Article, host: str) -> bool:
    return urls.on_host(str(last.url), host) and (not chain.first or urls.on_host(chain.first, host))
