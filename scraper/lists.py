"""Lists of other stories: found by their headings and the shape of their entries, typed by what a heading says."""

import re
from collections.abc import Sequence

from scraper.block import Block, Label

__all__ = ["KINDS", "is_title", "opener", "typed"]

# What a heading begins with, in the languages of news; the first that fits decides.
_HEADINGS = (
    (
        Label.RANKING,
        r"most (?:read|popular|viewed|shared|watched|commented|discussed)|popular|trending|top \d* ?(?:stories|posts|news)"
        r"|(?:today's )?top (?:stories|reads)|ranking|bestseller|meist ?gelesen\w*|meistgelesen\w*|beliebt\w*|am h.ufigsten gelesen"
        r"|les plus lus|les \+ lus|lo m[aá]s (?:le[ií]do|visto)|m[aá]s (?:le[ií]das?|vistas?)|mais lidas?|i pi[uù] letti"
        r"|pi[uù] lett[ie]|meest gelezen|mest l[aæä]st\w*|terpopuler|en [cç]ok okunan\w*|popularne|najczęściej czytane"
        r"|популярн\w+|самое читаемое|人気\w*|アクセスランキング|热门\w*|热点\w*|많이 본\w*|الأكثر قراءة",
    ),
    (
        Label.RECOMMENDATION,
        r"recommend\w*|suggested|editor'?s'? (?:picks?|choice)|(?:our )?picks? (?:for|of)|you (?:may|might|will|'ll)(?: also)? (?:like|love|enjoy)"
        r"|you may be interested|don'?t miss|must reads?|featured|handpicked|empfe?hl\w*|empfohlen\w*|das k.nnte\b.*|tipps? der redaktion"
        r"|.*interessieren|vous aimerez|recommand\w*|notre s[ée]lection|recomenda\w+|te puede interesar|le puede interesar|no te pierdas"
        r"|consigliat\w+|da non perdere|potrebbe(?:ro)? interessarti|aanbevolen|rekomend\w+|polecan\w+|рекоменд\w+|おすすめ\w*|推荐\w*|추천\w*",
    ),
    (
        Label.LATEST,
        r"latest|recent|newest|(?:the )?latest (?:news|stories|posts|articles)|recent (?:posts?|articles?|news|stories)|more news|just in|breaking news"
        r"|(?:aktuelle|neueste|neuste|letzte) \w+|aktuell\w*|neu(?:este)?s?|derni[eè]res? \w+|[àa] la une|[uú]ltim[ao]s? \w+|ultime \w+"
        r"|laatste \w+|siste \w+|senaste \w+|terkini|berita terbaru|son dakika|najnowsze|последние \w+|新着\w*|最新\w*|최신\w*|latest",
    ),
    (
        Label.MORE,
        r"more (?:from|by|in|stories|news|articles|posts|videos)|up next|next up|other (?:stories|articles|posts)|in this section"
        r"|mehr (?:von|aus|artikel)|weitere? (?:artikel|meldungen|nachrichten|themen)|plus d'articles|autres articles"
        r"|m[aá]s (?:noticias|de)|altri articoli|altre notizie|meer (?:van|nieuws)|mer fra|flere (?:saker|artikler)",
    ),
    (
        Label.RELATED,
        r"relate[ds]?|related \w+|read (?:more|also|next|on|this next)|also read|see also|more (?:on|about|like|to read|reading)"
        r"|similar \w+|keep reading|further reading|explore further|you might have missed|in this series"
        r"|mehr (?:zum|zu|aus|von|artikel|lesen|themen)|mehr|weitere? \w+|zum thema|lesen sie auch|lesen sie mehr|passend zum|verwandte \w+|siehe auch"
        r"|.*auch interessant|lire aussi|[àa] lire (?:aussi|[ée]galement)|voir aussi|sur le m[êe]me (?:sujet|th[èe]me)|articles? li[ée]s|plus d'articles"
        r"|relacionad\w+|noticias relacionadas|m[aá]s (?:sobre|en|de|noticias|informaci[oó]n)|ver tambi[eé]n|leia (?:mais|tamb[eé]m)|veja (?:mais|tamb[eé]m)"
        r"|saiba mais|leggi anche|correlat\w+|articoli correlati|potrebbe anche|lees (?:ook|meer|verder)|meer (?:over|van|nieuws)|les (?:også|mer)"
        r"|l[äa]s (?:mer|också|även)|læs også|baca juga|berita terkait|ilgili haberler|zobacz (?:też|także|również)|czytaj (?:też|także|więcej)|powiązane"
        r"|читайте также|по теме|схожі|関連\w*|あわせて読みたい|相关\w*|관련\w*|اقرأ أيضا\w*|إقرأ أيضا\w*|مواضيع ذات صلة|liên quan",
    ),
)
_OPENER = re.compile("|".join(rf"(?P<{label}>(?:{pattern})\b)" for label, pattern in _HEADINGS), re.IGNORECASE)
KINDS = frozenset((Label.RELATED, Label.RANKING, Label.RECOMMENDATION, Label.LATEST, Label.MORE))
_UNSURE = frozenset((Label.OTHER, Label.NAVIGATION, Label.DATE, Label.BYLINE, Label.PROMO))
"""What a title in a list is often taken for; any other label is left as it is."""
_LONGEST_HEADING, _LINKED_HEADING, _SHORTEST_TITLE, _LONGEST_TITLE = 60, 40, 25, 150
_GAP = 3
"""How many blocks that are no titles (dates, summaries, buttons) may stand between two titles of a list."""


