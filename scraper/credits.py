"""Who took or owns an image, split from its caption by words and signs of many languages."""

import re

__all__ = ["EDGES", "name", "split"]

EDGES = " |()[]（）-–—"
"""What stands between a caption and its credit."""
_LONGEST, _LOOKED_AT = 120, 400  # of a credit, and of a caption's end
_MARK = (
    r"(?:(?:photo(?:graph|graphy)?|picture|image|illustration|graphic|video)s?(?: credits?| courtesy(?: of)?| source)?"
    r"|credits?|source|courtesy|fotos?|bild(?:er|quelle|nachweis|rechte)?|quelle|grafik|crédits?(?: photos?)?"
    r"|fotograf(?:ía|ia|o|ie)?|imagen|imagem|crédito|beeld|kuva|zdj\.?|图片来源|图|摄影|写真|사진)"
)
_BY = r"(?:photos?|photographs?|pictures?|images?|illustrations?) (?:by|courtesy of) |courtesy of "
_SIGN = r"©\s*|\(c\)\s*|copyright "
# A word for a credit and a colon, or one of the others, at the start or behind the end of a sentence or a bar.
_MARKED = re.compile(
    rf"(?:\A|(?<=[.!?…”\"»|)])\s*|(?<=[\[(])|\s(?=©))(?:{_MARK}\s*[:：/]\s*|{_BY}|{_SIGN})(.+)\Z", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(\[（]([^()\[\]（）]{2,120})[)\]）][.\s]*\Z")
_SLASHED = re.compile(r"(?<=[.!?…”\"»|])\s+([^.!?…|/]{2,60}/[^.!?…|]{2,60})\Z")
_OWNER = re.compile(
    r"\bvia\b|©|\bpool\b|\bphotos?\b|\bgetty\b|\breuters\b|\bshutterstock\b|\bi?stock\b|\bxinhua\b|\bpicture alliance\b"
    r"|(?-i:\b(?:AP|AFP|PA|EPA|EFE|ANSA|dpa|imago|IMAGO|NASA)\b)",
    re.IGNORECASE,
)


def split(text: str) -> tuple[str, str | None]:
    """Return what a caption says, maybe nothing, and whom it credits at its end, as written."""
    start = max(0, len(text) - _LOOKED_AT)
    end = text[start:]
    bracketed = _BRACKETS.search(end)
    if bracketed and (_OWNER.search(bracketed[1]) or _MARKED.match(bracketed[1])):
        return text[: start + bracketed.start()].strip(), name(bracketed[1])
    found = _MARKED.search(end) or _SLASHED.search(end)
    if found and len(found[1]) <= _LONGEST:
        return text[: start + found.start()].strip().rstrip(EDGES), found[1].strip(EDGES) or None
    return text, None


def name(text: str) -> str | None:
    """Return whom a credit names, without the brackets around it and the word before it."""
    text = text.strip(EDGES)
    found = _MARKED.match(text)
    return (found[1].strip(EDGES) if found else text) or None
