"""Corrections of the trained labeller's labels by unambiguous evidence on the page.

The next story on the page, comments, links to other stories between paragraphs, appeals and legal notices are removed
from the story; a dateline in a separate element and the rows of a table within the story are added.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from scraper.block import Block, Document, Labelled, Reading
from scraper.fields import dateline
from scraper.fields.paywall import is_offer
from scraper.label import STORY, Label
from scraper.vocabulary import APPEAL_WORDS, APPEALS, NOTICES

__all__ = ["correct"]

_HEAD = frozenset((Label.HEADLINE, Label.KICKER, Label.BYLINE, Label.DATE))
_META = frozenset((Label.BYLINE, Label.DATE))
_OPENS = frozenset((*_META, Label.CAPTION, Label.OTHER, Label.SECTION, Label.KICKER))
_NEVER_ROWS = frozenset((Label.PROMO, Label.SPONSORED, Label.COMMENT, Label.NAVIGATION, Label.FOOTER, Label.SHARE))
_HEADINGS = frozenset(("h1", "h2", "h3"))
_PARAGRAPH, _WIDE_PARAGRAPH, _TITLE, _WIDE_TITLE, _NOTICE = 80, 30, 25, 12, 600
_MOST_TITLE, _LEAD, _META_LINE, _META_LINES = 200, 25, 80, 4
_FEW, _REACH, _ENTRIES, _LAST, _ABOVE, _LEAST_REPLIES, _BUTTON = 3, 8, 3, 3, 4, 2, 40
_YEAR_OR_TIME = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b")
_REPLIES = tuple(
    "reply|antworten|répondre|responder|rispondi|beantwoorden|reageren|svar|odpowiedz|ответить|回复|回覆|返信|답글".split(
        "|"
    )
)
_LONG_WORD = re.compile(r"\w{4}|[\u2e80-\uffff]{2}")  # none in a calendar
_WRITTEN = re.compile(r"\b(?:by|von|par|por|di|door|av)\s+\w", re.IGNORECASE)
_ENDS = re.compile(r"[.!?…。！？؟।][\"'”’»）)]?$")
_LEADS = re.compile(r"(?:[^.!?。！？]{1,24}[:：|>»\]】]|[^\w\s]{1,3})\s*$")
_QUOTED = re.compile(r"[“”„«»\"「]")
_APPEAL, _LEGAL = (re.compile("|".join(patterns), re.IGNORECASE) for patterns in (APPEALS, NOTICES))
_CONSENT = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\bcookies?\b|\btracking\b",
        r"\b(?:partner\w*|partenaires|socios|parceiros)\b",
        r"personal data|personenbezogen|données (?:à caractère )?personnel|datos personales|dati personali",
        r"your (?:device|browser)|ihrem gerät|votre (?:appareil|terminal)|su dispositivo|tuo dispositivo",
        r"\bconsent|einwillig|zustimm|consentement|consentimiento|consenso|toestemming",
        r"privacy (?:policy|settings)|datenschutz|confidentialité|privacidad",
    )
)


def correct(document: Document, reading: Reading) -> Reading:
    """Return the reading with corrected labels; flattened text stays unchanged."""
    if not document.elements:
        return reading
    labelled = list(reading.labelled)
    for step in (
        _without_next_story,
        _without_comments,
        _without_consent,
        _without_references,
        _without_notices,
        _with_paid_text,
        _with_dateline,
        _with_rows,
    ):
        step(document, labelled)
    return msgspec.structs.replace(reading, labelled=tuple(labelled))


def _relabel(labelled: list[Labelled], index: int, label: Label, reason: str) -> None:
    labelled[index] = msgspec.structs.replace(labelled[index], label=label, reason=reason)


def _is_prose(block: Block) -> bool:
    wide = block.text[:1] >= "\u2e80"
    return len(block.text) >= (_WIDE_PARAGRAPH if wide else _PARAGRAPH) and 2 * block.link_chars < len(block.text)


def _story(labelled: Sequence[Labelled]) -> list[int]:
    return [index for index, item in enumerate(labelled) if item.label in STORY]


# ---------------------------------------------------------------- the next story


def _without_next_story(document: Document, labelled: list[Labelled]) -> None:
    """End the story at the head of another: a heading with a date or byline, and with text below."""
    start = next((index for index, item in enumerate(labelled) if item.label is Label.HEADLINE), None)
    if start is None:
        return
    prose = [index for index in _story(labelled) if index > start and _is_prose(labelled[index].block)]
    if len(prose) <= _FEW:
        return
    heads = [
        index for index in range(prose[_FEW - 1] + 1, prose[-1]) if _is_other_head(document, labelled, start, index)
    ]
    if not 0 < len(heads) < _ENTRIES:
        return
    around = _common_ancestor(document, labelled[start].block, labelled[prose[0]].block)
    end = next((index for index in heads if _is_apart(document, labelled, (start, index), around)), None)
    for index in range(end, len(labelled)) if end is not None else ():
        if labelled[index].label in STORY or labelled[index].label in _HEAD:
            _relabel(labelled, index, Label.LISTING, "of the next story on the page")


def _is_other_head(document: Document, labelled: Sequence[Labelled], start: int, index: int) -> bool:
    """Return whether a block is the heading of another story, with a date or byline and paragraphs below."""
    block = labelled[index].block
    if block.tag not in _HEADINGS or not _WIDE_TITLE <= len(block.text) <= _MOST_TITLE or block.hidden:
        return False
    if block.text in document.head.title or block.text == labelled[start].block.text:
        return False
    below = labelled[index + 1 : index + 1 + _REACH]
    return any(map(_is_meta, below[:_META_LINES])) and sum(_is_prose(item.block) for item in below) > 1


def _is_meta(item: Labelled) -> bool:
    text = item.block.text
    if len(text) > _META_LINE or _ENDS.search(text):
        return False
    return item.label in _META or item.block.datetime is not None or _YEAR_OR_TIME.search(text) is not None


def _is_signed(labelled: Sequence[Labelled], index: int) -> bool:
    """Return whether a heading is followed by both a date and an author."""
    lines = [item for item in labelled[index + 1 : index + 1 + _META_LINES] if len(item.block.text) <= _META_LINE]
    dated = any(item.block.datetime or _YEAR_OR_TIME.search(item.block.text) for item in lines)
    return dated and any(item.label is Label.BYLINE or _WRITTEN.match(item.block.text) for item in lines)


def _is_apart(document: Document, labelled: Sequence[Labelled], pair: tuple[int, int], around: int) -> bool:
    """Return whether a heading is an `h1` as the headline is, or outside the story with a date and an author."""
    headline, block = labelled[pair[0]].block, labelled[pair[1]].block
    is_outside = around not in (-1, *_ancestors(document, block))
    return block.tag == headline.tag == "h1" or (is_outside and _is_signed(labelled, pair[1]))


def _is_other_page(document: Document, block: Block) -> bool:
    url = block.links[0].url
    return url is not None and url not in (document.url, document.head.canonical)


def _ancestors(document: Document, block: Block) -> Iterator[int]:
    element = block.element
    while element >= 0:
        yield element
        element = document.elements[element].parent


def _common_ancestor(document: Document, one: Block, other: Block) -> int:
    """Return the innermost element around both blocks, or -1."""
    around = set(_ancestors(document, one))
    return next((element for element in _ancestors(document, other) if element in around), -1)


# ---------------------------------------------------------------- other things amid the story


def _without_comments(document: Document, labelled: list[Labelled]) -> None:
    """Remove reader comments below the story: texts of which at least two have a reply link.

    In a forum they are the story. For this reason the page must declare an article, or the comments must not be much
    longer than the text above them.
    """
    replies = []
    for index, item in enumerate(labelled):
        if len(item.block.text) <= _BUTTON and item.block.text.lower().startswith(_REPLIES):
            before = range(index - 1, max(-1, index - _FEW - 1), -1)
            texts = (at for at in before if labelled[at].label in STORY and len(labelled[at].block.text) > _LEAD)
            replies += [(at, index) for at in texts][:1]
    if len(replies) < _LEAST_REPLIES or any(
        item.block.tag in _HEADINGS for item in labelled[replies[0][0] : replies[-1][1]]
    ):
        return
    story = _story(labelled)
    inside = [index for index in story if replies[0][0] <= index <= replies[-1][1]]
    above = sum(len(labelled[index].block.text) for index in story if index < replies[0][0])
    below = sum(len(labelled[index].block.text) for index in inside)
    if above > _PARAGRAPH and (below < _FEW * above or _is_declared(document)):
        for index in inside:
            _relabel(labelled, index, Label.COMMENT, "a text that may be replied to")


def _is_declared(document: Document) -> bool:
    head = document.head
    return head.meta.get("og:type") == "article" or any("NewsArticle" in script for script in head.json_ld)


def _without_consent(document: Document, labelled: list[Labelled]) -> None:
    """Remove consent dialogs before the headline."""
    start = next((index for index, item in enumerate(labelled) if item.label is Label.HEADLINE), 0)
    is_dialog = False
    for index in range(start):
        item = labelled[index]
        if item.label in STORY:
            asks = sum(pattern.search(item.block.text) is not None for pattern in _CONSENT) > 1
            if asks or (is_dialog and not _is_prose(item.block)):
                _relabel(labelled, index, Label.PROMO, "asks for consent")
            is_dialog = is_dialog or asks


def _without_references(document: Document, labelled: list[Labelled]) -> None:
    """Remove single lines between paragraphs that link to other stories of the site."""
    story = _story(labelled)
    host = _host(document.url or document.head.canonical or "")
    references = [
        at
        for before, at, after in zip(story, story[1:], [*story[2:], story[-1]] if story else (), strict=False)
        if _is_reference(document, labelled[at].block, host)
        and _is_prose(labelled[before].block)
        and (at == after or _is_prose(labelled[after].block) or labelled[after].label is Label.SUBHEADING)
    ]
    if _FEW * len(references) <= sum(_is_prose(labelled[index].block) for index in story):
        for index in references:
            _relabel(labelled, index, Label.RELATED, "a link to another story between paragraphs")


def _is_reference(document: Document, block: Block, host: str) -> bool:
    if block.tag not in ("p", "div") or len(block.links) != 1 or len(block.text) > _MOST_TITLE:
        return False
    (title, url), text = (block.links[0].text, block.links[0].url), block.text
    if len(title) < (_WIDE_TITLE if not title.isascii() else _TITLE) or not text.endswith(title) or _ENDS.search(text):
        return False
    lead = text[: -len(title)]
    is_here = url is not None and _host(url) in ("", host) and _is_other_page(document, block)
    return is_here and (not lead or _LEADS.match(lead) is not None)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return "?"


def _without_notices(_: Document, labelled: list[Labelled]) -> None:
    """Remove appeals to the reader, and legal notices at the end of the story."""
    story = _story(labelled)
    if len(story) <= _FEW:
        return
    story_text = "\n".join([labelled[index].block.text for index in story]).lower()
    words = [word for word in APPEAL_WORDS if word in story_text]
    if words:
        _relabel_all(labelled, story[1:], lambda text: _is_appeal(text, words), "an appeal")
    _relabel_all(labelled, story[-_LAST:], _LEGAL.search, "a legal notice")


def _is_appeal(text: str, words: Sequence[str] = APPEAL_WORDS) -> bool:
    lowered = text.lower()
    return any([word in lowered for word in words]) and _APPEAL.search(text) is not None


def _relabel_all(labelled: list[Labelled], places: Iterable[int], search: Callable[[str], object], reason: str) -> None:
    for index in places:
        text = labelled[index].block.text
        if len(text) <= _NOTICE and not _QUOTED.search(text) and search(text):
            _relabel(labelled, index, Label.PROMO, reason)


# ---------------------------------------------------------------- what belongs to the story


def _with_paid_text(document: Document, labelled: list[Labelled]) -> None:
    """Add paid text that is marked up for search engines to the story, unless it contains an offer."""
    if not any("paywall" in names for names in document.names):
        return
    story = _story(labelled)
    for index, element in enumerate(document.elements):
        if "paywall" in element.names:
            inside = [at for at, item in enumerate(labelled) if index in _ancestors(document, item.block)]
            prose = [at for at in inside if _is_prose(labelled[at].block) and not labelled[at].block.hidden]
            asks = any(is_offer(text) or _is_appeal(text) for at in inside if (text := labelled[at].block.text))
            if len(prose) >= _FEW and story and inside[0] > story[0] and not asks:
                for at in prose:
                    if labelled[at].label not in STORY:
                        _relabel(labelled, at, Label.BODY, "declared as paid text of the story")
            return


def _with_dateline(_: Document, labelled: list[Labelled]) -> None:
    """Add a dateline in an element of its own above the first paragraph to the story."""
    first = next((index for index in _story(labelled) if _is_prose(labelled[index].block)), 0)
    for index in range(max(0, first - _ABOVE), first):
        item = labelled[index]
        if item.label in _OPENS and not item.block.links and dateline.lone(item.block.text, labelled[first].block.text):
            _relabel(labelled, index, Label.BODY, "a dateline above the first paragraph")
            return


def _with_rows(document: Document, labelled: list[Labelled]) -> None:
    """Add all rows of a table within the story to it, except rows with links."""
    story = _story(labelled)
    tables: dict[int, list[int]] = {}
    for index in range(story[0], story[-1]) if story else ():
        block = labelled[index].block
        if block.tag == "tr" and not block.hidden:
            table = next((at for at in _ancestors(document, block) if document.elements[at].tag == "table"), -1)
            tables.setdefault(table, []).append(index)
    for rows in tables.values():
        kinds = {labelled[index].label for index in rows}
        wordy = sum(_LONG_WORD.search(labelled[index].block.text) is not None for index in rows)
        if 2 * wordy >= len(rows) and (kinds & STORY or (len(rows) > 1 and not kinds & _NEVER_ROWS)):
            for index in rows:
                if labelled[index].label not in STORY and not labelled[index].block.links:
                    _relabel(labelled, index, Label.BODY, "a row of a table in the story")
