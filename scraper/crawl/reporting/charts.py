"""Bar charts as inline SVG: no script, no style of their own, no word that a page put in unescaped."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import leather
from markupsafe import Markup

__all__ = ["bar", "columns"]

_SIZES = {"wide": (740, 220), "narrow": (240, 160)}  # about the room there is, so that text is hardly scaled
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 34, 10, 4  # around the drawing: half a label may stand out

_BAR = Markup('<svg class="bar" aria-hidden="true"><rect width="{:.1f}%" height="100%"/></svg>')

leather.theme.margin = 0.0  # else a part of the width, on each side: as much above as beside


def bar(share: float) -> Markup:
    """Draw a lying bar that fills a share of its box; its number should stand beside it."""
    return _BAR.format(100 * share)


def columns(title: str, labels: Sequence[str], values: Sequence[int]) -> Markup:
    """Draw standing bars from left to right, for a wide screen and for a narrow one: the style sheet shows one of them.

    No label may be there twice. Where there are many, only some are written.
    """
    return Markup("").join(_drawn(kind, title, labels, values) for kind in _SIZES)


def _drawn(kind: str, title: str, labels: Sequence[str], values: Sequence[int]) -> Markup:
    width, height = _SIZES[kind]
    scale = leather.Linear(0, max(1, *values))
    whole = [tick for tick in scale.ticks() if tick == int(tick)]
    axis = leather.Axis(whole, lambda tick, *_: f"{tick:,.0f}")
    room = width - axis.estimate_label_margin(scale, "left")
    written = max(1, room // (leather.theme.tick_font_char_width * (1 + max(map(len, labels)))))
    chart = leather.Chart()
    chart.add_columns(list(zip(labels, values, strict=True)))
    chart.set_y_scale(scale)
    chart.set_y_axis(axis)
    chart.add_x_axis(labels[:: -(-len(labels) // written)])
    box = f"{-_LEFT} {-_TOP} {_LEFT + width + _RIGHT} {_TOP + height + _BOTTOM}"
    root = ET.Element("svg", {"role": "img", "aria-label": title, "class": kind, "viewBox": box})
    root.append(chart.to_svg_group(width, height))
    for column, label, value in zip(root.iterfind(".//g[@class='series columns']/rect"), labels, values, strict=True):
        ET.SubElement(column, "title").text = f"{label}: {value:,}"
    return Markup(ET.tostring(root, encoding="unicode"))  # all text in it is escaped
