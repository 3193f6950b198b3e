"""Untrusted text, made safe for display."""

import re

__all__ = ["printable"]

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    """Return the text with control characters and direction marks replaced by their code points."""
    return _UNPRINTABLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
