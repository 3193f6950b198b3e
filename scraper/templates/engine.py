"""The engine for known templates: recognises a page's profile, and gives each block its one label by that profile.

The order of the decisions: the regions of elements, the headline, the line that ends the story, the lists that headings
open, the lines of author and date, the body, and what trails behind it.
"""

from scraper.block import Document, Labelled
from scraper.label import Label
from scraper.templates import PROFILES, Profile
from scraper.templates.labelling import LONG_LINE, Labelling, Verdict, match
from scraper.templates.lists import LIST_LABELS, label_lists
from scraper.templates.story import label_end, label_headline, label_story

__all__ = ["label", "recognise"]

_LATER = LIST_LABELS | {Label.BODY, Label.HEADLINE, Label.LIKE}
"""Regions that are decided after the headline and the story's end are known."""
_REST: Verdict = (Label.OTHER, 0.7, "outside the story and its lists")


def recognise(document: Document) -> Profile | None:
    """Return the profile whose signals on this page are strongest, or None where none reaches its threshold."""
    words = set(" ".join(document.names).split())
    lines = "\n".join(["", *[block.text for block in document.blocks if len(block.text) <= 2 * LONG_LINE]])
    scored = [(_signals(words, lines, profile) - profile.threshold, -order) for order, profile in enumerate(PROFILES)]
    margin, order = max(scored)
    return PROFILES[-order] if margin >= 0 else None


def _signals(words: set[str], lines: str, profile: Profile) -> int:
    total = sum(profile.classes[word] for word in profile.classes.keys() & words)
    if total >= profile.threshold:
        return total
    possible = (line for line in profile.lines if any(word in lines for word in line.words))
    return total + sum(line.weight for line in possible if line.pattern.search(lines))


def label(document: Document, profile: Profile) -> tuple[Labelled, ...]:
    """Label every block of a page of a known template."""
    page = Labelling(document, profile)
    _label_by_region(page)
    headline = label_headline(page)
    end = label_end(page, headline)
    label_lists(page, headline, end)
    label_story(page, headline, end)
    verdicts = (verdict or _REST for verdict in page.verdicts)
    return tuple(Labelled(block, *verdict) for block, verdict in zip(document.blocks, verdicts, strict=True))


def _label_by_region(page: Labelling) -> None:
    """Label blocks by their own text and by the class of their element; the story and the lists follow later."""
    for index, (block, region) in enumerate(zip(page.blocks, page.regions, strict=True)):
        if block.hidden:
            page.decide(index, Label.HIDDEN, 1.0, "declared invisible")
        elif own := match(page.profile.own, block.text):
            page.decide(index, own, 0.98, "its own text")
        elif block.text[-1] in ")）" and page.profile.caption.search(block.text):
            page.decide(index, Label.CAPTION, 0.9, "names a photographer at its end")
        elif region is not None and region not in _LATER:
            page.decide(index, region, 0.95, "the class of its element")
