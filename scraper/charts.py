"""Bar charts as inline SVG: no script, no style of their own, no word that a page put in unescaped.

The colour of the bars is the variable `--bar` of the page they stand in; what is hidden, its rules for `svg` say.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

import leather
from markupsafe import Markup

__all__ = ["bars", "columns"]

_WIDTH, _HEIGHT, _ROW, _AXIS = 800, 280, 24, 24  # of the drawing; it is scaled to the width of the page
_MARGIN = 40  # a twentieth of the width, which leather leaves on each side: most of it is cut off
_LABELS = 10  # that have room side by side
_WHOLE = 5  # up to which every number stands at the axis; halves would stand there, too


def bars(title: str, labels: Sequence[str], values: Sequence[float]) -> Markup:
    """Draw lying bars, the first on top. The label of a bar should tell its number, as no axis does."""
    chart = leather.Chart()
    chart.add_bars([(value, str(number)) for number, value in enumerate(values)], fill_color="var(--bar)")
    chart.add_x_scale(0, max(1, *values))
    chart.add_x_axis(ticks=[0], tick_formatter=lambda *_: "")
    chart.add_y_axis(tick_formatter=lambda row, *_: labels[int(row)])
    return _drawn(chart, title, 2 * _MARGIN + _AXIS + _ROW * len(values), kind="bars")


def columns(title: str, labels: Sequence[str], values: Sequence[float]) -> Markup:
    """Draw standing bars from left to right; where there are many, only some are labelled."""
    chart, most, step = leather.Chart(), max(1, *values), -(-len(labels) // _LABELS)
    chart.add_columns(list(zip(labels, values, strict=True)), fill_color="var(--bar)")
    ticks = list(range(int(most) + 1)) if most <= _WHOLE else None
    if ticks:
        chart.add_y_scale(0, most)
    chart.add_y_axis(ticks=ticks, tick_formatter=lambda value, *_: f"{value:,}")
    chart.add_x_axis(tick_formatter=lambda label, number, _: label if number % step == 0 else "")
    return _drawn(chart, title, _HEIGHT, kind="columns")


def _drawn(chart: Any, title: str, height: int, *, kind: str) -> Markup:
    """Give the drawing, which says what it shows."""
    cut = _MARGIN - 10
    box = f"{cut} {cut} {_WIDTH - 2 * cut} {height - 2 * cut}"
    root = ET.Element("svg", {"role": "img", "aria-label": title, "class": kind, "viewBox": box})
    ET.SubElement(root, "title").text = title
    root.append(chart.to_svg_group(_WIDTH, height))
    return Markup(ET.tostring(root, encoding="unicode"))  # all text in it is escaped
