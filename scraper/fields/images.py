"""The images of a story: the declared lead image, and those within the text or next to its captions.

The labels of the blocks around an image decide whether it belongs to the story.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from urllib.parse import unquote, urlsplit

from scraper.article import Image
from scraper.block import Block, Document, Element, Labelled, Picture
from scraper.fields import credits
from scraper.label import STORY, Label

__all__ = ["of_story"]

_MAX_IMAGES, _MAX_URL = 100, 2_048

_STORY = STORY | {Label.HEADLINE}
_OURS = _STORY | {Label.CAPTION}
_NAMES = re.compile(
    r"(?<![a-z])(?:logo|icon|avatar|gravatar|emoji|smiley|wp-smiley|headshot|author|byline|share|social|spacer|pixel|ad"
    r"|ads|advert|advertisement|banner|sponsor)(?:s|-photo|-image|-img|-pic)?(?![a-z])"
)
_FOLDER = re.compile(r"/(?:icons?|avatars?|logos?|emojis?|smil(?:ies|eys?)|sprites?|flags)/", re.IGNORECASE)
_FILE = re.compile(
    r"(?:logo|icon|favicon|avatar)(?:[-_.\d]|\Z)"
    r"|.*[-_](?:logo|icon|avatar|placeholder)(?:[-_]?\d+)?(?:@\dx)?\.\w+\Z|.*\.svg\Z",
    re.IGNORECASE,
)
_IS_IMAGE = re.compile(r"\.(?:jpe?g|png|webp|avif|gif)\Z", re.IGNORECASE)
# The size in a URL: "-1200x630", "/w_800", "=w700".
_RESIZED = re.compile(r"[-_=/]{0,2}(?<![a-z0-9])(?:\d{2,5}x\d{2,5}|[wh][-_=]?\d{2,4})(?![a-z0-9])|@\dx(?=\.\w+\Z)")
_LONG_NAME = 12  # a file name of this length identifies an image in any folder

_CREDIT_CLASS = re.compile(r"(?<![a-z])(?:credits?|copyright|photographer|photo-?by|image-?source)(?![a-z])")


def of_story(document: Document, labelled: Sequence[Labelled], lead: str | None) -> tuple[Image, ...]:
    """Return the images of the story, each once: the declared lead image, then the others in page order.

    An image belongs to the story if the innermost element around it has a caption next to it, or if it is between the
    headline and the end of the text and that element contains text of the story.
    """
    images: dict[str, Image] = {}
    for image in _Page(document, labelled).images() if document.pictures else ():
        earlier = images.get(_key(image.url))
        if earlier is None or not (earlier.caption or earlier.credit):
            images[_key(image.url)] = image if earlier is None else Image(earlier.url, image.caption, image.credit)
    if lead and len(lead) <= _MAX_URL and (_key(lead) in images or not _is_icon(lead)):
        declared = images.pop(_key(lead), Image(lead))
        images = {_key(lead): Image(lead, declared.caption, declared.credit), **images}
    return tuple(images.values())[:_MAX_IMAGES]


class _Page:
    """The images of a page and the blocks around them."""

    def __init__(self, document: Document, labelled: Sequence[Labelled]) -> None:
        self.document, self.labelled = document, labelled
        self.labels = [item.label for item in labelled]
        self.spans = _spans(document.elements, document.blocks)
        prose = [index for index, label in enumerate(self.labels) if label in STORY]
        self.first, self.last = (prose[0], prose[-1]) if prose else (0, -1)
        if Label.HEADLINE in self.labels[: self.first]:  # text above it may belong to the site
            self.first = self.labels.index(Label.HEADLINE) + 1

    def images(self) -> Iterator[Image]:
        pictures = self.document.pictures
        ends = [right.block if right.block > left.block else left.block for left, right in pairwise(pictures)]
        alone = _counts(picture.element for picture in pictures)
        for picture, end in zip(pictures, [*ends, len(self.labels)], strict=True):
            captions = self._captions(picture, end, alone[picture.element] == 1)
            if captions or (self._is_within_story(picture) and not self._is_unrelated(picture)):
                yield Image(picture.url, *_caption_and_credit(self.document, captions))

    def _span(self, picture: Picture) -> tuple[int, int]:
        return self.spans[picture.element] if picture.element >= 0 else (0, len(self.labels))

    def _captions(self, picture: Picture, end: int, alone: bool) -> list[Block]:
        """Return the captions in a figure with this image only, else those that follow the image."""
        start, stop = self._span(picture)
        if alone and not any(label in _STORY for label in self.labels[start:stop]):
            return [self.labelled[index].block for index in range(start, stop) if self._is_caption(index)]
        return [self.labelled[index].block for index in takewhile(self._is_caption, range(picture.block, end))]

    def _is_caption(self, index: int) -> bool:
        label, block = self.labelled[index].label, self.labelled[index].block
        if label is Label.CAPTION or label in _STORY or block.element < 0:
            return label is Label.CAPTION
        return "figcaption" in (block.tag, self.document.elements[block.element].tag) and self._is_near(index)

    def _is_near(self, index: int) -> bool:
        return self.first <= index <= self.last + 1

    def _is_within_story(self, picture: Picture) -> bool:
        start, stop = self._span(picture)
        is_inside = self.first <= picture.block <= self.last
        is_trailing = picture.block == self.last + 1 == stop and start >= self.first
        return (is_inside or is_trailing) and any(label in _OURS for label in self.labels[start:stop])

    def _is_unrelated(self, picture: Picture) -> bool:
        """Return whether an image without a caption is an icon, or links to another site as adverts do."""
        if _is_icon(picture.url) or _NAMES.search(picture.names):
            return True
        host = _site(self.document.url)
        return bool(picture.link and host and _site(picture.link) != host and not _IS_IMAGE.search(_path(picture.link)))


def _spans(elements: Sequence[Element], blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Return the range of blocks of each element; ancestors come first in `elements`."""
    first, last = [len(blocks)] * len(elements), [0] * len(elements)
    for index, block in enumerate(blocks):
        if block.element >= 0:
            first[block.element] = min(first[block.element], index)
            last[block.element] = index + 1
    for index in range(len(elements) - 1, -1, -1):
        if (parent := elements[index].parent) >= 0:
            first[parent] = min(first[parent], first[index])
            last[parent] = max(last[parent], last[index])
    return list(zip(first, last, strict=True))


