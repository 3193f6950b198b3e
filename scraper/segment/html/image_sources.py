"""Image URLs and sizes as `img` and `source` elements declare them."""

import re
from collections.abc import Iterator, Mapping

__all__ = ["MAX_PICTURES", "is_icon", "source_urls"]

MAX_PICTURES = 1_000
"""Images read from one page."""
_MAX_SRCSET = 16_384
_ICON = 100  # an image declared narrower or lower than this is an icon, an avatar or a tracking pixel
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url")
_DESCRIPTOR = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)[wx](?:,|$)")
_SIZE = re.compile(r"\s*(\d{1,6})(?:\.\d*)?\s*(?:px)?\s*\Z")
_PLACEHOLDER = re.compile(
    r"(?:\A|/)(?:spacer|blank|loading|placeholder|transparent|trans|pixel|1x1|leer|empty|dummy|lazy|clear)[-_\d]*\.\w+(?:\?|\Z)",
    re.IGNORECASE,
)


def source_urls(attributes: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the URLs of an `img` or `source` element as written, the largest image first.

    Pages that load images lazily have a placeholder in `src` and the URL in another attribute.
    """
    sets = (_largest(attributes.get(name) or "") for name in ("data-srcset", "data-lazy-srcset", "srcset"))
    for value in (*sets, *map(attributes.get, (*_LAZY, "src"))):
        if value and "{" not in value and not _PLACEHOLDER.search(value):
            yield value


def _largest(srcset: str) -> str | None:
    """Return the URL of a `srcset` with the largest descriptor."""
    best, size, url = None, -1.0, ""
    for word in srcset[:_MAX_SRCSET].split():
        descriptor = _DESCRIPTOR.match(word)
        if descriptor is None or not url:
            best, url = best or word.rstrip(","), word
            continue
        if float(descriptor[1]) > size:
            best, size = url, float(descriptor[1])
        url = word[descriptor.end() :]
    return best


def is_icon(attributes: Mapping[str, str | None]) -> bool:
    """Return whether an element declares a size in pixels that is an icon's."""
    sizes = (_SIZE.match(attributes.get(name) or "") for name in ("width", "height"))
    return any(int(size[1]) < _ICON for size in sizes if size)
