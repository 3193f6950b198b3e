"""What each entry of a story's body is: by its label, else by the innermost list, quote, table or code around it."""

from collections.abc import Mapping, Sequence

from scraper.article import BodyType
from scraper.block import Document, Element, Labelled
from scraper.label import Label

__all__ = ["body_types"]

_LABELS: Mapping[Label, BodyType] = {Label.STANDFIRST: "standfirst", Label.SUBHEADING: "heading"}
_TAGS: Mapping[str, BodyType] = {
    "blockquote": "quote",
    "li": "list_item",
    "dt": "list_item",
    "dd": "list_item",
    "pre": "code",
    "table": "table_row",
}
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LONG_HEADING = 200  # what is longer is a paragraph in large letters


def body_types(document: Document, entries: Sequence[Labelled]) -> tuple[BodyType, ...]:
    """Return the type of each entry of a body.

    What holds the whole story says nothing of its parts; nor does an item of a list with headings of its own, nor a
    table that lays out the page.
    """
    types = _types_of_elements(document.elements, entries)
    return tuple(_type(each, types) for each in entries)


def _type(each: Labelled, types: Mapping[int, BodyType]) -> BodyType:
    block = each.block
    if block.element < 0:  # flattened text, where a bullet makes an item
        return _LABELS.get(each.label) or _TAGS.get(block.tag, "paragraph")
    return _LABELS.get(each.label) or ("heading" if _is_heading(each) else types[block.element])


def _is_heading(each: Labelled) -> bool:
    return each.label is Label.SUBHEADING or (
        each.block.tag in _HEADINGS and each.label is Label.BODY and len(each.block.text) <= _LONG_HEADING
    )


def _types_of_elements(elements: Sequence[Element], entries: Sequence[Labelled]) -> Mapping[int, BodyType]:
    """Return what each element around an entry makes of the texts in it; an element follows those around it."""
    held = dict.fromkeys(_around(elements, entries), 0)
    for each in entries:
        held[each.block.element] += 1
    headed = {each.block.element for each in entries if _is_heading(each)}
    rows = {each.block.element for each in entries if each.block.tag in ("tr", "th")}
    inwards = sorted(held)[1:]  # without the page itself
    for index in reversed(inwards):
        element = elements[index]
        held[element.parent] += held[index]
        if index in headed:
            headed.add(element.parent)
        if index in rows and element.tag != "table":
            rows.add(element.parent)
    types: dict[int, BodyType] = {-1: "paragraph"}
    for index in inwards:
        element = elements[index]
        tells = index in rows if element.tag == "table" else index not in headed
        own = _TAGS.get(element.tag) if tells and held[index] < len(entries) else None
        types[index] = own or types[element.parent]
    return types


def _around(elements: Sequence[Element], entries: Sequence[Labelled]) -> set[int]:
    """Return the elements around the entries, and -1 for the page itself."""
    found = {-1}
    for each in entries:
        index = each.block.element
        while index not in found:
            found.add(index)
            index = elements[index].parent
    return found
