"""The rows of tables of data, of which each is one block."""

from collections.abc import Sequence

from scraper.block import Block, Element

__all__ = ["join_cells"]

_MAX_ROW = 300  # characters


def join_cells(blocks: list[Block], elements: Sequence[Element]) -> list[Block]:
    """Join the cells of a table row with a few words each into one block; rows of layout tables stay as they are."""
    if not any(block.tag in ("td", "th") for block in blocks):
        return blocks
    enclosing = _rows(elements)
    rows = [enclosing[block.element] for block in blocks]
    result: list[Block] = []
    start = 0
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or rows[index] != rows[start]:
            result += _joined(blocks[start:index], rows[start], elements)
            start = index
    return result


def _rows(elements: Sequence[Element]) -> list[int]:
    """For each element the index of the table row that holds it, or -1; one more -1 for text outside of elements."""
    rows: list[int] = []
    for index, element in enumerate(elements):
        above = rows[element.parent] if element.parent >= 0 else -1
        rows.append(index if element.tag == "tr" else above)
    return [*rows, -1]


def _joined(cells: list[Block], row: int, elements: Sequence[Element]) -> list[Block]:
    separate = len({cell.element for cell in cells}) == len(cells) > 1
    if row < 0 or not separate or any(elements[cell.element].parent != row for cell in cells):
        return cells
    text = " | ".join(cell.text for cell in cells)
    if len(text) > _MAX_ROW:
        return cells
    links = tuple(link for cell in cells for link in cell.links)
    chars = sum(cell.link_chars for cell in cells)
    return [Block(text, "tr", row, links, chars, hidden=cells[0].hidden)]
