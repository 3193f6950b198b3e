"""The fallbacks of `noscript` elements: hidden as copies, shown where they are the only text of the story."""

import itertools
import re
from collections.abc import Sequence

import msgspec

from scraper.block import Block
from scraper.segment.html.paragraphs import is_sentence

__all__ = ["unhide_unique"]

_PROSE, _MUCH_PROSE, _SHORT = 80, 250, 200
_NOTICE = re.compile("javascript|browser", re.IGNORECASE)


def unhide_unique(blocks: list[Block], noscript: Sequence[int]) -> None:
    """Unhide the content of `noscript` elements if it is prose that the page shows nowhere else.

    `noscript` has the indexes of the blocks that nothing else hides.
    """
    if not noscript:
        return
    shown = {block.text[:_PROSE] for block in blocks if not block.hidden}
    for _, run in itertools.groupby(enumerate(noscript), lambda numbered: numbered[1] - numbered[0]):
        unique = [index for _, index in run if blocks[index].text[:_PROSE] not in shown]
        texts = (blocks[index].text for index in unique)
        prose = sum(len(text) for text in texts if is_sentence(text, _PROSE) and not _NOTICE.search(text))
        if prose < _MUCH_PROSE:
            continue
        for index in unique:
            if not (_NOTICE.search(blocks[index].text) and len(blocks[index].text) < _SHORT):
                blocks[index] = msgspec.structs.replace(blocks[index], hidden=False)
