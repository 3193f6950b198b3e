"""Image credits: the photographer or owner, split from a caption by words and signs of many languages."""

import re

__all__ = ["EDGES", "name", "split"]

EDGES = " |()[]（）-–—"
"""Characters between a caption and its credit, and around the credit."""
_BEFORE = " |([（-–—"
_LONGEST, _LOOKED_AT = 120, 400  # characters of a credit, and of the end of a caption
_MARK = (
    r"(?:(?:photo(?:graph|graphy)?|picture|image|illustration|graphic|video)s?(?: credits?| courtesy(?: of)?| source)?"
    r"|credits?|source|courtesy|(?:symbol|archiv)?fotos?|bild(?:er|quelle|nachweis|rechte)?|quelle|grafik"
    r"|crédits?(?: photos?)?"
    r"|fotograf(?:ía|ia|o|ie)?|fotoğraf|imagen|imagem|crédito|beeld|kuva|fot\.?|zdj\.?|zdjęcie|фото|ảnh|صورة"
    r"|图片来源|图|摄影|写真|사진)"
)
_BY = r"(?:photos?|photographs?|pictures?|images?|illustrations?) (?:by|courtesy of) |courtesy of "
_AGENCY = (
    r"(?:AP|AFP|PA|EPA|EFE|ANSA|dpa|BELGA|Belga|IMAGO|imago|NTB|TT|Xinhua|Reuters|REUTERS|Getty(?: Images)?"
    r"|Shutterstock|iStock|Keystone|KEYSTONE|Unsplash|Pexels|picture alliance)"
)
# A word for a credit, with a colon; without one at the start, or after the end of a sentence or a bar.
_MARKED = re.compile(
    rf"(?:\A|\s+|(?<=[.!?…。”\"»|)])){_MARK}\s*[:：]\s*(.+)\Z"
    rf"|(?:\A|(?<=[.!?…。”\"»|)])\s*)(?:{_BY}|copyright )(.+)\Z|(?:\A|\s)(?:©|\(c\))\s*(.+)\Z",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?<=[.!?…。”\"»|])\s*((?=[^\W\d_])[^.!?…|/]{{2,60}}/[^.!?…|]{{2,60}}|{_AGENCY}(?: Photo)?)\Z"
    rf"|(?:\A|\s)({_AGENCY}(?: Photo)?(?:/[^.!?…|]{{2,60}})?)\Z"
)
_BRACKETS = re.compile(r"[(\[（]([^()\[\]（）]{2,120})[)\]）][.\s]*\Z")
_OWNER = re.compile(rf"\b[Vv]ia\b|©|\b[Pp]ool\b|\b[Pp]hotos?\b|\b{_AGENCY}\b")


def split(text: str) -> tuple[str, str | None]:
    """Return a caption, possibly empty, and the credit at its end as written, or None."""
    start = max(0, len(text) - _LOOKED_AT)
    end = text[start:]
    bracketed = _BRACKETS.search(end)
    if bracketed and (_OWNER.search(bracketed[1]) or _MARKED.match(bracketed[1])):
        return text[: start + bracketed.start()].strip(), name(bracketed[1])
    match = _MARKED.search(end) or _NAMED.search(end)
    credit = next(filter(None, match.groups()), "") if match else ""
    if match is None or not 0 < len(credit) <= _LONGEST or _is_of_the_sentence(match):
        return text, None
    return text[: start + match.start()].strip().rstrip(_BEFORE), credit.strip(EDGES) or None


def _is_of_the_sentence(match: re.Match[str]) -> bool:
    """Return whether an agency's name is the end of a sentence: "a reporter for AFP"."""
    return match.re is _NAMED and bool(match[2]) and match.start() > 0 and "/" not in match[2]


def name(text: str) -> str | None:
    """Return the name in a credit, without brackets and the word before it."""
    text = text.strip(EDGES)
    match = _MARKED.match(text)
    return (next(filter(None, match.groups())).strip(EDGES) if match else text) or None
