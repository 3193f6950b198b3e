"""Whether a browser shows a text, as the elements around it declare."""

import functools
import re
from collections.abc import Mapping

import msgspec

__all__ = ["SHOWN", "Visibility", "inside_block", "inside_inline", "is_for_screen_readers", "is_hidden"]

_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|(?:content-)?visibility\s*:\s*hidden)", re.IGNORECASE)
# Styles and class words that leave an element to screen readers. `opacity: 0` is not among them: pages fade text in.
_OFF_SCREEN = re.compile(
    r"(?:^|[;\s])(?:clip\s*:\s*rect\(\s*[01](?:px)?[\s,]|clip-path\s*:\s*inset\(\s*(?:50|100)%|font-size\s*:\s*0(?![.\d])"
    r"|(?:left|right|top|text-indent|margin-left)\s*:\s*-(?:\d{3,}|\d\dr?em)|transform\s*:\s*scale\(\s*0\s*\))"
    r"|(?:^|[;\s])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:!important)?;(?:.*;)?\s*overflow\s*:\s*(?:hidden|clip)",
    re.IGNORECASE,
)
# One of these is in every name that the pattern below matches.
_SCREEN_READER_WORDS = (
    "hid",
    "screen",
    "sr-only",
    "sronly",
    "for-sr",
    "invisible",
    "accessibl",
    "assistive",
    " material-",
)
_SCREEN_READERS = re.compile(
    r"visually-?hidden|hid(?:e|den)-visually|vis-?hidden|accessibl[ey]-hid|access-hide|screen-only(?![a-z])|(?<![a-z])(?<!not-)sr-?only|screen-?reader|show-for-sr|element-invisible|a11y-hidden"
    r"|off-?screen(?![a-z])|assistive-text| material-(?:icons|symbols)"
)

_Attributes = Mapping[str, str | None]


class Visibility(msgspec.Struct, frozen=True, gc=False):
    """Whether a browser shows what is directly inside an element."""

    hidden: bool = False
    aside: int = 0
    """The number of the inline element that takes it out of the visible text: hidden, or for screen readers alone."""
    noscript: bool = False
    """Hidden by a `noscript` alone."""
    aria_hidden: bool = False
    """Not for screen readers."""


SHOWN = Visibility()


def is_hidden(attributes: _Attributes) -> bool:
    """Return whether an element is declared invisible."""
    return "hidden" in attributes or ("style" in attributes and _HIDDEN.search(attributes["style"] or "") is not None)


@functools.lru_cache(4096)
def is_for_screen_readers(names: str) -> bool:
    """Return whether class or id words leave an element to screen readers."""
    return any(word in names for word in _SCREEN_READER_WORDS) and _SCREEN_READERS.search(names) is not None


def inside_block(attributes: _Attributes, around: Visibility) -> Visibility:
    """Return the visibility inside a block-level element: what is aside there is so within its own blocks no more."""
    hides = is_hidden(attributes)
    if not (hides or around.hidden):
        return SHOWN
    return Visibility(hidden=True, noscript=around.noscript and not hides)


def inside_inline(tag: str, number: int, attributes: _Attributes, around: Visibility, *, spoken: bool) -> Visibility:
    """Return the visibility inside an inline element; `spoken` where its names leave it to screen readers."""
    hides = is_hidden(attributes)
    noscript = not hides and (around.noscript or (tag == "noscript" and not around.hidden))
    hidden, aside = around.hidden or hides or noscript, around.aside
    off_screen = spoken or _OFF_SCREEN.search(attributes.get("style") or "") is not None
    if not (around.hidden or aside) and (hidden or off_screen):
        aside = number
    aria_hidden = around.aria_hidden or attributes.get("aria-hidden") == "true"
    visibility = Visibility(hidden, aside, noscript, aria_hidden)
    return around if visibility == around else visibility