def _counts(numbers: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    return counts


# ---------------------------------------------------------------- URLs


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _site(url: str | None) -> str:
    """Return the last two labels of the host: enough to distinguish an advertiser from the site."""
    try:
        return ".".join((urlsplit(url or "").hostname or "").split(".")[-2:])
    except ValueError:
        return ""


def _key(url: str) -> str:
    """Return the key that all sizes of an image share: its file name if that is long, else its path."""
    path = _RESIZED.sub("", _path(url))
    name = path.rpartition("/")[2]
    if "." not in name and "?" in url:  # an image script names the image in the query
        return url
    return name if len(name) >= _LONG_NAME and any(map(str.isdigit, name)) else path


def _is_icon(url: str) -> bool:
    path = _path(url)
    return bool(_FOLDER.search(path) or _FILE.match(path.rpartition("/")[2]) or _site(url) == "gravatar.com")


# ---------------------------------------------------------------- captions


def _caption_and_credit(document: Document, blocks: Sequence[Block]) -> tuple[str | None, str | None]:
    captions: list[str] = []
    credit: str | None = None
    for block in blocks:
        caption, name = _split(document, block)
        credit = credit or name
        captions += [caption] if caption and caption not in captions else []
    return " ".join(captions) or None, credit


def _split(document: Document, block: Block) -> tuple[str, str | None]:
    """Split a caption into its text and its credit: by the class of an element, else by its words."""
    names = document.elements[block.element].names if block.element >= 0 else ""
    if _CREDIT_CLASS.search(names):
        return "", credits.name(block.text)
    if block.pieces and _CREDIT_CLASS.search(block.inline):
        caption, credit, tail = block.text.rpartition(block.pieces[-1])
        if not tail:
            return caption.strip(credits.EDGES), credits.name(credit)
    return credits.split(block.text)
