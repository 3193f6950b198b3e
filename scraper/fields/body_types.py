"""The types of body entries: by label, else by the innermost list, quote, table or code around the entry."""

from collections.abc import Mapping, Sequence

from scraper.article import BodyType
from scraper.block import HEADING_TAGS, Document, Element, Labelled
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
_LONG_HEADING = 200  # a longer text is a paragraph in large type


def body_types(document: Document, entries: Sequence[Labelled]) -> tuple[BodyType, ...]:
    """Return the type of each entry of a body.

    An element around the whole story determines no type, nor does a list item that contains headings, nor a table that
    is used for the layout of the page.
    """
    types = _types_of_elements(document.elements, entries)
    return tuple(_type(entry, types) for entry in entries)


def _type(entry: Labelled, types: Mapping[int, BodyType]) -> BodyType:
    block = entry.block
    if block.element < 0:  # flattened text, in which a bullet marks a list item
        return _LABELS.get(entry.label) or _TAGS.get(block.tag, "paragraph")
    return _LABELS.get(entry.label) or ("heading" if _is_heading(entry) else types[block.element])


def _is_heading(entry: Labelled) -> bool:
    return entry.label is Label.SUBHEADING or (
        entry.block.tag in HEADING_TAGS and entry.label is Label.BODY and len(entry.block.text) <= _LONG_HEADING
    )


def _types_of_elements(elements: Sequence[Element], entries: Sequence[Labelled]) -> Mapping[int, BodyType]:
    """Return the type that each element around an entry gives to its texts; ancestors come first in `elements`."""
    counts = dict.fromkeys(_ancestors(elements, entries), 0)
    for entry in entries:
        counts[entry.block.element] += 1
    headed = {entry.block.element for entry in entries if _is_heading(entry)}
    rows = {entry.block.element for entry in entries if entry.block.tag in ("tr", "th")}
    inwards = sorted(counts)[1:]  # without the page itself
    for index in reversed(inwards):
        element = elements[index]
        counts[element.parent] += counts[index]
        if index in headed:
            headed.add(element.parent)
        if index in rows and element.tag != "table":
            rows.add(element.parent)
    types: dict[int, BodyType] = {-1: "paragraph"}
    for index in inwards:
        element = elements[index]
        tells = index in rows if element.tag == "table" else index not in headed
        kind = _TAGS.get(element.tag) if tells and counts[index] < len(entries) else None
        types[index] = kind or types[element.parent]
    return types


def _ancestors(elements: Sequence[Element], entries: Sequence[Labelled]) -> set[int]:
    """Return the indices of the elements around the entries, and -1 for the page itself."""
    indices = {-1}
    for entry in entries:
        index = entry.block.element
        while index not in indices:
            indices.add(index)
            index = elements[index].parent
    return indices
