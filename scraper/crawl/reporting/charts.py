"""Bar charts as inline SVG, without scripts or styles; all text is escaped."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import leather
from markupsafe import Markup

__all__ = ["bar", "columns"]

_SIZES = {"wide": (740, 220), "narrow": (240, 160)}  # about the size on the page, so that text is hardly scaled
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 34, 10, 4  # margins of the chart: half a label may extend into them

_BAR = Markup('<svg class="bar" aria-hidden="true"><rect width="{:.1f}%" height="100%"/></svg>')

leather.theme.margin = 0.0  # the default is a part of the width, even at the top


def bar(share: float) -> Markup:
    """Return a horizontal bar that fills a share, 0 to 1, of its box; its number should be next to it."""
    return _BAR.format(100 * share)


def columns(title: str, labels: Sequence[str], values: Sequence[int]) -> Markup:
    """Return a column chart in two sizes, for wide and for narrow screens; the style sheet shows one of them.

    The labels must be different. If there are many, only some are shown.
    """
    return Markup("").join(_chart(kind, title, labels, values) for kind in _SIZES)


def _chart(kind: str, title: str, labels: Sequence[str], values: Sequence[int]) -> Markup:
    width, height = _SIZES[kind]
    scale = leather.Linear(0, max(1, *values))
    ticks = [tick for tick in scale.ticks() if tick == int(tick)]
    axis = leather.Axis(ticks, lambda tick, *_: f"{tick:,.0f}")
    plot_width = width - axis.estimate_label_margin(scale, "left")
    label_count = max(1, plot_width // (leather.theme.tick_font_char_width * (1 + max(map(len, labels)))))
    chart = leather.Chart()
    chart.add_columns(list(zip(labels, values, strict=True)))
    chart.set_y_scale(scale)
    chart.set_y_axis(axis)
    chart.add_x_axis(labels[:: -(-len(labels) // label_count)])
    view_box = f"{-_LEFT} {-_TOP} {_LEFT + width + _RIGHT} {_TOP + height + _BOTTOM}"
    root = ET.Element("svg", {"role": "img", "aria-label": title, "class": kind, "viewBox": view_box})
    root.append(chart.to_svg_group(width, height))
    for column, label, value in zip(root.iterfind(".//g[@class='series columns']/rect"), labels, values, strict=True):
        ET.SubElement(column, "title").text = f"{label}: {value:,}"
    return Markup(ET.tostring(root, encoding="unicode"))  # ElementTree has escaped the text