def opener(text: str) -> Label | None:
    """Give the kind of list that a heading opens, or None."""
    if len(text) > _LONGEST_HEADING:
        return None
    found = _OPENER.match(text.strip(" :>»•-|"))
    return Label(found.lastgroup) if found and found.lastgroup else None


def typed(blocks: Sequence[Block], labels: Sequence[Label], of_story: Sequence[bool]) -> list[Label]:
    """Give the labels with the lists read anew: titles under a list's heading, or labelled as in one, are of its kind.

    `of_story` marks the blocks of the story itself, which no list takes. Where a document has no links at all, as
    flattened text has none, a short line that is no sentence is a title.
    """
    found = list(labels)
    looks_like = is_title if any(block.links for block in blocks) else _is_title_line
    titles = list(map(looks_like, blocks))
    kind: Label | None = None
    since = 0
    for index, block in enumerate(blocks):
        before_title = True in titles[index + 1 : index + 1 + _GAP]
        opens = opener(block.text) if before_title and _may_open(block, of_story[index]) else None
        if opens:
            kind, since, found[index] = opens, 0, Label.LIST_HEADING
        elif of_story[index] or since > _GAP or (block.tag in ("h2", "h3", "h4") and not block.links):
            kind = None
        elif found[index] in KINDS or (kind and found[index] in _UNSURE):
            if titles[index]:
                since, found[index] = 0, kind or opener(block.text[:_LONGEST_HEADING]) or _unnamed(found[index])
            else:
                since += kind is not None
    return found


def _unnamed(label: Label) -> Label:
    """A list without a heading is of no kind; `related` is what a model calls any of them."""
    return Label.MORE if label is Label.RELATED else label


def _may_open(block: Block, of_story: bool) -> bool:
    return not of_story and block.link_chars < _LINKED_HEADING


def is_title(block: Block) -> bool:
    """Tell whether a block is a link as long as a title."""
    length = len(block.text)
    return length >= _SHORTEST_TITLE and block.link_chars > 0.7 * length


def _is_title_line(block: Block) -> bool:
    return _SHORTEST_TITLE <= len(block.text) <= _LONGEST_TITLE and not block.text.endswith((".", "…", "。"))
