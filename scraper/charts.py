"""Bar charts as inline SVG: no script, no style of their own, no word that a page put in unescaped.

All is drawn in parts of the box that the style sheet gives, never to scale: so text keeps its size on a narrow screen,
and nothing is cut off. The labels have their room in the margins of the box.
"""

from collections.abc import Sequence

from markupsafe import Markup

__all__ = ["bar", "columns"]

_LABELS, _FEW = 12, 4  # labels that have room side by side; on a narrow screen each fourth of them
_LINES = 5  # across the chart, beside that at 0

_BAR = Markup('<svg class="bar" aria-hidden="true"><rect width="{:.1f}%" height="100%"/></svg>')
_LINE = Markup(
    '<line x2="100%" y1="{0:.1f}%" y2="{0:.1f}%"/><text class="value" y="{0:.1f}%" dx="-.5em" dy=".35em">{1}</text>'
)
_COLUMN = Markup('<rect x="{:.2f}%" width="{:.2f}%" y="{:.1f}%" height="{:.1f}%"><title>{}: {:,}</title></rect>')
_LABEL = Markup('<text class="{}" x="{:.2f}%" y="100%" dy="1.5em">{}</text>')
_COLUMNS = Markup('<svg class="columns" role="img" aria-label="{}">{}</svg>')


def bar(share: float) -> Markup:
    """Draw a lying bar that fills a share of its box; its number should stand beside it."""
    return _BAR.format(100 * share)


def columns(title: str, labels: Sequence[str], values: Sequence[int]) -> Markup:
    """Draw standing bars from left to right; where there are many, only some are labelled."""
    most, slot, every = max(1, *values), 100 / len(values), -(-len(values) // _LABELS)
    parts = [_LINE.format(100 - 100 * line / most, _short(line)) for line in range(0, most + 1, _step(most))]
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        height = 100 * value / most
        parts.append(_COLUMN.format((number + 0.08) * slot, 0.84 * slot, 100 - height, height, label, value))
        if number % every == 0:
            kind = "label extra" if number % (_FEW * every) else "label"
            parts.append(_LABEL.format(kind, (number + 0.5) * slot, label))
    return _COLUMNS.format(title, Markup("").join(parts))


def _short(number: int) -> str:
    return f"{number // 1000:,}k" if number and number % 1000 == 0 else f"{number:,}"


def _step(most: int) -> int:
    """Give the round number between two lines."""
    power: int = 10 ** (len(str(most)) - 1)
    return next(step for step in (power // 5, power // 2, power, 2 * power) if most <= _LINES * step)
