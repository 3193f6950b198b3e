"""The images of a page, and their places among its blocks."""

import itertools
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

from scraper.block import Block, Picture
from scraper.segment.html import image_sources
from scraper.segment.html.contexts import MAX_CLIMB, Contexts, element_names
from scraper.segment.html.links import ABSOLUTE, Links
from scraper.segment.html.visibility import is_hidden

__all__ = ["Pictures"]

_MAX_SOURCES, _MAX_URL = 20, 2_048  # sources of an image; characters of a URL


class Pictures:
    """The images that the walk has met; they are placed once the blocks are known."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._pictures: list[tuple[LexborNode, Picture]] = []

    def url(self, node: LexborNode) -> str | None:
        """Return the URL of an `img` element; None for an icon, a hidden image, and any beyond the limit of a page."""
        attributes = node.attributes
        if (
            len(self._pictures) >= image_sources.MAX_PICTURES
            or image_sources.is_icon(attributes)
            or is_hidden(attributes)
        ):
            return None
        return next(filter(None, map(self._absolute, _sources(node))), None)

    def add(self, node: LexborNode, url: str, block: int) -> None:
        """Keep an image, which is in or before the block of this index."""
        attributes = node.attributes
        names = element_names(attributes.get("class"), attributes.get("id"))
        self._pictures.append((node, Picture(url, block, names=names)))

    def placed(self, built: Sequence[Block], blocks: Sequence[Block], contexts: Contexts) -> tuple[Picture, ...]:
        """Return each image with its place among the page's blocks, and in the innermost element that holds text.

        `built` are the blocks as the walk has built them, before cells were joined to rows.
        """
        if not self._pictures:
            return ()
        indexes = {id(block): index for index, block in enumerate(blocks)}
        following = [len(blocks)] * (len(built) + 1)
        for index in range(len(built) - 1, -1, -1):
            following[index] = indexes.get(id(built[index]), following[index + 1])
        return tuple(
            Picture(picture.url, following[picture.block], *self._surroundings(node, picture.names, contexts))
            for node, picture in self._pictures
        )

    def _absolute(self, source: str) -> str | None:
        url = self._links.absolute(source) if len(source) <= _MAX_URL else None
        return url if url and (url.startswith(ABSOLUTE) or ":" not in url.partition("/")[0]) else None

    def _surroundings(self, node: LexborNode, names: str, contexts: Contexts) -> tuple[int, str, str | None]:
        """Return the index of the element around an image, the image's names, and the URL of the link around it."""
        link, above = None, node.parent
        for _ in range(MAX_CLIMB):
            if above is None:
                break
            if (context := contexts.known.get(above.mem_id)) is not None:
                return context.element, names, link or (context.link.url if context.link else None)
            if above.tag == "a":
                link = self._links.target(above.mem_id).url
            above = above.parent
        return -1, names, link


def _sources(node: LexborNode) -> Iterator[str]:
    yield from image_sources.source_urls(node.attributes)
    parent = node.parent
    if parent is not None and parent.tag == "picture":
        for source in itertools.islice(parent.iter(), _MAX_SOURCES):
            yield from image_sources.source_urls(source.attributes)
