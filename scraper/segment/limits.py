"""What a page may hold before the parser sees it: the parser's time grows with the square of some counts.

Cheap counts decide whether a page can be dangerous at all; only then is it read tag by tag, in one linear pass that
never takes more elements for closed than the parser does.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator

from scraper.errors import ScraperError

__all__ = [
    "MAX_ATTRIBUTES",
    "MAX_BLOCKS",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_FORMATTING",
    "MAX_NAMES",
    "check",
    "check_blocks",
]

MAX_CHARACTERS = 32 * 2**20
MAX_BLOCKS = 30_000
"""Blocks of text; pages made by people stay below 5,000."""
MAX_DEPTH = 1_000
"""Elements inside each other; pages made by people stay below 100."""
MAX_ATTRIBUTES = 4_000
"""Attributes on one tag."""
MAX_NAMES = 50_000
"""Different names of elements and attributes; pages made by people stay below 1,000."""
MAX_FORMATTING = 500
"""Formatting elements left open: the parser opens each of them again in every paragraph that follows."""
MAX_REOPENED = 4_000_000
"""Formatting elements that the parser may have to open again, over all tags of the page."""

# Below these counts the worst page costs the parser about as much as an ordinary large one.
_FEW_TAGS, _MANY_TAGS, _LONG_RUN = 3_000, 20_000, 64_000
_MANY_START_TAGS = 10_000  # all of them may be inside each other, and for each the parser looks at all that are open
_ROOM_FOR_NAMES = 12 * MAX_NAMES  # characters; the names of a smaller page take the parser a second at most

_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_UNNESTED = frozenset(
    "area base br col embed hr img image input keygen link meta param source track wbr html head body frameset".split()
)
_ROWS, _CELLS = frozenset("tr thead tbody tfoot caption colgroup".split()), frozenset(("td", "th"))
_ITEMS = frozenset("p li dd".split())
"""These close themselves when the next one opens, so an unclosed run of them is flat."""
_RUBY = frozenset("rb rp rt rtc".split())
_ENDS_P = frozenset(
    "p address article aside blockquote center dd details dialog dir div dl fieldset figcaption figure footer form h"
    " header hgroup li listing main menu nav ol plaintext pre search section summary ul".split()
)
_IN_ITEMS, _NEAR = frozenset("p div address".split()), 8
"""Through so many of these the next item closes the one before."""
_SAME = dict.fromkeys("h1 h2 h3 h4 h5 h6".split(), "h") | {"dt": "dd"}
_FOREIGN = frozenset(("svg", "math"))
_POINTS = frozenset("foreignobject desc mi mo mn ms mtext annotation-xml".split())
"""Elements of SVG and MathML that may hold HTML."""
_BARRIERS = frozenset("applet marquee object table template".split()) | _FOREIGN
_SPECIAL = (
    _ITEMS
    | _CELLS
    | _BARRIERS
    | frozenset(
        "address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer"
        " form h header hgroup listing main menu nav noscript ol plaintext pre search section select summary ul".split()
    )
)
_BREAKOUT = frozenset(
    "b big blockquote body br center code dd div dl em embed h head hr i img li listing menu meta nobr ol p pre ruby s"
    " small span strong strike sub sup table tt u ul var".split()
)
"""What ends an SVG image or a formula that holds it."""
_RAW = {
    name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE)
    for name in "style textarea title xmp iframe noembed noframes".split()
}
_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[ \t\n\f\r/>])", re.IGNORECASE)
_TAG_IN_RAW = re.compile(r"<(?!!\[CDATA\[|!--[^<>]*-->)")

# The look ahead spares most tags the slow comparison without regard to case.
_FORMATTING_TAG = re.compile(
    r"<(/?)([abisuABISU]|(?=[bcefnstBCEFNST])(?i:big|code|em|font|nobr|small|strike|strong|tt))[\s/>]"
)
# Comments, declarations and tags as the tokenizer of HTML reads them. No part can match in two ways, so that a scan is
# linear; what is cut off ends with the page.
_PART = r"""(?: [\x20\t\n\f\r]++ | / | [^\x20\t\n\f\r/>][^\x20\t\n\f\r/>=]*+
    (?: [\x20\t\n\f\r]*+=(?:[\x20\t\n\f\r]*+(?:"[^"]*+"?|'[^']*+'?|[^\x20\t\n\f\r>"'][^\x20\t\n\f\r>]*+))?+ )?+ )"""
_TAG = re.compile(
    rf"""<(?: !--(?:-?>|.*?(?:--!?>|\Z)) | (?P<cdata>!\[CDATA\[) | [!?][^>]*+>? | /[^a-zA-Z>][^>]*+>?
    | (?P<close>/?)(?P<name>[a-zA-Z][^\x20\t\n\f\r/>]*+)(?P<rest>{_PART}*+)>? )""",
    re.DOTALL | re.VERBOSE,
)
_TAG_PART = re.compile(_PART, re.VERBOSE)
_FONT = re.compile("color|face|size", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s/=>]++)(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+""")


def check_blocks(number: int) -> None:
    """Raise `ScraperError` for more blocks than can be labelled in reasonable time."""
    if number > MAX_BLOCKS:
        raise ScraperError(f"page of {number} blocks of text; the limit is {MAX_BLOCKS}")


def check(html: str) -> None:
    """Raise `ScraperError` when parsing this page would not end in reasonable time."""
    if len(html) > MAX_CHARACTERS:
        raise ScraperError(f"page of {len(html)} characters; the limit is {MAX_CHARACTERS}")
    if len(html) > _ROOM_FOR_NAMES:
        _check_names(html)
    tags = html.count("<")
    if (
        tags > _MANY_TAGS
        or tags - html.count("</") > _MANY_START_TAGS
        or any(map(_may_be_long_tag, _long_runs(html)))
        or (tags > _FEW_TAGS and _may_reopen(html, tags))
    ):
        _Scan(html).run()


def _check_names(html: str) -> None:
    """Raise `ScraperError` for too many different names: the parser looks each new one up among all others."""
    names: set[str] = set()
    for run in html.split("<"):
        end = 0
        for match in _ATTRIBUTE.finditer(run):
            if ">" in run[end : match.start()]:
                break  # text follows the tag
            end = match.end()
            names.add(match[1])
        if len(names) > MAX_NAMES:
            raise ScraperError(f"more than {MAX_NAMES} different names of elements and attributes")


def _may_reopen(html: str, tags: int) -> bool:
    """Count formatting elements, those in scripts and comments too."""
    formatting = _Formatting()
    for closing, name in _FORMATTING_TAG.findall(html):
        formatting.count(name.lower(), bool(closing))
    return formatting.is_too_much(tags * formatting.most)


def _long_runs(html: str) -> Iterator[str]:
    """Return the long stretches without a "<", in few looks: the last "<" of each window is where the next begins."""
    start = 0
    while start + _LONG_RUN < len(html):
        last = html.rfind("<", start, start + _LONG_RUN)
        if last >= 0:
            start = last + 1
            continue
        end = html.find("<", start + _LONG_RUN)
        yield html[start : end if end >= 0 else len(html)]
        start = end + 1 if end >= 0 else len(html)


def _may_be_long_tag(run: str) -> bool:
    """Return whether what is between two "<" has room for thousands of attributes, wherever in a tag it began."""
    return sum(map(run.count, " \n\t\r\f/=")) > 3 * MAX_ATTRIBUTES


class _Formatting:
    """Formatting elements that are left open, name by name."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.left_open = self.most = 0

    def count(self, name: str, closing: bool) -> None:
        if not closing:
            self.opened[name] += 1
            self.left_open += 1
            self.most = max(self.most, self.left_open)
        elif self.opened[name]:
            self.opened[name] -= 1
            self.left_open -= 1

    def is_too_much(self, reopened: int) -> bool:
        return self.most > MAX_FORMATTING or reopened > MAX_REOPENED


class _Scan:
    """Follows the tags with a stack of names and no tree, and never takes for closed what the parser leaves open.

    The stack is cut at special elements, which the end tags of other elements do not reach through, and at barriers,
    which no end tag reaches through but their own. Above each cut the names that are open are counted.
    """

    def __init__(self, html: str) -> None:
        self.html = html
        self.stack: list[str] = []
        self.specials, self.barriers = [""], [""]
        self.above_special: list[Counter[str]] = [Counter()]
        self.above_barrier: list[Counter[str]] = [Counter()]
        self.doubtful: list[set[str]] = [set()]
        self.foreign = self.reopened = 0
        self.formatting = _Formatting()

    def run(self) -> None:
        position = 0
        while tag := _TAG.search(self.html, position):
            position = tag.end()
            if not tag["name"]:
                position = self._declaration(tag)
                continue
            name = tag["name"].lower()
            name = _SAME.get(name, name)
            if tag["close"]:
                self._close(name)
                continue
            rest = tag["rest"]
            if rest:
                _check_tag(name, rest)
            position = self._open(name, rest, position)
        if self.formatting.is_too_much(self.reopened):
            raise ScraperError("too many formatting elements left open")

    def _declaration(self, tag: re.Match[str]) -> int:
        if not (tag["cdata"] and self.foreign):
            return tag.end()
        end = self.html.find("]]>", tag.end())
        return self._checked(tag.end(), end if end >= 0 else len(self.html))

    def _open(self, name: str, rest: str, position: int) -> int:
        in_foreign = self.barriers[-1] in _FOREIGN
        if in_foreign and (name in _BREAKOUT or (name == "font" and _FONT.search(rest))):
            self._pop_to(self.barriers[-1])
            in_foreign = False
        if name in _FORMATTING:
            self.formatting.count(name, closing=False)
        self.reopened += self.formatting.left_open
        if self._is_empty(name, rest, in_foreign):
            if name == "hr":
                self._end_paragraph()
            return position
        if name == "script" or name in _RAW:
            return self._behind_raw(name, position)
        self._nest(name)
        return position

    def _is_empty(self, name: str, rest: str, in_foreign: bool) -> bool:
        """Return whether the element surely has no content: SVG and MathML know only a closing slash for that."""
        if in_foreign or name in _FOREIGN:
            return _closes_itself(rest)
        return name in _UNNESTED and (name in _BREAKOUT or not self.foreign)

    def _nest(self, name: str) -> None:
        """Open an element, behind those that it closes."""
        if self.barriers[-1] == "table" and (name in _ROWS or name in _CELLS):
            self._pop_above_table()
        elif name in _ENDS_P:
            self._end_paragraph()
        elif name == "table":  # it ends a paragraph, or in old pages does not
            self._doubt("p")
        elif name in _RUBY and self.stack and self.stack[-1] in _ITEMS:
            self._doubt(self.stack[-1])
        if name in _ITEMS:
            self._end_item(name)
        elif name == "option" and self.stack[-1:] == [name] and not self.foreign:
            self._pop()
        if self.foreign or not (name in _ROWS or (name in _CELLS and self.barriers[-1] != "table")):
            self._push(name)

    def _end_paragraph(self) -> None:
        if self.specials[-1] == "p" and "p" not in self.doubtful[-1]:
            self._pop_to("p")

    def _end_item(self, name: str) -> None:
        for special in reversed(self.specials[-_NEAR:]):
            if special == name and name not in self.doubtful[-1]:
                self._pop_to(name)
            if name in (special, "p") or special not in _IN_ITEMS:
                return
        self._doubt(name)

    def _doubt(self, name: str) -> None:
        """Stop treating tags as the end of such elements: the parser may have closed the innermost already."""
        if self.above_barrier[-1][name]:
            self.doubtful[-1].add(name)

    def _push(self, name: str) -> None:
        self.stack.append(name)
        if len(self.stack) > MAX_DEPTH:
            raise ScraperError("elements nested too deeply")
        self.above_barrier[-1][name] += 1
        is_barrier = name in _BARRIERS or (self.foreign and name in _POINTS)
        if is_barrier:
            self.barriers.append(name)
            self.above_barrier.append(Counter())
            self.doubtful.append(set())
        if is_barrier or name in _SPECIAL:
            self.specials.append(name)
            self.above_special.append(Counter())
        else:
            self.above_special[-1][name] += 1
        self.foreign += name in _FOREIGN

    def _pop(self) -> str:
        name = self.stack.pop()
        if not self.above_special[-1][name]:
            self.specials.pop()
            self.above_special.pop()
            if self.barriers[-1].rstrip("?") == name:
                self.barriers.pop()
                self.above_barrier.pop()
                self.doubtful.pop()
        else:
            self.above_special[-1][name] -= 1
        self.above_barrier[-1][name] -= 1
        if not self.above_barrier[-1][name]:
            self.doubtful[-1].discard(name)
        self.foreign -= name in _FOREIGN
        return name

    def _pop_to(self, name: str) -> None:
        while self._pop() != name:
            pass

    def _pop_above_table(self) -> None:
        while self.stack[-1] != "table":
            self._pop()

    def _close(self, name: str) -> None:
        if name in _FORMATTING:
            self.formatting.count(name, closing=True)
        barrier = self.barriers[-1].rstrip("?")
        if name not in self.doubtful[-1] and self._closes(name, barrier):
            self._pop_to(name)
            return
        self._doubt(name)
        if name in _ROWS and barrier == "table" and any(map(self.above_barrier[-1].get, _CELLS)):
            self._pop_above_table()
        elif barrier in _FOREIGN:
            self.barriers[-1] = f"{barrier}?"  # the parser may have left it; nothing more is taken for its content

    def _closes(self, name: str, barrier: str) -> bool:
        """Return whether the parser surely closes an element by this end tag."""
        if name in _ITEMS or name in _FOREIGN or name in _POINTS or name == "noscript":
            return self.specials[-1] == name
        if name == "form":  # it leaves open what is in it
            return self.stack[-1:] == [name]
        if name in _BARRIERS:
            return barrier == name
        return self.above_barrier[-1][name] > 0 if name in _SPECIAL else self.above_special[-1][name] > 0

    def _behind_raw(self, name: str, position: int) -> int:
        if name == "script":
            return self._checked(position, _script_end(self.html, position))
        end = _RAW[name].search(self.html, position)
        return self._checked(position, end.start() if end else len(self.html))

    def _checked(self, start: int, end: int) -> int:
        """Raise for tags in an image or a formula, where the parser reads tags that are text elsewhere."""
        if self.foreign and _TAG_IN_RAW.search(self.html, start, end):
            raise ScraperError("tags in a style or script of an SVG image or a formula")
        return end


def _closes_itself(rest: str) -> bool:
    """Return whether a slash ends the tag; it may end an attribute's value, too."""
    return rest.endswith("/") and deque(_TAG_PART.finditer(rest), 1)[0][0] == "/"


def _script_end(html: str, position: int) -> int:
    """Return where a script ends: in a comment of its own, a script within it has its own end tag."""
    commented = nested = False
    while mark := _SCRIPT.search(html, position):
        position = mark.end()
        if mark[0] == "<!--":
            commented, position = True, position - 2  # its dashes may be those of its end
        elif mark[0] == "-->":
            commented = nested = False
        elif mark[1] and not nested:
            return mark.start()
        else:
            nested = commented and not mark[1]
    return len(html)


def _check_tag(name: str, attributes: str) -> None:
    if len(attributes) > 2 * MAX_ATTRIBUTES and sum(1 for _ in _ATTRIBUTE.finditer(attributes)) > MAX_ATTRIBUTES:
        raise ScraperError(f"too many attributes on a <{name[:20]}>")
