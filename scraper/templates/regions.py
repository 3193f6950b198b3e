"""What a block is by the class words of the elements around it."""

from scraper.block import Document
from scraper.label import Label
from scraper.templates.template import Profile

__all__ = ["block_regions"]

_TAGS = {"footer": Label.FOOTER, "nav": Label.NAVIGATION, "figcaption": Label.CAPTION, "caption": Label.CAPTION}


def block_regions(document: Document, profile: Profile) -> list[Label | None]:
    """Return each block's region: by an inline element's class word, else by its nearest element with a known one."""
    known: dict[str, Label | None] = {" ": None}
    elements: list[Label | None] = []
    for element in document.elements:
        own = _region(element.names, profile, known) or _TAGS.get(element.tag)
        elements.append(own or (elements[element.parent] if element.parent >= 0 else None))
    return [
        _region(block.inline, profile, known) or (elements[block.element] if block.element >= 0 else None)
        for block in document.blocks
    ]


def _region(names: str, profile: Profile, known: dict[str, Label | None]) -> Label | None:
    if names not in known:
        known[names] = next((profile.regions[word] for word in names.split() if word in profile.regions), None)
    return known[names]
